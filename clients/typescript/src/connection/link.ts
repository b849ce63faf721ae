/** Drives the three-state machine: dials, says hello, reads, asks, beats. One conversation at a time. */

import type { Clock } from '../clock.js';
import { HubbubError } from '../errors.js';
import type { Bye, Entry, ErrorReply, HelloRequest, Push, Reply, Request, Welcome } from '../wire.js';
import { isEntry, isPush, onlyReads, readEnvelope, type Word } from '../words.js';
import { ABNORMAL } from './closing.js';
import type { Line } from './line.js';
import { Heartbeat } from './heartbeat.js';
import { type Action, AT_REST, type Happening, type Machine, type Status, step } from './machine.js';
import { Socket, type WebSocketMaker } from './socket.js';

/**
 * Requests waiting for answers. A person never has more than a few; a program that has this many is told (`full`), for
 * a server that does not answer would otherwise fill its memory.
 */
export const ASKED_MAX = 256;

const OPEN_MS = 15_000; // for a token and an open socket together: a dead network may swallow both
const HELLO_MS = 10_000; // the server may take as long to answer hello as it waits for one
const DOUBT_MS = 5_000; // for an answer after the machine woke up or changed networks

const HELLO_ID = 0;
const HELLO_TIMEOUT = 4002;
const UNAUTHENTICATED = 4500;
const PROTOCOL_ERROR = 4502;

/** The connection, as an application sees it. */
export type ConnectionState =
  /** Not connected and not trying to be. `code`: the close code that said so; 4501: log in again. */
  | { readonly status: 'disconnected'; readonly reason: string; readonly code?: number }
  /**
   * Not connected yet, or not any more. `retryAt`: when the next attempt begins (ms since the epoch by this machine's
   * clock; null: one is going on). `attempt` counts from 1; `reason` says why the last one ended.
   */
  | {
      readonly status: 'connecting';
      readonly attempt: number;
      readonly retryAt: number | null;
      readonly reason: string;
    }
  | { readonly status: 'connected' };

/** Whom a link works for. Implementation: Tabs. */
export interface Owner {
  /** A good token. Rejects with `stopped` when somebody has to log in, with another HubbubError when it may work later. */
  token(renew: boolean): Promise<string>;
  /** What to greet with, now. */
  hello(token: string): HelloRequest;
  /** The conversation is open; pushes follow. */
  welcomed(welcome: Welcome): void;
  /** The server pushed something. */
  heard(word: Push | Entry): void;
  /** The state of the connection is another one. */
  changed(state: ConnectionState): void;
  /** The conversation is over; another one may come. */
  lost(): void;
}

/** The world of a link. `chance` is uniform in 0 … 1. */
export interface LinkWorld {
  readonly url: string;
  readonly webSocket: WebSocketMaker;
  readonly clock: Clock;
  readonly chance: () => number;
  readonly maxAttempts: number;
}

interface Asked {
  readonly request: Request;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: HubbubError) => void;
}

/** The connection of one client. Requests asked while it is down are sent, in order, when it is up again. */
export class Link implements Line {
  readonly #owner: Owner;
  readonly #world: LinkWorld;
  readonly #asked = new Map<number, Asked>();
  #machine: Machine = AT_REST;
  #socket: Socket | undefined;
  #heart: Heartbeat | undefined;
  #cancel: () => void = () => undefined;
  #stopBeating: () => void = () => undefined;
  #lastId = HELLO_ID;
  #attempt = 0; // names the attempt whose token is awaited: an older one is late news
  #reason = '';

  constructor(owner: Owner, world: LinkWorld) {
    this.#owner = owner;
    this.#world = world;
  }

  get status(): Status {
    return this.#machine.status;
  }

  /** Connect now, and stay connected. Does nothing when it is, or is about to be. */
  start(): void {
    if (this.status === 'disconnected') this.#feed({ type: 'start' });
  }

  /** Do not wait for the next attempt; where there is a connection, find out whether it is one. */
  hurry(): void {
    this.#feed({ type: 'hurry' });
    if (this.status === 'connected') this.#doubt();
  }

  /** Disconnect and stay so. */
  stop(): void {
    this.#feed({ type: 'stop' });
  }

  /** Send a request now or when there is a connection. Rejects with HubbubError; `patienceMs` bounds the wait. */
  ask(request: Request, patienceMs: number): Promise<Reply> {
    if (this.status === 'disconnected') return Promise.reject(new HubbubError('stopped', this.#reason));
    if (this.#asked.size >= ASKED_MAX) {
      return Promise.reject(new HubbubError('full', `${ASKED_MAX} requests wait for answers`));
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId();
      const giveUp = this.#world.clock.after(patienceMs, () => {
        this.#settle(id)?.reject(unanswered(request, `no answer within ${patienceMs} ms`));
      });
      const done = (then: () => void): void => {
        giveUp();
        then();
      };
      this.#asked.set(id, {
        request,
        resolve: (reply) => {
          done(() => {
            resolve(reply);
          });
        },
        reject: (error) => {
          done(() => {
            reject(error);
          });
        },
      });
      if (this.status === 'connected') this.#socket?.send({ ...request, id });
    });
  }

  /** Send a request that has no reply, if that can be done now; else it is not worth sending. */
  tell(request: Request): void {
    if (this.status === 'connected') this.#socket?.send(request);
  }

  // The machine

  #feed(event: Happening): void {
    const before = this.status;
    const { clock, chance, maxAttempts } = this.#world;
    const around = { now: clock.monotonic(), chance: chance(), maxAttempts };
    const [machine, actions] = step(this.#machine, event, around);
    this.#machine = machine;
    if (before === 'connected' && machine.status !== 'connected') this.#owner.lost();
    for (const action of actions) this.#perform(action);
  }

  #perform(action: Action): void {
    switch (action.type) {
      case 'hangUp':
        this.#hangUp();
        break;
      case 'wait':
        this.#wait(action.ms, action.attempt, action.reason);
        break;
      case 'renew':
        void this.#renew();
        break;
      case 'dial':
        void this.#dial();
        break;
      case 'halt':
        this.#halt(action.reason, action.code);
        break;
    }
  }

  #hangUp(): void {
    this.#attempt += 1;
    this.#cancel();
    this.#stopBeating();
    this.#socket?.drop();
    this.#socket = this.#heart = undefined;
  }

  #wait(ms: number, attempt: number, reason: string): void {
    this.#reason = reason;
    const retryAt = this.#world.clock.now() + ms;
    this.#owner.changed({ status: 'connecting', attempt, retryAt, reason });
    this.#cancel = this.#world.clock.after(ms, () => {
      this.#feed({ type: 'due' });
    });
  }

  #halt(reason: string, code: number | undefined): void {
    this.#reason = reason;
    for (const id of [...this.#asked.keys()]) {
      const asked = this.#settle(id);
      asked?.reject(
        onlyReads(asked.request) ? new HubbubError('stopped', reason) : unanswered(asked.request, reason),
      );
    }
    this.#owner.changed({ status: 'disconnected', reason, ...(code === undefined ? {} : { code }) });
  }

  async #renew(): Promise<void> {
    this.#trying();
    const attempt = this.#attempt;
    const event = await this.#owner.token(true).then((): Happening => ({ type: 'renewed' }), noToken);
    if (attempt === this.#attempt) this.#feed(event);
  }

  async #dial(): Promise<void> {
    this.#trying();
    const attempt = this.#attempt;
    this.#timeout(OPEN_MS, { type: 'failed', reason: 'no answer' });
    try {
      const token = await this.#owner.token(false);
      if (attempt === this.#attempt) this.#open(token);
    } catch (error) {
      if (attempt === this.#attempt) this.#feed(noToken(error));
    }
  }

  #trying(): void {
    const attempt = this.#machine.attempt + 1;
    this.#owner.changed({ status: 'connecting', attempt, retryAt: null, reason: this.#reason });
  }

  #timeout(ms: number, event: Happening): void {
    this.#cancel();
    this.#cancel = this.#world.clock.after(ms, () => {
      this.#feed(event);
    });
  }

  // One conversation

  #open(token: string): void {
    const socket = new Socket(this.#world.webSocket, this.#world.url, {
      opened: () => {
        this.#timeout(HELLO_MS, { type: 'lost', code: HELLO_TIMEOUT });
        socket.send({ ...this.#owner.hello(token), id: HELLO_ID });
      },
      received: (data) => {
        this.#received(data);
      },
      ended: (code, wasOpen) => {
        this.#feed(
          wasOpen ? { type: 'lost', code } : { type: 'failed', reason: 'the server does not answer' },
        );
      },
    });
    this.#socket = socket;
  }

  #received(data: unknown): void {
    const word = readEnvelope(data);
    if (word === undefined) {
      this.#socket?.end(PROTOCOL_ERROR);
      return;
    }
    this.#heart?.heard(this.#world.clock.monotonic());
    if (this.status === 'connected') this.#heard(word);
    else this.#greeted(word);
  }

  /** Before welcome: a refused hello ends with the server's close, or with 4500 if it does not come. */
  #greeted(word: Word): void {
    if (word.type === 'welcome') this.#begin(word as unknown as Welcome);
    if (word.type === 'bye') this.#saidBye(word as unknown as Bye);
    if (word.type !== 'error') return;
    this.#timeout(HELLO_MS, { type: 'lost', code: UNAUTHENTICATED });
    const { retry_after_ms } = word as unknown as ErrorReply;
    if (retry_after_ms !== undefined) this.#feed({ type: 'bye', reconnectInMs: retry_after_ms });
  }

  /** Everything unanswered goes out again, in the order it was asked; msg_ids make that once. */
  #begin(welcome: Welcome): void {
    this.#cancel();
    this.#heart = new Heartbeat(welcome.heartbeat_ms, this.#world.clock.monotonic());
    this.#reason = '';
    this.#feed({ type: 'welcomed' });
    this.#owner.welcomed(welcome);
    this.#owner.changed({ status: 'connected' });
    for (const [id, { request }] of this.#asked) this.#socket?.send({ ...request, id });
    this.#beat();
  }

  #heard(word: Word): void {
    if (word.id !== undefined) this.#answer(word.id, word);
    else if (word.type === 'bye') this.#saidBye(word as unknown as Bye);
    else if (isEntry(word) || isPush(word)) this.#owner.heard(word);
  }

  /** A reply to a request that was given up meanwhile is nobody's. */
  #answer(id: number, word: Word): void {
    const asked = this.#settle(id);
    if (word.type === 'error') asked?.reject(refusal(word as unknown as ErrorReply));
    else asked?.resolve(word as unknown as Reply);
  }

  #saidBye(bye: Bye): void {
    this.#feed({ type: 'bye', code: bye.code, reconnectInMs: bye.reconnect_in_ms });
  }

  #settle(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  // The heartbeat

  #beat(): void {
    const heart = this.#heart;
    if (heart === undefined) return;
    this.#stopBeating();
    this.#stopBeating = this.#world.clock.after(heart.nextCheckIn(this.#world.clock.monotonic()), () => {
      const pulse = heart.pulse(this.#world.clock.monotonic());
      if (pulse === 'dead') this.#socket?.end(ABNORMAL);
      if (pulse === 'ping') this.#ping();
      this.#beat();
    });
  }

  #doubt(): void {
    if (this.#heart?.doubt(this.#world.clock.monotonic(), DOUBT_MS) === 'ping') this.#ping();
    this.#beat();
  }

  #ping(): void {
    this.#socket?.send({ type: 'ping', id: this.#nextId() });
  }

  /** Unsigned 32 bits, not outstanding, never hello's (protocol.md §2). */
  #nextId(): number {
    do this.#lastId = (this.#lastId % 0xffff_ffff) + 1;
    while (this.#asked.has(this.#lastId));
    return this.#lastId;
  }
}

function noToken(error: unknown): Happening {
  const reason = error instanceof Error ? error.message : String(error);
  const over = error instanceof HubbubError && error.code === 'stopped';
  return { type: over ? 'refused' : 'failed', reason };
}

function refusal({ code, message, retry_after_ms }: ErrorReply): HubbubError {
  return new HubbubError(code as HubbubError['code'], message, retry_after_ms);
}

/** No answer came: what that means depends on whether the request changes something. */
export function unanswered(request: Request, why: string): HubbubError {
  if (onlyReads(request)) return new HubbubError('no_answer', `${request.type}: ${why}`);
  const msgId = 'msg_id' in request ? request.msg_id : undefined;
  return new HubbubError('undecided', `${request.type}: ${why}`, undefined, msgId);
}
