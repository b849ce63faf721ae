/** The list of chats: what each is called, what was said last, what is unread. */

import { Derived, type Readable } from '../observable.js';
import type { Entry, Message, MsgType, Role, Summary } from '../wire.js';
import type { Receipt } from './items.js';
import { changed, isChange } from './window.js';

/** One chat as its member sees it in a list. A change makes a new object. */
export interface Chat {
  readonly chat: string;
  readonly kind: MsgType;
  /** A room's name, or the display name of the other person. */
  readonly name: string;
  /** The other person of a private chat. */
  readonly peer: string | null;
  readonly public: boolean;
  /** What this user may do in a room. */
  readonly role: Role | null;
  /** The newest entry. */
  readonly head: number;
  /** This user's own cursors. */
  readonly received: number;
  readonly read: number;
  /** Messages of others after `read`. */
  readonly unread: number;
  /** Of those, how many that this client saw arrive hold `@` and the user's handle. */
  readonly mentions: number;
  /** The newest message that is known, as it is now. */
  readonly last: Message | null;
  /** The newest entry that is known, where it is no message. */
  readonly happened: Exclude<Entry, Message> | null;
  /** When something was said or happened last, by the server's clock, ms; 0 if nothing ever was. */
  readonly at: number;
}

/** What the list tells its client. */
export interface ChatsWorld {
  me(): string;
  /** A chat changed, or went (undefined). */
  changed(chat: string, now: Chat | undefined): void;
  /** The number of unread messages cannot be told from what is here: ask. */
  recount(chat: string): void;
}

/** Unread messages, over all chats. */
export interface Unread {
  readonly messages: number;
  readonly mentions: number;
  readonly chats: number;
}

/** See the module. */
export class Chats {
  /** All chats, the one with the latest event first. */
  readonly list: Readable<readonly Chat[]>;
  /** What is unread, over all chats. */
  readonly unread: Readable<Unread>;

  readonly #world: ChatsWorld;
  readonly #known = new Map<string, Chat>();
  readonly #watched = new Map<string, Derived<Chat | undefined>>();
  readonly #list = new Derived(() => [...this.#known.values()].sort(latestFirst));
  readonly #unread: Derived<Unread>;

  constructor(world: ChatsWorld) {
    this.#world = world;
    this.list = this.#list;
    this.unread = this.#unread = new Derived((before) => keepSame(before, total(this.#known.values())));
  }

  /** One chat; undefined while there is none of this id. */
  get(chat: string): Readable<Chat | undefined> {
    const watched = this.#watched.get(chat) ?? new Derived(() => this.#known.get(chat));
    this.#watched.set(chat, watched);
    return watched;
  }

  /** The private chat with a user. */
  withPeer(user: string): Chat | undefined {
    return [...this.#known.values()].find(({ peer }) => peer === user);
  }

  now(chat: string): Chat | undefined {
    return this.#known.get(chat);
  }

  // What the client tells

  /** What was kept on this machine. */
  restore(chats: readonly Chat[]): void {
    for (const chat of chats) this.#set(chat.chat, chat);
  }

  /** The server's word on a chat. What it does not say (the newest message, mentions) stays. */
  learned(summary: Summary): void {
    const held = this.#known.get(summary.chat);
    const last = summary.last?.type === 'message' ? summary.last : (held?.last ?? null);
    this.#set(summary.chat, {
      chat: summary.chat,
      kind: summary.msg_type,
      name: summary.name,
      peer: summary.peer ?? null,
      public: summary.public ?? false,
      role: summary.role ?? null,
      head: summary.head,
      received: summary.received,
      read: summary.read,
      unread: summary.unread,
      mentions: summary.unread === 0 ? 0 : (held?.mentions ?? 0),
      last,
      happened: summary.last === undefined ? (held?.happened ?? null) : unsaid(summary.last),
      at: summary.last?.ts ?? held?.at ?? 0,
    });
  }

  /** The next entry of a chat. Its summary includes `replayed` ones already, but for messages and what changed them. */
  entry(entry: Entry, replayed: boolean): void {
    const chat = this.#known.get(entry.chat);
    if (chat === undefined) return;
    const now = {
      ...chat,
      head: Math.max(chat.head, entry.seq),
      happened: unsaid(entry),
      at: Math.max(chat.at, entry.ts),
    };
    this.#set(entry.chat, afterEntry(now, entry, replayed, this.#world.me()));
  }

  /** A user wants to be shown under another name. */
  called(user: string, name: string): void {
    const chat = this.withPeer(user);
    if (chat !== undefined && chat.name !== name) this.#set(chat.chat, { ...chat, name });
  }

  /** This user's cursors rose, here or on another device. */
  cursors(chat: string, { received, read }: Receipt): void {
    const held = this.#known.get(chat);
    if (held === undefined) return;
    const now = { ...held, received: Math.max(held.received, received), read: Math.max(held.read, read) };
    const all = now.read >= now.head;
    this.#set(chat, all ? { ...now, unread: 0, mentions: 0 } : now);
    if (!all && now.read > held.read && held.unread > 0) this.#world.recount(chat);
  }

  gone(chat: string): void {
    this.#known.delete(chat);
    this.#tell(chat, undefined);
  }

  /** The whole list was told: what is not in it is gone. Returns what went. */
  listed(chats: ReadonlySet<string>): string[] {
    return [...this.#known.keys()].filter((chat) => !chats.has(chat));
  }

  clear(): void {
    for (const chat of [...this.#known.keys()]) this.gone(chat);
  }

  #set(chat: string, now: Chat): void {
    this.#known.set(chat, now);
    this.#tell(chat, now);
  }

  #tell(chat: string, now: Chat | undefined): void {
    this.#list.invalidate();
    this.#unread.invalidate();
    this.#watched.get(chat)?.invalidate();
    this.#world.changed(chat, now);
  }
}

function unsaid(entry: Entry): Chat['happened'] {
  return entry.type === 'message' ? null : entry;
}

function afterEntry(chat: Chat, entry: Entry, replayed: boolean, me: string): Chat {
  switch (entry.type) {
    case 'message':
      return afterMessage(chat, entry, replayed, me);
    case 'renamed':
      return replayed ? chat : { ...chat, name: entry.name };
    case 'member':
      return entry.user === me && entry.role !== undefined && !replayed
        ? { ...chat, role: entry.role }
        : chat;
    default:
      return chat.last && isChange(entry) ? { ...chat, last: changed(chat.last, entry, me) } : chat;
  }
}

/** Sending raises one's own `read` (protocol.md §2). */
function afterMessage(chat: Chat, message: Message, replayed: boolean, me: string): Chat {
  const last = chat.last && chat.last.seq > message.seq ? chat.last : message;
  if (message.from === me) {
    const read = Math.max(chat.read, message.seq);
    return { ...chat, last, read, received: Math.max(chat.received, read), ...(replayed ? {} : NOTHING) };
  }
  if (message.seq <= chat.read) return { ...chat, last };
  const mentions = chat.mentions + (mentionsUser(message, me) ? 1 : 0);
  return { ...chat, last, mentions, unread: chat.unread + (replayed ? 0 : 1) };
}

const NOTHING = { unread: 0, mentions: 0 };

function mentionsUser({ content = '' }: Message, user: string): boolean {
  const at = content.indexOf(`@${user}`);
  return at >= 0 && !/[\w.-]/.test(content.charAt(at + user.length + 1));
}

function latestFirst(one: Chat, other: Chat): number {
  return other.at - one.at || (one.chat < other.chat ? -1 : 1);
}

function total(chats: Iterable<Chat>): Unread {
  const sum = { messages: 0, mentions: 0, chats: 0 };
  for (const { unread, mentions } of chats) {
    sum.messages += unread;
    sum.mentions += mentions;
    sum.chats += unread > 0 ? 1 : 0;
  }
  return sum;
}

function keepSame(before: Unread | undefined, now: Unread): Unread {
  const same =
    before?.messages === now.messages && before.mentions === now.mentions && before.chats === now.chats;
  return same ? before : now;
}
