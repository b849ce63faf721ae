/** Messages on their way: stored before they are sent, sent until they are decided, one by one per recipient. */

import { type Clock, pause } from '../clock.js';
import { HubbubError } from '../errors.js';
import { Cell, type Readable } from '../observable.js';
import type { Change, Store } from '../store/store.js';
import type { MsgType, SendRequest, Sent } from '../wire.js';

/**
 * Messages waiting to be sent or answered: what a person types during hours without a connection. Beyond it `send`
 * says `full`, and whoever wrote knows that the message is not on its way.
 */
export const UNDECIDED_MAX = 256;

const PAUSE_MS = 1_000; // before a message is tried again, when the refusal does not say how long

/** Refusals that end by themselves: the message stays, and so does the order of those behind it. */
const TEMPORARY = new Set<string>(['rate_limited', 'unavailable', 'internal', 'full']);

/** A message that is not in its chat yet. */
export interface Pending {
  readonly msgId: string;
  readonly msgType: MsgType;
  /** A room's chat id, or a user. */
  readonly to: string;
  readonly content: string;
  readonly replyTo?: number;
  /** Of the span it was written in. */
  readonly traceparent?: string;
  /** When it was written, by this machine's clock, ms. */
  readonly at: number;
  /** Its place among the messages on their way. */
  readonly order: number;
  /** It was refused: it stays until it is retried or discarded. */
  readonly error?: { readonly code: string; readonly message: string };
  /** It is durable; its entry is about to arrive. */
  readonly sent?: Sent;
}

/** A message handed over. It is sent whatever becomes of this object. */
export interface Sending {
  readonly msgId: string;
  /** Resolves once the message is durable, however many connections that takes; rejects when it was refused. */
  readonly sent: Promise<Sent>;
}

/** What an outbox works with. */
export interface OutboxWorld {
  readonly store: Store;
  readonly clock: Clock;
  /** Sends one message and waits for its reply, as long as it takes. */
  ask(request: SendRequest): Promise<Sent>;
  /** The last entry of a chat that came in order. */
  cursor(chat: string): number | undefined;
  /** What is stored changed: other tabs want to know. */
  changed(): void;
  /** A message was sent: whoever waits for it may be in another tab. */
  settled(msgId: string, sent: Sent): void;
}

interface Waiter {
  resolve(sent: Sent): void;
  reject(error: HubbubError): void;
}

/** Undecided messages. Invariant: to one recipient they are stored by the server in the order they were written. */
export class Outbox {
  readonly #world: OutboxWorld;
  readonly #pending = new Cell<readonly Pending[]>([]);
  readonly #waiters = new Map<string, Waiter>();
  readonly #working = new Set<string>();
  readonly #unstored = new Set<string>();
  #running = false;

  constructor(world: OutboxWorld) {
    this.#world = world;
  }

  /** Messages on their way, in the order they were written. */
  get pending(): Readable<readonly Pending[]> {
    return this.#pending;
  }

  /** Takes over what the store holds: what an earlier page, or another tab, left undecided. */
  async load(): Promise<void> {
    const stored = (await this.#world.store.list('outbox')) as Pending[];
    const kept = new Map(stored.map((each) => [each.msgId, each]));
    for (const here of this.#pending.get()) {
      if (here.sent !== undefined || this.#unstored.has(here.msgId)) kept.set(here.msgId, here);
    }
    this.#pending.set([...kept.values()].sort((one, other) => one.order - other.order));
    for (const { msgId, error } of stored) if (error !== undefined) this.#reject(msgId, error);
    this.#workAll();
  }

  /** Keep a message and send it when its turn comes. Throws `full`. */
  post(message: Omit<Pending, 'at' | 'order' | 'error' | 'sent'>): Sending {
    const all = this.#pending.get();
    if (all.length >= UNDECIDED_MAX)
      throw new HubbubError('full', `${UNDECIDED_MAX} messages wait to be sent`);
    const order = Math.max(this.#world.clock.now(), (all.at(-1)?.order ?? 0) + 1);
    const pending: Pending = { ...message, at: this.#world.clock.now(), order };
    const sent = new Promise<Sent>((resolve, reject) => {
      this.#waiters.set(pending.msgId, { resolve, reject });
    });
    sent.catch(() => undefined); // whoever does not look at it sees the message's state
    this.#unstored.add(pending.msgId);
    this.#pending.set([...all, pending]);
    void this.#keep([put(pending)]).then(() => {
      this.#unstored.delete(pending.msgId);
      this.#work(pending.to);
    });
    return { msgId: pending.msgId, sent };
  }

  /** Try a message that was refused once more. */
  async retry(msgId: string): Promise<void> {
    const found = this.#find(msgId);
    if (found?.error === undefined) return;
    const { error, ...again } = found;
    await this.#replace(again, [put(again)]);
    this.#work(again.to);
  }

  /** Give a message that was refused up. */
  async discard(msgId: string): Promise<void> {
    const found = this.#find(msgId);
    if (found?.error === undefined) return;
    this.#remove(msgId);
    await this.#keep([drop(found)]);
  }

  /** Send what waits, and whatever comes: this tab is the one that does. */
  start(): void {
    this.#running = true;
    this.#workAll();
  }

  /** Another tab sends, or nobody does for now. Messages stay. */
  stop(): void {
    this.#running = false;
  }

  /** Nothing of it is left: the user logged out. */
  clear(): void {
    for (const waiter of this.#waiters.values()) waiter.reject(new HubbubError('stopped', 'logged out'));
    this.#waiters.clear();
    this.#pending.set([]);
  }

  /** The chat's entries are here up to `seq`: a message that is among them is on its way no longer. */
  arrived(chat: string, seq: number): void {
    const left = this.#pending.get().filter(({ sent }) => !(sent?.chat === chat && sent.seq <= seq));
    if (left.length < this.#pending.get().length) this.#pending.set(left);
  }

  /** A message is durable: this tab sent it, or another one did. */
  settled(msgId: string, sent: Sent): void {
    const found = this.#find(msgId);
    if (found !== undefined) this.#change({ ...found, sent });
    this.arrived(sent.chat, this.#world.cursor(sent.chat) ?? 0); // a repetition's entry came before its answer
    this.#waiters.get(msgId)?.resolve(sent);
    this.#waiters.delete(msgId);
  }

  #workAll(): void {
    for (const to of new Set(this.#pending.get().map((each) => each.to))) this.#work(to);
  }

  #work(to: string): void {
    if (!this.#running || this.#working.has(to)) return;
    this.#working.add(to);
    void this.#deliver(to);
  }

  async #deliver(to: string): Promise<void> {
    try {
      for (let next = this.#next(to); next && this.#running; next = this.#next(to)) {
        if (!(await this.#try(next))) return;
      }
    } finally {
      this.#working.delete(to);
    }
  }

  /** A message waits for those before it, and until it is stored. */
  #next(to: string): Pending | undefined {
    const next = this.#pending.get().find((each) => each.to === to && !each.sent && !each.error);
    return next && !this.#unstored.has(next.msgId) ? next : undefined;
  }

  /** Send one message; false when nothing can be sent now. */
  async #try(pending: Pending): Promise<boolean> {
    try {
      await this.#sent(pending, await this.#world.ask(requestOf(pending)));
    } catch (error) {
      if (!(error instanceof HubbubError)) throw error;
      if (error.code === 'stopped' || error.code === 'undecided') return false;
      if (TEMPORARY.has(error.code)) await pause(this.#world.clock, error.retryAfterMs ?? PAUSE_MS);
      else await this.#refused(pending, error);
    }
    return true;
  }

  async #sent(pending: Pending, sent: Sent): Promise<void> {
    this.settled(pending.msgId, sent);
    this.#world.settled(pending.msgId, sent);
    await this.#keep([drop(pending)]);
  }

  async #refused(pending: Pending, error: HubbubError): Promise<void> {
    const failed: Pending = { ...pending, error: { code: error.code, message: error.message } };
    this.#reject(pending.msgId, error);
    await this.#replace(failed, [put(failed)]);
  }

  #reject(msgId: string, { code, message }: { code: string; message: string }): void {
    this.#waiters.get(msgId)?.reject(new HubbubError(code as HubbubError['code'], message));
    this.#waiters.delete(msgId);
  }

  #find(msgId: string): Pending | undefined {
    return this.#pending.get().find((each) => each.msgId === msgId);
  }

  #change(changed: Pending): void {
    this.#pending.set(this.#pending.get().map((each) => (each.msgId === changed.msgId ? changed : each)));
  }

  #remove(msgId: string): void {
    this.#pending.set(this.#pending.get().filter((each) => each.msgId !== msgId));
  }

  async #replace(changed: Pending, changes: Change[]): Promise<void> {
    this.#change(changed);
    await this.#keep(changes);
  }

  /** A store that has no room keeps nothing: the message is still sent, by this page. */
  async #keep(changes: Change[]): Promise<void> {
    await this.#world.store.apply(changes).catch(() => undefined);
    this.#world.changed();
  }
}

function put(pending: Pending): Change {
  return { put: ['outbox', pending.msgId], value: pending };
}

function drop(pending: Pending): Change {
  return { drop: ['outbox', pending.msgId] };
}

function requestOf({ msgType, to, content, msgId, replyTo, traceparent }: Pending): SendRequest {
  return {
    ...{ type: 'send', msg_type: msgType, to, content, msg_id: msgId },
    ...(replyTo === undefined ? {} : { reply_to: replyTo }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
