/** A chat as a server keeps it: a log of entries, and every message in present form (protocol.md §2). */

import fc from 'fast-check';
import type { Entry, Message, Page } from '../src/wire.js';

export const ME = 'me';
const PEOPLE = [ME, 'ada', 'ben'];

/** What somebody does; `nth` chooses the message. */
type Deed =
  | { readonly do: 'say'; readonly who: number }
  | { readonly do: 'edit' | 'delete'; readonly nth: number }
  | { readonly do: 'react'; readonly who: number; readonly nth: number; readonly emoji: string }
  | { readonly do: 'rename' };

const who = fc.nat(PEOPLE.length - 1);
const nth = fc.nat(1_000);

/** Random histories. */
export const deeds: fc.Arbitrary<Deed[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('say' as const), who }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('react' as const), who, nth, emoji: fc.constantFrom('a', 'b') }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('edit' as const), nth }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), nth }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('rename' as const) }) },
  ),
  { minLength: 1, maxLength: 40 },
);

/** Its own fold is written otherwise than the SDK's: it keeps who reacted, and looks nothing up by `as_of`. */
export class ServerChat {
  /** What was pushed, in order: entries as they were made. */
  readonly pushes: Entry[] = [];
  readonly #givers = new Map<number, Map<string, Set<string>>>();
  readonly #present: Entry[] = [];
  readonly chat: string;

  constructor(chat = 'chat') {
    this.chat = chat;
  }

  get head(): number {
    return this.pushes.length;
  }

  do(deed: Deed): Entry | undefined {
    const messages = this.#present.filter(
      (entry) => entry.type === 'message' && entry.deleted !== true,
    ) as Message[];
    const target = 'nth' in deed ? messages[deed.nth % messages.length] : undefined;
    const entry = this.#entryOf(deed, target);
    if (entry === undefined) return undefined;
    this.pushes.push(entry);
    this.#present.push(entry);
    return entry;
  }

  say(content: string, from: string): Message {
    const seq = this.head + 1;
    const message: Message = {
      type: 'message',
      chat: this.chat,
      seq,
      ts: seq,
      from,
      msg_id: `${seq}`,
      msg_type: 'group',
      to: this.chat,
      content,
    };
    this.pushes.push(message);
    this.#present.push(message);
    return message;
  }

  /** What history gives now. */
  page(where: { before?: number; after?: number; limit: number }): Page {
    const all = this.#present.map((entry) => this.#shown(entry));
    const older = all.filter(({ seq }) => seq < (where.before ?? Infinity));
    const newer = all.filter(({ seq }) => seq > (where.after ?? 0));
    const found = where.after === undefined ? older : newer;
    const entries = where.after === undefined ? found.slice(-where.limit) : found.slice(0, where.limit);
    return { type: 'page', chat: this.chat, entries, more: entries.length < found.length };
  }

  #entryOf(deed: Deed, target: Message | undefined): Entry | undefined {
    const seq = this.head + 1;
    const made = { chat: this.chat, seq, ts: seq };
    if (deed.do === 'say') {
      const from = PEOPLE[deed.who] ?? ME;
      return {
        ...made,
        type: 'message',
        from,
        msg_id: `${seq}`,
        msg_type: 'group',
        to: this.chat,
        content: `said ${seq}`,
      };
    }
    if (deed.do === 'rename') return { ...made, type: 'renamed', from: ME, name: `name ${seq}` };
    if (target === undefined) return undefined;
    if (deed.do === 'react') return this.#react(made, target, deed);
    this.#change(target, deed.do, seq);
    const changes = { ...made, from: target.from, target: target.seq };
    return deed.do === 'delete'
      ? { ...changes, type: 'deleted' }
      : { ...changes, type: 'edited', content: `edited ${seq}` };
  }

  #react(
    made: { chat: string; seq: number; ts: number },
    target: Message,
    deed: Extract<Deed, { do: 'react' }>,
  ): Entry {
    const from = PEOPLE[deed.who] ?? ME;
    const emojis = this.#givers.get(target.seq) ?? new Map<string, Set<string>>();
    this.#givers.set(target.seq, emojis);
    const givers = emojis.get(deed.emoji) ?? new Set<string>();
    emojis.set(deed.emoji, givers);
    const on = !givers.has(from);
    if (on) givers.add(from);
    else givers.delete(from);
    this.#replace({ ...target, as_of: made.seq });
    return { ...made, type: 'reacted', from, target: target.seq, emoji: deed.emoji, on };
  }

  #change(target: Message, what: 'edit' | 'delete', seq: number): void {
    if (what === 'edit') {
      this.#replace({ ...target, content: `edited ${seq}`, edited: seq, as_of: seq });
      return;
    }
    const { content, ...rest } = target;
    this.#replace({ ...rest, deleted: true, as_of: seq });
    this.#givers.delete(target.seq);
    this.#present.forEach((entry) => {
      if (entry.type !== 'edited' || entry.target !== target.seq) return;
      const { content: words, ...erased } = entry;
      this.#replace({ ...erased, deleted: true });
    });
  }

  #replace(entry: Entry): void {
    this.#present[entry.seq - 1] = entry;
  }

  #shown(entry: Entry): Entry {
    const emojis = [...(this.#givers.get(entry.seq) ?? [])].filter(([, givers]) => givers.size > 0);
    if (entry.type !== 'message' || emojis.length === 0) return entry;
    const reactions = emojis.map(([emoji, givers]) => [emoji, { count: givers.size, mine: givers.has(ME) }]);
    return { ...entry, reactions: Object.fromEntries(reactions) as NonNullable<Message['reactions']> };
  }
}
