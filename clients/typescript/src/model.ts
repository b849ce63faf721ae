/** What a client knows: everything that comes from the server ends here, and everything an application sees is here. */

import { Ask, type Traceparent, untraced } from './ask.js';
import { Acknowledger } from './chats/acknowledge.js';
import { type Chat, Chats } from './chats/chats.js';
import { Flow, type Sink } from './chats/flow.js';
import type { Viewer } from './chats/items.js';
import { Members } from './chats/members.js';
import { Outbox } from './chats/outbox.js';
import { Timeline } from './chats/timeline.js';
import type { Clock } from './clock.js';
import type { Line } from './connection/line.js';
import { People } from './people/people.js';
import { Relations } from './people/relations.js';
import { Typing } from './people/typing.js';
import type { Archive } from './store/archive.js';
import type { Store } from './store/store.js';
import type { Message as TabMessage } from './tabs/channel.js';
import type {
  Entry,
  MemberChanged,
  Message,
  Page,
  Push,
  SendRequest,
  Sent,
  Summary,
  Welcome,
} from './wire.js';
import { isEntry } from './words.js';

const GAP_PAGE = 300; // the most a server gives
const REPLAYED_MAX = 500; // entries of one chat that a server replays (protocol.md §3.4)
const REMOVALS = new Set<string>(['left', 'kicked', 'banned']);

/** A message that came, for notifications. */
export interface Arrival {
  readonly chat: Chat;
  readonly message: Message;
  /** It was said before this connection began. */
  readonly replayed: boolean;
}

/** What a model needs of its client. */
export interface ModelWorld {
  readonly clock: Clock;
  readonly store: Store;
  readonly archive: Archive;
  readonly line: Line;
  /** Tells the other tabs. */
  say(message: TabMessage): void;
  /** Whether this tab has the connection. */
  leads(): boolean;
  me(): string;
  /** Of the application's span. */
  readonly traceparent: Traceparent;
  /** One chat, by HTTP. */
  summary(chat: string): Promise<Summary>;
}

/** See the module. */
export class Model implements Sink {
  readonly ask: Ask;
  readonly chats: Chats;
  readonly members: Members;
  readonly people: People;
  readonly relations: Relations;
  readonly typing: Typing;
  readonly outbox: Outbox;
  readonly flow: Flow;

  readonly #world: ModelWorld;
  readonly #acknowledger: Acknowledger;
  readonly #timelines = new Map<string, Timeline>();
  readonly #viewers = new Map<string, Viewer>();
  readonly #arrivals = new Set<(arrival: Arrival) => void>();
  readonly #recounting = new Set<string>();

  constructor(world: ModelWorld) {
    const { clock, store, line } = world;
    this.#world = world;
    this.ask = new Ask(() => line, world.traceparent);
    const ask = new Ask(() => line, untraced);
    this.flow = new Flow(this, {
      clock,
      history: (chat, after) => ask.read({ type: 'history', chat, after, limit: GAP_PAGE }),
      chats: (after) => ask.read({ type: 'chats', ...(after === undefined ? {} : { after }) }),
    });
    this.chats = new Chats({
      me: () => world.me(),
      changed: (chat, now) => {
        world.archive.chat(chat, now);
      },
      recount: (chat) => void this.#recount(chat),
    });
    this.members = new Members({
      clock,
      members: (chat, limit) => ask.read({ type: 'members', chat, limit }),
      open: (chat) => this.#timelines.has(chat),
      changed: (chat) => {
        this.#look(chat);
      },
    });
    this.people = new People({
      clock,
      profiles: async (users) => (await ask.read({ type: 'profile', users })).profiles,
      presences: async (users) => (await ask.read({ type: 'presence', users })).presences,
      learned: (profile) => {
        world.archive.profile(profile);
        this.chats.called(profile.user, profile.displayName);
      },
    });
    this.relations = new Relations(this.ask);
    this.relations.lists.subscribe((lists) => {
      world.archive.friends(lists);
      for (const chat of this.#timelines.keys()) this.#look(chat);
    });
    this.typing = new Typing(clock, (chat, on) => {
      line.tell({ type: 'typing', chat, on });
    });
    this.outbox = new Outbox({
      clock,
      store,
      ask: async (request: SendRequest) => (await line.ask(request, Infinity)) as Sent,
      cursor: (chat) => this.flow.cursor(chat),
      changed: () => {
        world.say({ type: 'outbox' });
      },
      settled: (msgId, sent) => {
        world.say({ type: 'settled', msgId, sent });
      },
    });
    this.outbox.pending.subscribe(() => {
      for (const timeline of this.#timelines.values()) timeline.refresh();
    });
    this.#acknowledger = new Acknowledger(async (kind, chat, seq) => {
      await ask.read({ type: kind, chat, seq });
    }, clock);
  }

  /** Show what is kept on this machine. */
  async load(): Promise<void> {
    const kept = await this.#world.archive.load();
    this.flow.restore(kept.epoch, kept.cursors);
    this.chats.restore(kept.chats);
    this.people.restore(kept.profiles);
    this.relations.restore(kept.friends);
    await this.outbox.load();
  }

  /** This tab keeps what happens from now on. */
  async lead(): Promise<void> {
    await this.#world.archive.lead();
    for (const chat of this.chats.list.get()) this.#world.archive.chat(chat.chat, chat);
    await this.outbox.load();
  }

  // For the application

  /** The chat on a screen; the same object until it is closed. */
  timeline(chat: string): Timeline {
    const open = this.#timelines.get(chat) ?? this.#open(chat);
    this.#timelines.set(chat, open);
    this.members.of(chat);
    return open;
  }

  /** A person has seen everything up to `seq`. */
  read(chat: string, seq: number): void {
    const held = this.chats.now(chat);
    if (held === undefined || seq <= held.read) return;
    this.chats.cursors(chat, { received: seq, read: seq });
    this.#acknowledger.note('read', chat, seq);
  }

  onMessage(run: (arrival: Arrival) => void): () => void {
    this.#arrivals.add(run);
    return () => this.#arrivals.delete(run);
  }

  // What the line says

  welcomed(welcome: Welcome, replayed: ReadonlySet<string>): void {
    this.flow.welcomed(welcome, replayed);
    this.people.connected();
    this.members.connected();
    this.#acknowledger.flush();
    this.relations.refresh().catch(() => undefined);
    for (const timeline of this.#timelines.values()) timeline.connected();
  }

  heard(word: Push | Entry): void {
    if (!isEntry(word)) this.#push(word);
    else if (this.#isOnlyToBeKept(word)) this.#world.archive.entry(word);
    else this.flow.entry(word);
  }

  lost(): void {
    this.flow.lost();
    this.people.disconnected();
    this.typing.clear();
  }

  /** Cursors to resume from, those of the latest chats first, up to so many characters in a hello. */
  cursors(charsMax: number): Map<string, number> {
    const cursors = new Map<string, number>();
    let chars = 0;
    for (const { chat } of this.chats.list.get()) {
      const seq = this.flow.cursor(chat);
      chars += chat.length + 24;
      if (seq !== undefined && chars <= charsMax) cursors.set(chat, this.#resumeFrom(chat, seq));
    }
    return cursors;
  }

  /** A tab that led before this one may have gone before it wrote what both had heard: it is replayed, to be kept. */
  #resumeFrom(chat: string, seq: number): number {
    const kept = this.#world.archive.cursor(chat) ?? seq;
    return kept < seq && seq - kept <= REPLAYED_MAX ? kept : seq;
  }

  /** Write what is to be kept. */
  close(): Promise<void> {
    return this.#world.archive.flush();
  }

  /** Nobody is signed in any longer. Resolves when nothing is written any more. */
  async clear(): Promise<void> {
    this.#world.archive.clear();
    for (const timeline of this.#timelines.values()) timeline.anew(true);
    this.#timelines.clear();
    this.#viewers.clear();
    this.flow.restore(undefined, []);
    this.outbox.clear();
    this.#acknowledger.clear();
    for (const part of [this.chats, this.members, this.people, this.typing]) part.clear();
    this.relations.restore();
    await this.#world.archive.flush();
  }

  #isOnlyToBeKept({ chat, seq }: Entry): boolean {
    return seq <= (this.flow.cursor(chat) ?? 0) && this.#world.archive.cursor(chat) === seq - 1;
  }

  #push(push: Push): void {
    switch (push.type) {
      case 'receipt':
        if (push.user === this.#world.me()) this.chats.cursors(push.chat, push);
        this.members.receipt(push.chat, push.user, push);
        break;
      case 'typing':
        this.typing.heard(push.chat, push.user, push.on);
        break;
      case 'presence':
        this.people.seen(push);
        break;
      case 'profile':
        this.people.learned(push);
        break;
      case 'friend':
        this.relations.refresh().catch(() => undefined);
        break;
      case 'chat':
        this.flow.visible(push);
        break;
      case 'resync':
        this.flow.resync(push);
        if (push.chat === undefined) this.relations.refresh().catch(() => undefined);
        break;
      case 'bye':
        break; // the link's affair
    }
  }

  // What the flow says

  entry(entry: Entry, replayed: boolean): void {
    const { chat, seq } = entry;
    this.#world.archive.entry(entry);
    this.chats.entry(entry, replayed);
    this.#timelines.get(chat)?.entry(entry);
    this.outbox.arrived(chat, seq);
    if (entry.type === 'message') this.#arrived(entry, replayed);
    if (entry.type === 'member') this.#memberChanged(entry, replayed);
  }

  anew(chat: string, after: number, reset: boolean): void {
    this.#world.archive.restart(chat, after);
    this.#timelines.get(chat)?.anew(reset);
    void this.#recount(chat);
  }

  learned(summary: Summary): void {
    this.#world.archive.begin(summary.chat, summary.head);
    this.chats.learned(summary);
  }

  gone(chat: string): void {
    this.chats.gone(chat);
    this.members.forget(chat);
    this.#timelines.get(chat)?.anew(true);
  }

  /** The server was restored: what is held of every chat is void, and its summary says where it goes on. */
  epoch(epoch: string, chats: readonly string[]): void {
    this.#world.archive.epoch(epoch);
    for (const chat of chats) this.#world.archive.void(chat);
    for (const chat of chats) this.#timelines.get(chat)?.anew(true);
  }

  listed(chats: ReadonlySet<string>): void {
    for (const chat of this.chats.listed(chats)) this.flow.left(chat);
  }

  #arrived(message: Message, replayed: boolean): void {
    const me = this.#world.me();
    this.typing.heard(message.chat, message.from, false);
    this.members.wrote(message.chat, message.from, message.seq);
    if (message.from === me) return;
    if (this.#world.leads()) this.#acknowledger.note('received', message.chat, message.seq);
    const chat = this.chats.now(message.chat);
    if (chat !== undefined) for (const run of this.#arrivals) run({ chat, message, replayed });
  }

  #memberChanged({ chat, user, change }: MemberChanged, replayed: boolean): void {
    if (user === this.#world.me() && REMOVALS.has(change) && !replayed) this.flow.left(chat);
    else this.members.changed(chat);
  }

  /** What is unread after a cursor that rose elsewhere, or after a hole, only the server can say. */
  async #recount(chat: string): Promise<void> {
    if (this.#recounting.has(chat)) return;
    this.#recounting.add(chat);
    const summary = await this.#world.summary(chat).catch(() => undefined);
    this.#recounting.delete(chat);
    const now = this.chats.now(chat);
    if (summary === undefined || now === undefined) return;
    if (summary.head >= now.head) this.chats.learned(summary);
    else void this.#recount(chat); // something was said meanwhile
  }

  // Timelines

  #open(chat: string): Timeline {
    return new Timeline({
      chat,
      viewer: () => this.#viewer(chat),
      pending: () => this.#pendingIn(chat),
      cursor: () => this.flow.cursor(chat),
      stored: () => this.#world.archive.entries(chat),
      history: (where) => this.#page(chat, where),
      closed: () => this.#timelines.delete(chat),
    });
  }

  async #page(chat: string, where: { before?: number; after?: number; limit: number }): Promise<Page> {
    const page = await this.ask.read({ type: 'history', chat, ...where });
    this.#world.archive.page(chat, page.entries);
    return page;
  }

  #pendingIn(chat: string): ReturnType<Outbox['pending']['get']> {
    const peer = this.chats.now(chat)?.peer;
    const here = (to: string, type: string): boolean => (type === 'private' ? to === peer : to === chat);
    return this.outbox.pending.get().filter(({ to, msgType }) => here(to, msgType));
  }

  #viewer(chat: string): Viewer {
    const made = this.#viewers.get(chat) ?? {
      me: this.#world.me(),
      blocked: new Set(this.relations.lists.get().blocked),
      others: this.members.others(chat, this.#world.me()),
    };
    this.#viewers.set(chat, made);
    return made;
  }

  #look(chat: string): void {
    this.#viewers.delete(chat);
    this.#timelines.get(chat)?.refresh();
  }
}
