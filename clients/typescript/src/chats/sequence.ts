/**
 * Order without holes, per chat (protocol.md §3.3, §3.4). Pure: what arrived in, what to do out.
 *
 * An entry is passed on only if its seq is the cursor's plus one. A lower one is a duplicate and dropped; a higher one
 * is held back while history fills the gap. A hole that is not filled is announced, never skipped in silence.
 */

import type { Entry } from '../wire.js';

/**
 * Entries held back per chat while a gap is filled: twice what a server replays per chat (500). Beyond it they are
 * dropped and come with history later, because the chat's target is remembered.
 */
export const HELD_MAX = 1_000;

/**
 * Entries fetched by history to close a gap: 5 pages of 300. A chat further behind starts anew near its head, which is
 * announced with `anew`; what is between is fetched when somebody scrolls there.
 */
export const CATCH_UP_MAX = 1_500;

/** What to do. */
export type Order =
  /** This entry is the next one. */
  | { readonly type: 'pass'; readonly entry: Entry }
  /** Ask for history after the chat's cursor. `tries`: how often in a row that brought nothing. */
  | { readonly type: 'fetch'; readonly chat: string; readonly tries: number }
  /** What is held of this chat is void (`reset`) or lies before a hole; the next entry is `after` + 1. */
  | { readonly type: 'anew'; readonly chat: string; readonly after: number; readonly reset: boolean };

interface Place {
  cursor: number;
  target: number;
  fetching: boolean;
  tries: number;
  readonly held: Map<number, Entry>;
}

function placeAt(cursor: number): Place {
  return { cursor, target: cursor, fetching: false, tries: 0, held: new Map() };
}

/** The cursors of one user. Invariant: what was passed on of a chat since its last `anew` is a contiguous run. */
export class Sequencer {
  readonly #places = new Map<string, Place>();

  constructor(cursors: Iterable<readonly [string, number]> = []) {
    for (const [chat, seq] of cursors) this.#places.set(chat, placeAt(seq));
  }

  /** The last seq passed on, by chat. */
  cursors(): Map<string, number> {
    return new Map([...this.#places].map(([chat, place]) => [chat, place.cursor]));
  }

  /** The last seq passed on, none for a chat that is not followed. */
  cursor(chat: string): number | undefined {
    return this.#places.get(chat)?.cursor;
  }

  /** A chat is visible: a new one starts after `head`; one that is followed and behind catches up. */
  follow(chat: string, head: number): Order[] {
    return this.#aim(chat, this.#placeOf(chat, head), head);
  }

  /** The chat is not this user's any longer. */
  forget(chat: string): void {
    this.#places.delete(chat);
  }

  /** An entry was pushed. A chat nobody announced starts with it. */
  entry(entry: Entry): Order[] {
    const place = this.#placeOf(entry.chat, entry.seq - 1);
    hold(place, entry);
    return this.#release(entry.chat, place, entry.seq);
  }

  /** Entries `after`+1 … `next`-1 were not pushed. What is void needs no filling: older entries come by scrolling. */
  resync(chat: string, next: number, reset: boolean): Order[] {
    const place = this.#placeOf(chat, next - 1);
    const tooFar = next - 1 - place.cursor > CATCH_UP_MAX;
    if (!reset && !tooFar) return this.#release(chat, place, next - 1);
    skip(place, next - 1);
    return [{ type: 'anew', chat, after: next - 1, reset }, ...this.#release(chat, place, next - 1)];
  }

  /** History after the cursor arrived; none for an answer that could not be had. */
  page(chat: string, entries: Iterable<Entry>): Order[] {
    const place = this.#places.get(chat);
    if (!place?.fetching) return [];
    place.fetching = false;
    const before = place.cursor;
    for (const entry of entries) hold(place, entry);
    const orders = drain(place);
    place.tries = place.cursor > before ? 0 : place.tries + 1;
    return [...orders, ...this.#aim(chat, place, place.cursor)];
  }

  /** The connection is gone: what was held or fetched comes again, by replay from the cursors. */
  disconnected(): void {
    for (const place of this.#places.values()) {
      place.held.clear();
      place.fetching = false;
      place.tries = 0;
      place.target = place.cursor;
    }
  }

  #placeOf(chat: string, cursor: number): Place {
    const place = this.#places.get(chat) ?? placeAt(cursor);
    this.#places.set(chat, place);
    return place;
  }

  #release(chat: string, place: Place, known: number): Order[] {
    return [...drain(place), ...this.#aim(chat, place, known)];
  }

  /** Entries up to `known` exist: fetch them unless they are here or on their way. */
  #aim(chat: string, place: Place, known: number): Order[] {
    place.target = Math.max(place.target, known);
    if (place.cursor >= place.target || place.fetching) return [];
    place.fetching = true;
    return [{ type: 'fetch', chat, tries: place.tries }];
  }
}

function skip(place: Place, to: number): void {
  place.cursor = to;
  place.target = to;
  for (const seq of place.held.keys()) {
    if (seq <= to) place.held.delete(seq);
    else place.target = Math.max(place.target, seq);
  }
}

function hold(place: Place, entry: Entry): void {
  if (entry.seq > place.cursor && (place.held.size < HELD_MAX || entry.seq === place.cursor + 1)) {
    place.held.set(entry.seq, entry);
  }
  place.target = Math.max(place.target, entry.seq);
}

function drain(place: Place): Order[] {
  const passed: Order[] = [];
  for (let next = place.held.get(place.cursor + 1); next; next = place.held.get(place.cursor + 1)) {
    place.held.delete(next.seq);
    place.cursor = next.seq;
    passed.push({ type: 'pass', entry: next });
  }
  return passed;
}
