/**
 * What of the chats is kept on this machine: the list, and the newest entries of each, so that a page shows something
 * before it is connected and resumes where it was.
 *
 * Entries are written as they come, with the place they reach in one transaction, and folded when they are read. A
 * deletion erases what it is about in the same transaction. Only one tab writes.
 */

import type { Chat } from '../chats/chats.js';
import { changed, withoutContent } from '../chats/window.js';
import type { Clock } from '../clock.js';
import type { Friends, Profile } from '../people/people.js';
import type { Deleted, Entry } from '../wire.js';
import type { Change, Store } from './store.js';

/** Entries kept per chat: a good evening's reading without a connection. The oldest go first. */
export const KEPT_PER_CHAT = 500;

/** Entries kept in all, some 10 MB of ordinary messages: the chats that were silent longest lose theirs first. */
export const KEPT_IN_ALL = 20_000;

/** Chats kept: twice the rooms a server lets a user have. Those that were silent longest are asked for again. */
export const CHATS_KEPT = 2_000;

const PROFILES_KEPT = 1_000; // beyond it all are fetched anew: a page that knows so many is a large room's
const SLACK = 50; // entries over the bound before some are dropped: not one transaction per message
const FLUSH_MS = 100; // a burst of entries is one transaction
const ERASED_MAX = 200; // deletions remembered per chat, against a page of history that was on its way

/** Entries `from` … `to` are kept; `to` is the cursor to resume from. */
interface Place {
  from: number;
  to: number;
}

interface Stored {
  readonly chat: Chat;
  readonly place: Place;
}

/** What was kept. */
export interface Kept {
  readonly epoch: string | undefined;
  readonly chats: readonly Chat[];
  readonly cursors: ReadonlyMap<string, number>;
  readonly friends: Friends | undefined;
  readonly profiles: readonly Profile[];
}

/** See the module. */
export class Archive {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #me: () => string;
  readonly #places = new Map<string, Place>();
  readonly #chats = new Map<string, Chat>();
  readonly #changedChats = new Set<string>();
  readonly #erased = new Map<string, Map<number, Deleted>>();
  #changes: Change[] = [];
  #erasures: Deleted[] = [];
  #writing = false;
  #crowded = false; // there was no room: entries are not kept any more by this page
  #work: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;

  /** `me` is whose reactions are `mine`. */
  constructor(store: Store, clock: Clock, me: () => string) {
    this.#store = store;
    this.#clock = clock;
    this.#me = me;
  }

  /** What is there now. */
  async load(): Promise<Kept> {
    const stored = (await this.#store.list('chat')) as Stored[];
    const profiles = (await this.#store.list('profile')) as Profile[];
    return {
      epoch: (await this.#store.get(['meta', 'epoch'])) as string | undefined,
      chats: stored.map(({ chat }) => chat),
      cursors: new Map(stored.map(({ chat, place }) => [chat.chat, place.to])),
      friends: (await this.#store.get(['meta', 'friends'])) as Friends | undefined,
      profiles,
    };
  }

  /** This tab writes from now on, going on from what another one may have written. */
  async lead(): Promise<void> {
    this.clear();
    for (const { chat, place } of (await this.#store.list('chat')) as Stored[]) {
      this.#chats.set(chat.chat, chat);
      this.#places.set(chat.chat, place);
    }
    const profiles = await this.#store.list('profile');
    this.#writing = true;
    if (profiles.length > PROFILES_KEPT) this.#change({ dropTable: 'profile' });
  }

  /** The entries kept of a chat, as they came. */
  async entries(chat: string): Promise<readonly Entry[]> {
    await this.flush();
    return (await this.#store.list('entry', chat)) as Entry[];
  }

  /** The last entry of a chat that is kept, by the tab that writes. */
  cursor(chat: string): number | undefined {
    return this.#places.get(chat)?.to;
  }

  // What happens. A tab that does not write forgets it at once.

  /** The list has this of a chat now, or the chat is gone. */
  chat(chat: string, now: Chat | undefined): void {
    if (now === undefined) this.void(chat);
    if (now !== undefined) this.#chats.set(chat, now);
    else this.#chats.delete(chat);
    this.#touch(chat);
  }

  /** The next entry of its chat. */
  entry(entry: Entry): void {
    if (!this.#writing) return;
    const place = this.#places.get(entry.chat);
    if (place !== undefined && entry.seq <= place.to) return;
    if (place?.to !== entry.seq - 1) this.restart(entry.chat, entry.seq - 1);
    this.#extend(entry);
  }

  /** What is kept of a chat is void; its next entry is `after` + 1. */
  restart(chat: string, after: number): void {
    this.void(chat);
    this.#places.set(chat, { from: after + 1, to: after });
  }

  /** Where the flow of a chat begins, if it is not known yet. */
  begin(chat: string, after: number): void {
    if (this.#writing && !this.#places.has(chat)) this.restart(chat, after);
  }

  /** What is kept of a chat is void, and where it goes on is not known. */
  void(chat: string): void {
    this.#places.delete(chat);
    this.#erased.delete(chat);
    this.#change({ dropEntries: chat, from: 0, to: Number.MAX_SAFE_INTEGER });
    this.#touch(chat);
  }

  /** A page of history: what of it precedes the kept entries without a hole is kept, while there is room. */
  page(chat: string, entries: readonly Entry[]): void {
    const place = this.#places.get(chat);
    if (place === undefined || this.#crowded) return;
    for (const entry of [...entries].reverse()) {
      if (entry.seq !== place.from - 1 || place.to - place.from + 1 >= KEPT_PER_CHAT) continue;
      this.#put(this.#asErased(entry));
      place.from = entry.seq;
    }
    this.#touch(chat);
  }

  /** Positions count in this epoch from now on. */
  epoch(epoch: string): void {
    this.#change({ put: ['meta', 'epoch'], value: epoch });
  }

  friends(friends: Friends): void {
    this.#change({ put: ['meta', 'friends'], value: friends });
  }

  profile(profile: Profile): void {
    this.#change({ put: ['profile', profile.user], value: profile });
  }

  /** Write no more, and forget what is in memory here; the store is wiped by whoever says so. */
  clear(): void {
    this.#writing = false;
    this.#places.clear();
    this.#chats.clear();
    this.#erased.clear();
    this.#discard();
  }

  /** Resolves when everything that happened is written. */
  flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#work = this.#work.then(() => this.#flush());
    return this.#work;
  }

  // Writing

  #change(change: Change): void {
    if (!this.#writing) return;
    this.#changes.push(change);
    this.#cancel ??= this.#clock.after(FLUSH_MS, () => void this.flush());
  }

  #touch(chat: string): void {
    if (!this.#writing) return;
    this.#changedChats.add(chat);
    this.#cancel ??= this.#clock.after(FLUSH_MS, () => void this.flush());
  }

  #discard(): void {
    this.#changes = [];
    this.#erasures = [];
    this.#changedChats.clear();
  }

  #extend(entry: Entry): void {
    const place = this.#places.get(entry.chat) ?? { from: entry.seq, to: entry.seq };
    place.to = entry.seq;
    if (this.#crowded) place.from = entry.seq + 1;
    else this.#put(entry);
    if (entry.type === 'deleted') this.#erase(entry);
    if (sizeOf(place) > KEPT_PER_CHAT + SLACK) this.#drop(entry.chat, place.to - KEPT_PER_CHAT);
    this.#touch(entry.chat);
  }

  #put(entry: Entry): void {
    this.#change({ put: ['entry', entry.chat, entry.seq], value: entry });
  }

  /** Drop a chat's entries up to `to`. */
  #drop(chat: string, to: number): void {
    const place = this.#places.get(chat);
    if (place === undefined || to < place.from) return;
    this.#change({ dropEntries: chat, from: 0, to });
    place.from = to + 1;
    this.#touch(chat);
  }

  /** A store that fails keeps what it has, and this page goes on without: nothing that matters is only there. */
  async #flush(): Promise<void> {
    if (this.#size() > KEPT_IN_ALL) this.#shrink(KEPT_IN_ALL / 2);
    if (this.#places.size > CHATS_KEPT)
      for (const chat of this.#latestFirst().slice(CHATS_KEPT)) this.void(chat);
    const changes = await this.#collect().catch(() => []);
    if (changes.length === 0) return;
    try {
      await this.#store.apply(changes);
    } catch (error) {
      if (isQuota(error)) await this.#makeRoom(changes);
    }
  }

  async #collect(): Promise<Change[]> {
    const [changes, erasures, chats] = [this.#changes, this.#erasures, [...this.#changedChats]];
    this.#discard();
    const erased = await this.#erasedOf(erasures);
    const written = changes.map((change) =>
      erasures.reduce((now, each) => this.#erasedIn(now, each), change),
    );
    const kept = [...erased, ...written].filter((change) => this.#keeps(change));
    return [...kept, ...chats.map((chat) => this.#chatChange(chat))];
  }

  #chatChange(chat: string): Change {
    const [now, place] = [this.#chats.get(chat), this.#places.get(chat)];
    if (now === undefined || place === undefined) return { drop: ['chat', chat] };
    return { put: ['chat', chat], value: { chat: now, place: { ...place } } };
  }

  /** An entry that was let go before it was written is not written. */
  #keeps(change: Change): boolean {
    if (!('put' in change) || change.put[0] !== 'entry') return true;
    const place = this.#places.get(change.put[1]);
    const seq = change.put[2] ?? 0;
    return place !== undefined && seq >= place.from && seq <= place.to;
  }

  // No room

  #size(): number {
    return [...this.#places.values()].reduce((sum, place) => sum + sizeOf(place), 0);
  }

  /** Chats, the one with the latest event first. */
  #latestFirst(): string[] {
    const at = (chat: string): number => this.#chats.get(chat)?.at ?? 0;
    return [...this.#places.keys()].sort((one, other) => at(other) - at(one));
  }

  /** Drop the entries of the chats that were silent longest, until no more than `size` are left. */
  #shrink(size: number): void {
    let left = this.#size();
    for (const chat of this.#latestFirst().reverse()) {
      if (left <= size) break;
      const place = this.#places.get(chat);
      if (place === undefined) continue;
      left -= sizeOf(place);
      this.#drop(chat, place.to);
    }
  }

  /** The browser has no room: half of what is kept goes; if that is not enough, this page keeps no more entries. */
  async #makeRoom(changes: readonly Change[]): Promise<void> {
    this.#shrink(this.#size() / 2);
    try {
      await this.#store.apply([...(await this.#collect()), ...changes]);
    } catch {
      this.#crowded = true;
      this.#shrink(0);
      const places = await this.#collect();
      await this.#store.apply([{ dropTable: 'entry' }, ...places]).catch(() => undefined);
    }
  }

  // Deletions erase

  #erase(deleted: Deleted): void {
    this.#erasures.push(deleted);
    const erased = this.#erased.get(deleted.chat) ?? new Map<number, Deleted>();
    this.#erased.set(deleted.chat, erased.set(deleted.target, deleted));
    for (const oldest of erased.keys()) if (erased.size > ERASED_MAX) erased.delete(oldest);
  }

  /** What the store holds of messages that are gone, without their words. */
  async #erasedOf(erasures: readonly Deleted[]): Promise<Change[]> {
    const chats = [...new Set(erasures.map(({ chat }) => chat))];
    const stored = await Promise.all(
      chats.map((chat) => this.#store.list('entry', chat) as Promise<Entry[]>),
    );
    return erasures.flatMap((deleted) =>
      stored
        .flat()
        .filter((entry) => concerns(entry, deleted))
        .map((entry): Change => ({ put: ['entry', entry.chat, entry.seq], value: entry }))
        .map((change) => this.#erasedIn(change, deleted)),
    );
  }

  #erasedIn(change: Change, deleted: Deleted): Change {
    if (!('put' in change) || change.put[0] !== 'entry') return change;
    const entry = change.value as Entry;
    return concerns(entry, deleted) ? { ...change, value: withoutWords(entry, deleted, this.#me()) } : change;
  }

  #asErased(entry: Entry): Entry {
    const target = entry.type === 'edited' ? entry.target : entry.seq;
    const deleted = this.#erased.get(entry.chat)?.get(target);
    return deleted === undefined ? entry : withoutWords(entry, deleted, this.#me());
  }
}

function sizeOf({ from, to }: Place): number {
  return to - from + 1;
}

function concerns(entry: Entry, { chat, target }: Deleted): boolean {
  if (entry.chat !== chat) return false;
  return entry.type === 'message' ? entry.seq === target : entry.type === 'edited' && entry.target === target;
}

function withoutWords(entry: Entry, deleted: Deleted, me: string): Entry {
  if (entry.type === 'message') return changed(entry, deleted, me);
  return entry.type === 'edited' ? withoutContent(entry) : entry;
}

function isQuota(error: unknown): boolean {
  return (error as { name?: string } | null)?.name === 'QuotaExceededError';
}
