/** The client an application works with. */

import { newId, type Traceparent, traceOf } from './ask.js';
import type { Chats } from './chats/chats.js';
import type { Pending, Sending } from './chats/outbox.js';
import { Rooms } from './chats/rooms.js';
import type { Timeline } from './chats/timeline.js';
import type { ConnectionState } from './connection/link.js';
import { Core } from './core.js';
import { HubbubError } from './errors.js';
import type { Arrival, Model } from './model.js';
import type { Readable } from './observable.js';
import { type ClientOptions, settingsOf } from './options.js';
import type { Presence, Profile } from './people/people.js';
import type { Relations } from './people/relations.js';
import type { Administration } from './session/administration.js';
import type { Session } from './session/session.js';
import { Notes } from './store/notes.js';

/** One user on one server: signs in, stays connected, resumes, and shows what happens. */
export class Client {
  /** Signing in and out, and this user's sessions. */
  readonly session: Session;
  /** What administrators of the server do. */
  readonly administration: Administration;
  /** What can be done with rooms. */
  readonly rooms: Rooms;
  /** Small things an application remembers for this user on this machine: drafts, settings. Gone when they log out. */
  readonly notes: Notes;

  readonly #core: Core;
  readonly #model: Model;
  readonly #traceparent: Traceparent;

  /** Nothing happens yet: `start`. */
  constructor(options: ClientOptions = {}) {
    const settings = settingsOf(options);
    this.#core = new Core(settings);
    this.#model = this.#core.model;
    this.#traceparent = settings.traceparent;
    this.session = this.#core.session;
    this.administration = this.#core.administration;
    this.rooms = new Rooms(this.#model.ask, this.#model.members);
    this.notes = new Notes(settings.store);
  }

  // The connection

  /** The state of the connection. */
  get state(): Readable<ConnectionState> {
    return this.#core.state;
  }

  /**
   * Show what is kept on this machine, and connect if somebody is signed in. Resolves when the former is done, so that
   * `session.user` says whether to ask for a password.
   */
  start(): Promise<void> {
    return this.#core.start();
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
      const stop = this.#core.state.subscribe(look);
    });
  }

  /** Connect without waiting any longer; also after the client stopped. */
  retryNow(): void {
    void this.#core.retry();
  }

  /** Disconnect until `retryNow`, in all tabs. */
  disconnect(): void {
    this.#core.tabs.stop();
  }

  /** Let everything go, this tab's connection too. What is kept on this machine stays; another tab goes on. */
  close(): Promise<void> {
    return this.#core.close();
  }

  /** Whether this tab is the one that has the connection, of all tabs of this browser: it notifies, the others do not. */
  get leads(): Readable<boolean> {
    return this.#core.tabs.leads;
  }

  /** What time it is by the server's clock, ms since the epoch. */
  serverNow(): number {
    return this.#core.time.now();
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

  #post(
    msgType: Pending['msgType'],
    to: string,
    content: string,
    { replyTo }: { replyTo?: number },
  ): Sending {
    const reply = replyTo === undefined ? {} : { replyTo };
    const trace = traceOf(this.#traceparent);
    return this.#model.outbox.post({ msgId: newId(), msgType, to, content, ...reply, ...trace });
  }
}

/** Makes a client; `start` it. */
export function createClient(options: ClientOptions = {}): Client {
  return new Client(options);
}
