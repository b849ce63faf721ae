/**
 * One connection for all tabs of a browser: the tab that holds a lock leads, and has the connection; the others ask
 * through it, and hear what it hears. When it goes, the next one leads. A tab alone leads.
 */

import { ANSWER_MS, newId } from '../ask.js';
import type { Clock } from '../clock.js';
import type { Line } from '../connection/line.js';
import { type ConnectionState, type Link, type Owner, unanswered } from '../connection/link.js';
import { HubbubError } from '../errors.js';
import { Cell, type Readable } from '../observable.js';
import type { Entry, Push, Reply, Request, Welcome } from '../wire.js';
import type { ChannelLike, Message, Refusal, TabsPlatform } from './channel.js';

/** Whom the tabs work for. Implementation: Client. */
export interface TabOwner extends Omit<Owner, 'welcomed'> {
  /** A conversation is open. `resumed`: this tab's hello began it, and what was missed since is replayed. */
  welcomed(welcome: Welcome, resumed: boolean): void;
  /** This tab leads from now on; resolves when it may connect, to whether it should. */
  lead(): Promise<boolean>;
  /** Another tab told something that is not the connection's. */
  told(message: Message): void;
}

/** The world of tabs: `name` is the same in all of them. */
export interface TabsWorld {
  readonly name: string;
  readonly platform: TabsPlatform | null;
  readonly clock: Clock;
  readonly serverNow: () => number;
  readonly link: (owner: Owner) => Link;
}

interface Asked {
  readonly request: Request;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: HubbubError) => void;
  readonly cancel: () => void;
}

/** See the module. */
export class Tabs implements Line {
  readonly #world: TabsWorld;
  readonly #owner: TabOwner;
  readonly #link: Link;
  readonly #tab = newId();
  readonly #leads = new Cell(false);
  readonly #asked = new Map<number, Asked>();
  readonly #closing = new AbortController();
  #channel: ChannelLike | undefined;
  #leading: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;
  #state: ConnectionState = { status: 'disconnected', reason: 'not started' };
  #welcome: Welcome | null = null;
  #last = 0;

  constructor(owner: TabOwner, world: TabsWorld) {
    this.#owner = owner;
    this.#world = world;
    this.#link = world.link(this.#linkOwner());
  }

  /** Whether this tab has the connection: it is the one to notify a person, once. */
  get leads(): Readable<boolean> {
    return this.#leads;
  }

  /** Find the others, or lead. */
  open(): void {
    const { platform, name } = this.#world;
    if (platform === null) {
      this.#leading = this.#lead();
      return;
    }
    this.#channel = platform.channel(`hubbub:${name}`);
    this.#channel.addEventListener('message', ({ data }) => {
      this.#hear(data as Message);
    });
    const held = platform.locks.request(`hubbub:${name}`, { signal: this.#closing.signal }, async () => {
      await (this.#leading = this.#lead());
      await new Promise<void>((resolve) => (this.#release = resolve));
    });
    held.catch(() => undefined); // closed before it ever led
    this.say({ type: 'hi', from: this.#tab });
  }

  /** Leave the others. Resolves when this tab does nothing any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#channel?.close();
    this.#channel = undefined;
    this.#link.stop();
    await this.#leading;
    this.#release();
  }

  /** Do `work` while no other tab does. */
  exclusively = async <T>(work: () => Promise<T>): Promise<T> => {
    const { platform, name } = this.#world;
    if (platform === null) return work();
    return (await platform.locks.request(`hubbub:tokens:${name}`, {}, work)) as T;
  };

  /** Tell the other tabs. */
  say(message: Message): void {
    this.#channel?.postMessage(message);
  }

  // Line

  start(): void {
    if (this.#leads.get()) {
      this.#link.start();
      return;
    }
    const connecting = { status: 'connecting', attempt: 1, retryAt: null, reason: '' } as const;
    if (this.#state.status === 'disconnected') this.#changed(connecting);
    this.say({ type: 'want', what: 'start' });
  }

  hurry(): void {
    if (this.#leads.get()) this.#link.hurry();
    else this.say({ type: 'want', what: 'hurry' });
  }

  stop(): void {
    if (this.#leads.get()) this.#link.stop();
    else this.say({ type: 'want', what: 'stop' });
  }

  ask(request: Request, patienceMs: number): Promise<Reply> {
    if (this.#leads.get()) return this.#link.ask(request, patienceMs);
    const n = (this.#last += 1);
    return new Promise((resolve, reject) => {
      const cancel = this.#world.clock.after(patienceMs, () => {
        this.#settle(n)?.reject(unanswered(request, `no answer within ${patienceMs} ms`));
      });
      this.#asked.set(n, { request, resolve, reject, cancel });
      this.say({ type: 'ask', from: this.#tab, n, request });
    });
  }

  tell(request: Request): void {
    if (this.#leads.get()) this.#link.tell(request);
    else this.say({ type: 'tell', request });
  }

  // Leading

  /** What this tab asked of a leader that went is asked again: reading is harmless, and writing has its msg_id. */
  async #lead(): Promise<void> {
    this.#leads.set(true);
    const connect = await this.#owner.lead();
    if (this.#closing.signal.aborted) return;
    if (connect) this.#link.start();
    this.say({ type: 'here', state: this.#state, welcome: null });
    for (const n of [...this.#asked.keys()]) this.#askAgain(n);
  }

  #askAgain(n: number): void {
    const asked = this.#settle(n);
    if (asked !== undefined) this.#link.ask(asked.request, ANSWER_MS).then(asked.resolve, asked.reject);
  }

  #linkOwner(): Owner {
    const owner = this.#owner;
    return {
      token: (renew) => owner.token(renew),
      hello: (token) => owner.hello(token),
      welcomed: (welcome) => {
        this.#welcome = welcome;
        this.say({ type: 'welcome', welcome });
        owner.welcomed(welcome, true);
      },
      heard: (word: Push | Entry) => {
        this.say({ type: 'heard', word });
        owner.heard(word);
      },
      changed: (state) => {
        this.say({ type: 'state', state });
        this.#changed(state);
      },
      lost: () => {
        this.#welcome = null;
        this.say({ type: 'lost' });
        owner.lost();
      },
    };
  }

  #hear(message: Message): void {
    if (this.#leads.get()) this.#serve(message);
    else this.#follow(message);
    this.#owner.told(message);
  }

  /** What the leading tab does for the others. */
  #serve(message: Message): void {
    switch (message.type) {
      case 'hi':
        this.say({ type: 'here', to: message.from, state: this.#state, welcome: this.#underWay() });
        break;
      case 'ask':
        this.#answer(message.from, message.n, message.request);
        break;
      case 'tell':
        this.#link.tell(message.request);
        break;
      case 'want':
        this.#link[message.what]();
        this.say({ type: 'state', state: this.#state });
        break;
      default:
        break;
    }
  }

  #answer(to: string, n: number, request: Request): void {
    this.#link.ask(request, ANSWER_MS).then(
      (reply) => {
        this.say({ type: 'answer', to, n, reply });
      },
      (failure: unknown) => {
        const { code, message, retryAfterMs, msgId } = failure as HubbubError;
        const error = { code, message, retryAfterMs, msgId } as Refusal;
        this.say({ type: 'refusal', to, n, error });
      },
    );
  }

  /** What a tab needs that comes into a conversation: the lists it asks for itself. */
  #underWay(): Welcome | null {
    if (this.#welcome === null) return null;
    return { ...this.#welcome, server_time: this.#world.serverNow(), chats: [], more: true, gone: [] };
  }

  // Following

  #follow(message: Message): void {
    switch (message.type) {
      case 'here':
        if (message.to === undefined || message.to === this.#tab)
          this.#joined(message.state, message.welcome);
        break;
      case 'welcome':
        this.#owner.welcomed(message.welcome, false);
        break;
      case 'heard':
        this.#owner.heard(message.word);
        break;
      case 'state':
        this.#changed(message.state);
        break;
      case 'lost':
        this.#owner.lost();
        break;
      case 'answer':
        if (message.to === this.#tab) this.#settle(message.n)?.resolve(message.reply);
        break;
      case 'refusal':
        if (message.to === this.#tab) this.#settle(message.n)?.reject(refused(message.error));
        break;
      default:
        break;
    }
  }

  /** There is a leader, perhaps a new one: it has not heard what the one before was asked. */
  #joined(state: ConnectionState, welcome: Welcome | null): void {
    if (welcome !== null) this.#owner.welcomed(welcome, false);
    this.#changed(state);
    for (const [n, { request }] of this.#asked) this.say({ type: 'ask', from: this.#tab, n, request });
  }

  #changed(state: ConnectionState): void {
    this.#state = state;
    this.#owner.changed(state);
  }

  #settle(n: number): Asked | undefined {
    const asked = this.#asked.get(n);
    this.#asked.delete(n);
    asked?.cancel();
    return asked;
  }
}

function refused({ code, message, retryAfterMs, msgId }: Refusal): HubbubError {
  return new HubbubError(code, message, retryAfterMs, msgId);
}
