/** The client an application works with. */

import { newId } from './ask.js';
import type { Chats } from './chats/chats.js';
import type { Pending, Sending } from './chats/outbox.js';
import { Rooms } from './chats/rooms.js';
import type { Timeline } from './chats/timeline.js';
import { type Clock, systemClock } from './clock.js';
import { type ConnectionState, Link, type Owner } from './connection/link.js';
import { socketUrl, type WebSocketMaker } from './connection/socket.js';
import { watchWaking } from './connection/waking.js';
import { HubbubError } from './errors.js';
import { type Arrival, Model } from './model.js';
import { Cell, type Readable } from './observable.js';
import type { Presence, Profile } from './people/people.js';
import type { Relations } from './people/relations.js';
import { Accounts, type Fetch } from './session/accounts.js';
import { Credentials, type TokenSource } from './session/credentials.js';
import { ServerTime } from './session/server_time.js';
import { Session } from './session/session.js';
import { MemoryStore } from './store/memory.js';
import type { Store } from './store/store.js';
import type { Entry, HelloRequest, Push, Welcome } from './wire.js';

/** Attempts in a row before the client stops and says so: some 25 minutes at an average wait of 15 s. */
const ATTEMPTS_MAX = 100;

const SESSION_REVOKED = 4501;

/** What a client may be told. Everything has a default but, outside a browser, `url`. */
export interface ClientOptions {
  /** The server's address, http:// or https://; in a browser that of the page. */
  readonly url?: string | URL;
  /** Where things are kept; by default in memory. */
  readonly store?: Store;
  /** How this session is shown in the list of sessions, up to 64 characters. */
  readonly deviceName?: string;
  /** Tokens of an external identity provider, instead of accounts of the server. */
  readonly tokens?: TokenSource;
  /** Attempts in a row before the client stops; `retryNow`, waking up or a new network start it again. */
  readonly maxAttempts?: number;
  /** A WebSocket class, where the platform has none (Node 20): that of the package `ws`, say. */
  readonly webSocket?: WebSocketMaker;
  /** These replace the world in tests. `chance` is uniform in 0 … 1. */
  readonly fetch?: Fetch;
  readonly clock?: Clock;
  readonly chance?: () => number;
}

/** One user on one server: signs in, stays connected, resumes, and shows what happens. */
export class Client {
  /** Signing in and out, and this user's sessions. */
  readonly session: Session;
  /** What can be done with rooms. */
  readonly rooms: Rooms;

  readonly #clock: Clock;
  readonly #store: Store;
  readonly #time: ServerTime;
  readonly #accounts: Accounts;
  readonly #credentials: Credentials;
  readonly #link: Link;
  readonly #model: Model;
  readonly #state = new Cell<ConnectionState>({ status: 'disconnected', reason: 'not started' });
  #device = '';
  #unwatch: () => void = () => undefined;
  #ready: Promise<void> | undefined;

  /** Nothing happens yet: `start`. */
  constructor(options: ClientOptions = {}) {
    const server = serverOf(options.url);
    this.#clock = options.clock ?? systemClock;
    this.#store = options.store ?? new MemoryStore();
    this.#time = new ServerTime(this.#clock);
    this.#accounts = new Accounts(
      server,
      options.fetch ?? ((url, init) => fetch(url, init)),
      this.#clock,
      (time) => {
        this.#time.hinted(time);
      },
    );
    this.#credentials = new Credentials(
      this.#accounts,
      this.#store,
      this.#time,
      (work) => work(),
      options.tokens,
    );
    this.#link = new Link(this.#owner(), {
      url: socketUrl(server),
      webSocket: options.webSocket ?? platformWebSocket(),
      clock: this.#clock,
      chance: options.chance ?? Math.random,
      maxAttempts: options.maxAttempts ?? ATTEMPTS_MAX,
    });
    this.#model = new Model({
      clock: this.#clock,
      store: this.#store,
      line: this.#link,
      me: () => this.session.user.get() ?? '',
      summary: async (chat) => this.#accounts.chat(await this.#credentials.fresh(), chat),
    });
    this.session = new Session(this.#accounts, this.#credentials, {
      deviceName: options.deviceName ?? '',
      claimed: (user) => this.#claim(user),
      signedIn: () => {
        this.#connect();
      },
      signedOut: () => this.#signOut(),
      profile: (profile) => {
        this.#model.people.learned(profile);
      },
    });
    this.rooms = new Rooms(this.#model.ask, this.#model.members);
  }

  // The connection

  /** The state of the connection. */
  get state(): Readable<ConnectionState> {
    return this.#state;
  }

  /**
   * Show what is kept on this machine, and connect if somebody is signed in. Resolves when the former is done, so that
   * `session.user` says whether to ask for a password.
   */
  start(): Promise<void> {
    this.#ready ??= this.#load();
    return this.#ready;
  }

  /** Resolves when connected; rejects with `stopped` when the client stops. */
  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (state: ConnectionState): void => {
        if (state.status === 'connecting') return;
        queueMicrotask(() => {
          stop();
        });
        if (state.status === 'connected') resolve();
        else reject(new HubbubError('stopped', state.reason));
      };
      const stop = this.#state.subscribe(look);
    });
  }

  /** Connect without waiting any longer; also after the client stopped. */
  retryNow(): void {
    if (this.#state.get().status === 'disconnected') this.#connect();
    else this.#link.hurry();
  }

  /** Disconnect until `retryNow`. */
  disconnect(): void {
    this.#link.stop();
  }

  /** Disconnect and let everything go. What is kept on this machine stays. */
  close(): void {
    this.#unwatch();
    this.#link.stop();
    this.#model.outbox.stop();
    this.#store.close();
  }

  /** What time it is by the server's clock, ms since the epoch. */
  serverNow(): number {
    return this.#time.now();
  }

  // What is there

  /** The list of chats, and what is unread. */
  get chats(): Pick<Chats, 'list' | 'unread' | 'get' | 'withPeer'> {
    return this.#model.chats;
  }

  /** One chat on a screen; the same object until it is closed. */
  timeline(
    chat: string,
  ): Pick<
    Timeline,
    'chat' | 'items' | 'status' | 'loadOlder' | 'loadNewer' | 'around' | 'latest' | 'quote' | 'close'
  > {
    return this.#model.timeline(chat);
  }

  /** Friends, requests and blocks. */
  get friends(): Pick<
    Relations,
    'lists' | 'befriend' | 'accept' | 'decline' | 'unfriend' | 'block' | 'unblock' | 'refresh'
  > {
    return this.#model.relations;
  }

  /** How a user wants to be shown. */
  profile(user: string): Readable<Profile> {
    return this.#model.people.profile(user);
  }

  /** Whether a user is there; undefined while nobody knows. */
  presence(user: string): Readable<Presence | undefined> {
    return this.#model.people.presence(user);
  }

  /** Who types in a chat. */
  typingIn(chat: string): Readable<readonly string[]> {
    return this.#model.typing.in(chat);
  }

  /** Messages on their way, to all chats, refused ones too. */
  get outbox(): Readable<readonly Pending[]> {
    return this.#model.outbox.pending;
  }

  /** Calls `run` for every message of somebody else that comes, until the returned function is called. */
  onMessage(run: (arrival: Arrival) => void): () => void {
    return this.#model.onMessage(run);
  }

  // What can be done

  /**
   * Send a message. It is in the chat's timeline at once, is sent when there is a connection, after a reload too, and
   * never twice. Throws `full` when 256 are on their way already.
   */
  send(chat: string, content: string, options: { replyTo?: number } = {}): Sending {
    const peer = this.#model.chats.now(chat)?.peer ?? null;
    return peer === null ? this.#post('group', chat, content, options) : this.sendTo(peer, content, options);
  }

  /** Send a message to a person, as `send`. */
  sendTo(user: string, content: string, options: { replyTo?: number } = {}): Sending {
    return this.#post('private', user, content, options);
  }

  /** Try a message that was refused once more, under the same `msg_id`. */
  retry(msgId: string): Promise<void> {
    return this.#model.outbox.retry(msgId);
  }

  /** Give a message that was refused up. */
  discard(msgId: string): Promise<void> {
    return this.#model.outbox.discard(msgId);
  }

  /** New content for one's own message. */
  async edit(chat: string, seq: number, content: string): Promise<void> {
    await this.#model.ask.write({ type: 'edit', chat, seq, content });
  }

  /** Erase a message, everywhere. */
  async delete(chat: string, seq: number): Promise<void> {
    await this.#model.ask.write({ type: 'delete', chat, seq });
  }

  /** Put a reaction on a message, or take it off. */
  async react(chat: string, seq: number, emoji: string, on: boolean): Promise<void> {
    await this.#model.ask.write({ type: 'react', chat, seq, emoji, on });
  }

  /** A person has seen everything up to `seq`. (That it was received, the client says by itself.) */
  read(chat: string, seq: number): void {
    this.#model.read(chat, seq);
  }

  /** A key was pressed, or writing stopped: call it as often as that happens. */
  typing(chat: string, on: boolean): void {
    this.#model.typing.mine(chat, on);
  }

  // Inside

  #post(
    msgType: Pending['msgType'],
    to: string,
    content: string,
    { replyTo }: { replyTo?: number },
  ): Sending {
    const reply = replyTo === undefined ? {} : { replyTo };
    return this.#model.outbox.post({ msgId: newId(), msgType, to, content, ...reply });
  }

  async #load(): Promise<void> {
    this.#device = await deviceOf(this.#store);
    const present = await this.#credentials.load();
    if (this.#credentials.user !== undefined) this.session.began(this.#credentials.user);
    await this.#model.outbox.load();
    this.#unwatch = watchWaking(() => {
      this.#link.hurry();
    });
    if (present) this.#connect();
  }

  #connect(): void {
    void this.start();
    this.#link.start();
    this.#model.outbox.start();
  }

  /** What was kept for somebody else goes. */
  async #claim(user: string): Promise<void> {
    await this.start();
    this.#link.stop();
    const before = (await this.#store.get(['meta', 'user'])) as string | undefined;
    if (before !== undefined && before !== user) await this.#forget();
    await this.#store.apply([{ put: ['meta', 'user'], value: user }]);
  }

  async #signOut(): Promise<void> {
    this.#link.stop();
    this.session.ended();
    await this.#forget();
  }

  async #forget(): Promise<void> {
    this.#model.clear();
    await this.#credentials.forget();
    await this.#store.wipe();
    this.#device = await deviceOf(this.#store);
  }

  #owner(): Owner {
    return {
      token: (renew) => (renew ? this.#credentials.renew() : this.#credentials.fresh()),
      hello: (token) => this.#hello(token),
      welcomed: (welcome) => {
        this.#welcomed(welcome);
      },
      heard: (word: Push | Entry) => {
        this.#model.heard(word);
      },
      changed: (state) => {
        this.#changed(state);
      },
      lost: () => {
        this.#model.lost();
      },
    };
  }

  #hello(token: string): HelloRequest {
    const hello = { type: 'hello', token, device: this.#device, chats: 'all' } as const;
    const cursors = this.#model.flow.cursors();
    if (cursors.size === 0) return hello;
    return { ...hello, epoch: this.#model.flow.epoch ?? '', cursors: Object.fromEntries(cursors) };
  }

  #welcomed(welcome: Welcome): void {
    this.#time.told(welcome.server_time);
    this.session.began(welcome.user);
    this.#model.welcomed(welcome, true);
  }

  /** A session that was ended elsewhere is over here too: nothing of it stays on this machine. */
  #changed(state: ConnectionState): void {
    this.#state.set(state);
    if (state.status === 'disconnected' && state.code === SESSION_REVOKED) void this.#signOut();
  }
}

/** Makes a client; `start` it. */
export function createClient(options: ClientOptions = {}): Client {
  return new Client(options);
}

function serverOf(url: string | URL | undefined): URL {
  const address = url ?? (globalThis.location as Location | undefined)?.origin;
  if (address === undefined)
    throw new TypeError('outside a browser, say where the server is: createClient({ url })');
  const server = new URL(address);
  if (!server.pathname.endsWith('/')) server.pathname += '/';
  return server;
}

function platformWebSocket(): WebSocketMaker {
  const found = (globalThis as { WebSocket?: WebSocketMaker }).WebSocket;
  if (found !== undefined) return found;
  throw new TypeError('there is no WebSocket: start Node 20 with --experimental-websocket, or pass one');
}

/** The name of this installation, made when first asked for. */
async function deviceOf(store: Store): Promise<string> {
  const known = (await store.get(['meta', 'device'])) as string | undefined;
  if (known !== undefined) return known;
  const device = newId();
  await store.apply([{ put: ['meta', 'device'], value: device }]);
  return device;
}
