/**
 * A run of a chat's entries without holes, in present form (protocol.md §2). Pure.
 *
 * Caught-up state equals live state: whether a change came as a push, or is included in what history gave, the message
 * looks the same, because a change is ignored where the message's `as_of` includes it.
 */

import type { Deleted, Edited, Entry, Message, Reacted, Reaction } from '../wire.js';

/** An entry that changes a message. */
export type Change = Edited | Deleted | Reacted;

/** Whether an entry changes a message. */
export function isChange(entry: Entry): entry is Change {
  return entry.type === 'edited' || entry.type === 'deleted' || entry.type === 'reacted';
}

/** A message after a change, as `me` sees it; the same message if it includes the change already. */
export function changed(message: Message, change: Change, me: string): Message {
  if (change.seq <= (message.as_of ?? message.seq) || change.target !== message.seq) return message;
  const now = { ...message, as_of: change.seq };
  if (message.deleted === true) return now;
  if (change.type === 'reacted') return { ...now, reactions: reactions(message.reactions ?? {}, change, me) };
  if (change.type === 'edited' && change.content !== undefined) {
    return { ...now, content: change.content, edited: change.seq };
  }
  return erased(now);
}

/** A message without what it said. */
export function erased({ content, reactions, ...message }: Message): Message {
  return { ...message, deleted: true };
}

function reactions(
  before: Readonly<Record<string, Reaction>>,
  { emoji, on, from }: Reacted,
  me: string,
): Readonly<Record<string, Reaction>> {
  const { [emoji]: held = { count: 0, mine: false }, ...rest } = before;
  const count = held.count + (on ? 1 : -1);
  return count > 0 ? { ...rest, [emoji]: { count, mine: from === me ? on : held.mine } } : rest;
}

/** Entries `first` … `last`, one per seq. */
export class Window {
  readonly #me: string;
  #entries: Entry[] = [];

  /** `me` is whose reactions are `mine`. */
  constructor(me: string) {
    this.#me = me;
  }

  get empty(): boolean {
    return this.#entries.length === 0;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** The first seq; 0 when empty. */
  get first(): number {
    return this.#entries[0]?.seq ?? 0;
  }

  /** The last seq; 0 when empty. */
  get last(): number {
    return this.#entries.at(-1)?.seq ?? 0;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  at(seq: number): Entry | undefined {
    return this.#entries[seq - this.first];
  }

  /** Hold these instead, which follow one another. */
  replace(entries: readonly Entry[]): void {
    this.#entries = [];
    this.append(entries);
  }

  /** Entries that follow: those held already are skipped, those after a hole are not taken. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (!this.empty && entry.seq !== this.last + 1) continue;
      this.#entries.push(entry);
      this.change(entry);
    }
  }

  /** Entries that precede: those held already are skipped, those before a hole are not taken. */
  prepend(entries: readonly Entry[]): void {
    const older: Entry[] = [];
    for (const entry of [...entries].reverse()) {
      const next = older.at(-1)?.seq ?? (this.empty ? entry.seq + 1 : this.first);
      if (entry.seq === next - 1) older.push(entry);
    }
    const changes = this.#entries.filter(isChange);
    this.#entries = [...older.reverse(), ...this.#entries];
    for (const change of changes) this.change(change);
  }

  /** Works a change into the message it is about, if that is held. Any other entry changes nothing. */
  change(entry: Entry): void {
    if (!isChange(entry)) return;
    if (entry.type === 'deleted') this.#forgetEdits(entry.target);
    const held = this.at(entry.target);
    if (held?.type === 'message') this.#entries[entry.target - this.first] = changed(held, entry, this.#me);
  }

  /** Keep the newest (or oldest) `count` entries; returns whether any went. */
  keep(count: number, which: 'newest' | 'oldest'): boolean {
    if (this.size <= count) return false;
    this.#entries = which === 'newest' ? this.#entries.slice(-count) : this.#entries.slice(0, count);
    return true;
  }

  /** A deletion erases earlier edits too (protocol.md §2). */
  #forgetEdits(target: number): void {
    this.#entries.forEach((entry, index) => {
      if (entry.type === 'edited' && entry.target === target) this.#entries[index] = withoutContent(entry);
    });
  }
}

/** An edit of a message that was erased since. */
export function withoutContent({ content, ...edited }: Edited): Edited {
  return { ...edited, deleted: true };
}
