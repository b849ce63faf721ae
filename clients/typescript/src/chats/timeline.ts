/** One chat on a screen: a window of its entries that follows the live end, or looks at older ones. */

import { HubbubError } from '../errors.js';
import { Cell, Derived, type Readable } from '../observable.js';
import type { Entry, Message, Page } from '../wire.js';
import { type Item, ItemMaker, messageItem, type MessageItem, type Viewer } from './items.js';
import type { Pending } from './outbox.js';
import { CATCH_UP_MAX } from './sequence.js';
import { type Change, changed, isChange, Window } from './window.js';

/** Entries in a window: some hundred screens. Beyond it the far end is let go, and loaded again when scrolled to. */
export const WINDOW_MAX = 2_000;

const FIRST_PAGE = 50; // entries: more than a screen
const PAGE = 100;
const GAP_PAGE = 300; // the most a server gives
const ENOUGH = 20; // items that a page should bring, edits and reactions being none
const QUOTES_MAX = 200;

/** What a timeline is doing, and where it could go on. */
export interface TimelineStatus {
  readonly loading: 'first' | 'older' | 'newer' | 'around' | null;
  /** There are older entries than those held. */
  readonly hasOlder: boolean;
  /** The window does not reach the newest entry: it does not follow what happens. */
  readonly hasNewer: boolean;
  /** Why the last load failed; the same call tries again. */
  readonly error: HubbubError | null;
}

/** What a timeline needs of its client. */
export interface TimelineWorld {
  readonly chat: string;
  viewer(): Viewer;
  pending(): readonly Pending[];
  /** The last entry that came in order; undefined for a chat that is not followed. */
  cursor(): number | undefined;
  /** What is kept on this machine: a run that ends at an earlier cursor, or nothing. */
  stored(): Promise<readonly Entry[]>;
  history(where: { before?: number; after?: number; limit: number }): Promise<Page>;
  closed(): void;
}

type Load = NonNullable<TimelineStatus['loading']>;

/** See the module. All loads resolve when they are done; a failure is in `status`. */
export class Timeline {
  /** The messages and events to show, oldest first; unsent messages are last. */
  readonly items: Readable<readonly Item[]>;
  /** What is being loaded. */
  readonly status: Readable<TimelineStatus>;

  readonly #world: TimelineWorld;
  readonly #window: Window;
  readonly #items: Derived<readonly Item[]>;
  readonly #status = new Cell<TimelineStatus>({
    loading: 'first',
    hasOlder: false,
    hasNewer: false,
    error: null,
  });
  readonly #quotes = new Map<number, Quote>();
  #meanwhile: Entry[] | undefined; // changes pushed while a page is on its way
  #pinned = true; // to the live end
  #work: Promise<void> = Promise.resolve();
  #catchingUp = false;

  constructor(world: TimelineWorld) {
    this.#world = world;
    this.#window = new Window(world.viewer().me);
    const maker = new ItemMaker();
    this.#items = new Derived<readonly Item[]>(() =>
      maker.items(this.#window.entries, this.#pinned ? world.pending() : [], world.viewer()),
    );
    this.items = this.#items;
    this.status = this.#status;
    void this.#load('first', () => this.#open());
  }

  get chat(): string {
    return this.#world.chat;
  }

  /** Load entries before the oldest held. */
  loadOlder(): Promise<void> {
    return this.#load('older', async () => {
      for (let gained = 0; gained < ENOUGH && this.#status.get().hasOlder;) gained += await this.#older();
    });
  }

  /** Load entries after the newest held, until the window follows the live end again. */
  loadNewer(): Promise<void> {
    return this.#load('newer', () => this.#newer());
  }

  /** Show the entries around `seq`: nothing is loaded if it is held. */
  around(seq: number): Promise<void> {
    if (this.#window.at(seq) !== undefined) return Promise.resolve();
    return this.#load('around', () => this.#jump(seq));
  }

  /** Show the newest entries, and follow. */
  latest(): Promise<void> {
    if (this.#pinned && !this.#window.empty) return Promise.resolve();
    return this.#load('first', () => this.#newest());
  }

  /**
   * A message that a reply answers, wherever it is: undefined while it is loaded, null if there is none. It follows
   * edits and deletions.
   */
  quote(seq: number): Readable<MessageItem | null | undefined> {
    const known = this.#quotes.get(seq);
    if (known !== undefined) return known.item;
    const held = this.#window.at(seq);
    const quote = new Quote(held?.type === 'message' ? held : undefined, () => this.#world.viewer());
    this.#quotes.set(seq, quote);
    for (const oldest of this.#quotes.keys()) if (this.#quotes.size > QUOTES_MAX) this.#quotes.delete(oldest);
    if (held === undefined) void this.#fetchQuote(seq, quote);
    return quote.item;
  }

  /** Let go of it; asking the client for the chat's timeline makes a new one. */
  close(): void {
    this.#world.closed();
  }

  // What the client tells

  /** The next entry of the chat, in order. */
  entry(entry: Entry): void {
    this.#meanwhile?.push(entry);
    this.#changeQuote(entry);
    if (this.#pinned && entry.seq === this.#window.last + 1 && !this.#window.empty) this.#grow(entry);
    else if (entry.seq > this.#window.last) this.#detached(entry);
    this.#items.invalidate();
  }

  /** The chat goes on after a hole, or what is held is void (`reset`). */
  anew(reset: boolean): void {
    const middle = this.#window.entries[this.#window.size >> 1]?.seq ?? 0;
    if (reset) this.#window.replace([]);
    if (reset) this.#quotes.clear();
    this.#items.invalidate();
    void this.#load('first', () => (this.#pinned || reset ? this.#newest() : this.#jump(middle)));
  }

  /** There is a connection: what failed without one is tried again. */
  connected(): void {
    if (this.#window.empty) void this.#load('first', () => this.#newest());
    else this.#follow();
  }

  /** Something items depend on has changed. */
  refresh(): void {
    this.#items.invalidate();
  }

  // Loading, one at a time

  #load(loading: Load, work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(async () => {
      this.#say({ loading, error: null });
      this.#meanwhile = [];
      try {
        await work();
      } catch (error) {
        if (!(error instanceof HubbubError)) throw error;
        this.#say({ error });
      } finally {
        this.#settle();
      }
    });
    return this.#work;
  }

  /** What came while a page was on its way may or may not be in it: what is, changes nothing. */
  #settle(): void {
    const meanwhile = this.#meanwhile ?? [];
    this.#meanwhile = undefined;
    if (this.#pinned) this.#append(meanwhile);
    else for (const entry of meanwhile) this.#window.change(entry);
    this.#say({ loading: null });
    this.#items.invalidate();
    if (this.#status.get().error === null) this.#follow();
  }

  /** A window at the live end that ends before the cursor fetches what is between. */
  #follow(): void {
    if (!this.#pinned || this.#behind() <= 0) return;
    if (this.#window.empty) void this.#load('first', () => this.#newest());
    else void this.#catchUp();
  }

  /** What this machine has is shown at once; what is missing follows. */
  async #open(): Promise<void> {
    const stored = await this.#world.stored();
    if (stored.length === 0) return this.#newest();
    this.#hold(stored, true);
    this.#say({ hasOlder: this.#window.first > 1 });
  }

  async #newest(): Promise<void> {
    const page = await this.#world.history({ limit: FIRST_PAGE });
    this.#hold(page.entries, true);
    this.#say({ hasOlder: page.more, hasNewer: false });
    if (page.more && this.#rows() < ENOUGH) await this.#older();
  }

  async #older(): Promise<number> {
    const before = this.#rows();
    const page = await this.#world.history({ before: this.#window.first, limit: PAGE });
    this.#window.prepend(page.entries);
    const gained = this.#rows() - before;
    const complete = !this.#pinned || this.#behind() <= 0; // one that is catching up goes on to its end first
    if (complete && this.#window.keep(WINDOW_MAX, 'oldest')) this.#unpin();
    this.#say({ hasOlder: page.more });
    this.#items.invalidate();
    return gained;
  }

  async #newer(): Promise<void> {
    const page = await this.#world.history({ after: this.#window.last, limit: PAGE });
    this.#append(page.entries);
    this.#pinned = !page.more;
    this.#say({ hasNewer: page.more });
  }

  async #jump(seq: number): Promise<void> {
    const [older, newer] = await Promise.all([
      this.#world.history({ before: seq + 1, limit: FIRST_PAGE }),
      this.#world.history({ after: seq, limit: FIRST_PAGE }),
    ]);
    this.#hold([...older.entries, ...newer.entries], !newer.more);
    this.#say({ hasOlder: older.more, hasNewer: newer.more });
  }

  async #catchUp(): Promise<void> {
    if (this.#catchingUp || this.#behind() <= 0) return;
    this.#catchingUp = true;
    try {
      if (this.#behind() > CATCH_UP_MAX) await this.#newest();
      for (let gained = true; gained && this.#pinned && this.#behind() > 0;) gained = await this.#fill();
      this.#say({ error: null });
    } catch (error) {
      if (!(error instanceof HubbubError)) throw error;
      this.#say({ error });
    } finally {
      this.#catchingUp = false;
      this.#items.invalidate();
    }
  }

  async #fill(): Promise<boolean> {
    const last = this.#window.last;
    const page = await this.#world.history({ after: last, limit: GAP_PAGE });
    this.#append(page.entries);
    return this.#window.last > last;
  }

  #behind(): number {
    return (this.#world.cursor() ?? 0) - this.#window.last;
  }

  // The window

  #hold(entries: readonly Entry[], pinned: boolean): void {
    this.#window.replace(entries);
    this.#pinned = pinned;
    this.#items.invalidate();
  }

  #append(entries: readonly Entry[]): void {
    this.#window.append(entries);
    if (this.#window.keep(WINDOW_MAX, 'newest')) this.#say({ hasOlder: true });
    this.#items.invalidate();
  }

  #grow(entry: Entry): void {
    this.#append([entry]);
  }

  /**
   * The window does not reach this entry. What it changes may be held all the same; but a window that is catching up
   * has changes before this one still to come, and a change counts only after those.
   */
  #detached(entry: Entry): void {
    if (!this.#pinned) {
      this.#window.change(entry);
      this.#say({ hasNewer: true });
    } else if (this.#meanwhile === undefined) this.#follow();
  }

  #unpin(): void {
    this.#pinned = false;
    this.#say({ hasNewer: true });
  }

  #rows(): number {
    return this.#window.entries.filter((entry) => !isChange(entry)).length;
  }

  #say(status: Partial<TimelineStatus>): void {
    this.#status.set({ ...this.#status.get(), ...status });
  }

  // Quotes

  async #fetchQuote(seq: number, quote: Quote): Promise<void> {
    const page = await this.#world.history({ after: seq - 1, limit: 1 }).catch(() => undefined);
    if (page === undefined) this.#quotes.delete(seq);
    const entry = page?.entries[0];
    quote.set(entry?.type === 'message' && entry.seq === seq ? entry : null);
  }

  #changeQuote(entry: Entry): void {
    if (isChange(entry)) this.#quotes.get(entry.target)?.change(entry);
  }
}

/** A message somewhere in the chat, as it is now. */
class Quote {
  readonly item: Derived<MessageItem | null | undefined>;
  readonly #viewer: () => Viewer;
  readonly #meanwhile: Change[] = [];
  #message: Message | null | undefined;

  constructor(message: Message | undefined, viewer: () => Viewer) {
    this.#message = message;
    this.#viewer = viewer;
    this.item = new Derived(() => this.#message && messageItem(this.#message, viewer()));
  }

  /** It is this, but for what changed while it was on its way. */
  set(message: Message | null): void {
    const me = this.#viewer().me;
    const changes = message === null ? [] : this.#meanwhile.splice(0);
    this.#message = message && changes.reduce((now, change) => changed(now, change, me), message);
    this.item.invalidate();
  }

  change(change: Change): void {
    if (this.#message === undefined) this.#meanwhile.push(change);
    else if (this.#message !== null) this.set(changed(this.#message, change, this.#viewer().me));
  }
}
