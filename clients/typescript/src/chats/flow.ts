/**
 * From what the server pushes to what an application sees: every chat in order, without holes, across connections.
 *
 * A summary says what a chat is at its head. An entry up to there is history, though it is news to the application: who
 * was removed and taken back while away is a member, and has the role and the room the name that the summary says.
 */

import { type Clock, pause } from '../clock.js';
import { HubbubError } from '../errors.js';
import { waitMs } from '../connection/backoff.js';
import type { Entry, Page, Resync, Summary, Welcome } from '../wire.js';
import { type Order, Sequencer } from './sequence.js';

/** Pages of history asked for at a time: enough to hide the round trip, few enough to leave the server to others. */
const FETCHES_MAX = 4;

const NOT_OURS = new Set<string>(['not_found', 'not_a_member', 'forbidden', 'banned']);

/** Where a flow leads. Implementation: Client. */
export interface Sink {
  /** The next entry of its chat. `replayed`: it is history, which the chat's summary includes. */
  entry(entry: Entry, replayed: boolean): void;
  /** What is held of a chat is void (`reset`), or lies before a hole; its next entry is `after` + 1. */
  anew(chat: string, after: number, reset: boolean): void;
  /** A chat as the list has it. */
  learned(summary: Summary): void;
  /** The chat is not this user's any longer. */
  gone(chat: string): void;
  /** Positions of another epoch mean nothing: what is held of `chats` is void (protocol.md §3.4). */
  epoch(epoch: string, chats: readonly string[]): void;
  /** The whole list of chats has been learned: those not in it are gone. */
  listed(chats: ReadonlySet<string>): void;
}

/** What a flow asks. */
export interface FlowWorld {
  readonly clock: Clock;
  history(chat: string, after: number): Promise<Page>;
  chats(after: string | undefined): Promise<{ chats: readonly Summary[]; more: boolean }>;
}

/** The chats of one user: positions, and the way of entries to the sink. */
export class Flow {
  readonly #sink: Sink;
  readonly #world: FlowWorld;
  readonly #heads = new Map<string, number>();
  readonly #listed = new Set<string>();
  #unlistedHead = 0; // of chats that the list has yet to tell of
  #listing = 0; // names the listing that goes on
  #order = new Sequencer();
  #epoch: string | undefined;
  #conversation = 0; // what is under way for an older one is late news
  #fetching = 0;
  readonly #queue: (() => void)[] = [];

  constructor(sink: Sink, world: FlowWorld) {
    this.#sink = sink;
    this.#world = world;
  }

  /** Start from what is held: cursors of `epoch`. */
  restore(epoch: string | undefined, cursors: Iterable<readonly [string, number]>): void {
    this.#epoch = epoch;
    this.#order = new Sequencer(cursors);
  }

  get epoch(): string | undefined {
    return this.#epoch;
  }

  cursor(chat: string): number | undefined {
    return this.#order.cursor(chat);
  }

  cursors(): Map<string, number> {
    return this.#order.cursors();
  }

  /** A conversation begins. `replayed`: of these chats, what was missed since our cursors is about to be pushed. */
  welcomed(welcome: Welcome, replayed: ReadonlySet<string>): void {
    this.lost();
    if (welcome.epoch !== this.#epoch) this.#startEpoch(welcome.epoch);
    for (const chat of welcome.gone) this.#forget(chat);
    this.#heads.clear();
    this.#unlistedHead = welcome.more ? Infinity : 0;
    this.#listed.clear();
    for (const summary of welcome.chats) this.#learn(summary, !replayed.has(summary.chat));
    void this.#listRest(welcome.chats.at(-1)?.chat, welcome.more);
  }

  /** An entry was pushed. */
  entry(entry: Entry): void {
    this.#act(this.#order.entry(entry));
  }

  /** A chat became visible. */
  visible(summary: Summary): void {
    this.#learn(summary, true);
  }

  /** Something was not pushed. */
  resync(push: Resync): void {
    if (push.chat === undefined) this.#listAnew();
    else this.#act(this.#order.resync(push.chat, push.next ?? (push.after ?? 0) + 1, push.reset ?? false));
  }

  /** The conversation is over. */
  lost(): void {
    this.#conversation += 1;
    this.#listing += 1;
    this.#order.disconnected();
  }

  #startEpoch(epoch: string): void {
    const before = this.#epoch === undefined ? [] : [...this.#order.cursors().keys()];
    this.#epoch = epoch;
    for (const chat of before) this.#order.forget(chat);
    this.#sink.epoch(epoch, before);
  }

  #act(orders: readonly Order[]): void {
    for (const order of orders) {
      if (order.type === 'pass') this.#pass(order.entry);
      else if (order.type === 'fetch') void this.#fill(order.chat, order.tries);
      else this.#sink.anew(order.chat, order.after, order.reset);
    }
  }

  #pass(entry: Entry): void {
    this.#sink.entry(entry, entry.seq <= (this.#heads.get(entry.chat) ?? this.#unlistedHead));
  }

  #forget(chat: string): void {
    this.#order.forget(chat);
    this.#sink.gone(chat);
  }

  /** The chat is left: the entry that said so was the last. */
  left(chat: string): void {
    this.#forget(chat);
  }

  /** `follow` is false for a chat whose missed entries the server replays from our cursor. */
  #learn(summary: Summary, follow: boolean): void {
    const resumed = this.#order.cursor(summary.chat) !== undefined;
    this.#heads.set(summary.chat, summary.head);
    this.#listed.add(summary.chat);
    this.#sink.learned(summary);
    if (follow || !resumed) this.#act(this.#order.follow(summary.chat, summary.head));
  }

  // History

  /** Ask for one page; what brings nothing is tried again, later and later. */
  async #fill(chat: string, tries: number): Promise<void> {
    const conversation = this.#conversation;
    if (tries > 0) await pause(this.#world.clock, waitMs(tries - 1, 1));
    await this.#slot();
    const after = this.#order.cursor(chat);
    const page =
      after === undefined || conversation !== this.#conversation ? null : await this.#page(chat, after);
    this.#freeSlot();
    if (page !== null && conversation === this.#conversation) this.#act(this.#order.page(chat, page));
  }

  /** A page's entries; none of them where it could not be had; null where the chat is gone. */
  async #page(chat: string, after: number): Promise<readonly Entry[] | null> {
    try {
      return (await this.#world.history(chat, after)).entries;
    } catch (error) {
      if (!(error instanceof HubbubError) || !NOT_OURS.has(error.code)) return [];
      this.#forget(chat);
      return null;
    }
  }

  async #slot(): Promise<void> {
    if (this.#fetching >= FETCHES_MAX) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#fetching += 1;
  }

  #freeSlot(): void {
    this.#fetching -= 1;
    this.#queue.shift()?.();
  }

  // Lists

  #listAnew(): void {
    this.#listed.clear();
    void this.#listRest(undefined, true);
  }

  /** The chats after those that are known, a page at a time. What another listing overtakes ends. */
  async #listRest(first: string | undefined, more: boolean): Promise<void> {
    const listing = (this.#listing += 1);
    let after = first;
    while (more) {
      const page = await this.#world.chats(after).catch(() => undefined);
      if (listing !== this.#listing) return;
      for (const summary of page?.chats ?? []) this.#learn(summary, true);
      after = page?.chats.at(-1)?.chat;
      more = page?.more === true && after !== undefined;
      if (!more) this.#unlistedHead = 0;
      if (page === undefined) return; // the next welcome brings the list
    }
    this.#sink.listed(new Set(this.#listed));
  }
}
