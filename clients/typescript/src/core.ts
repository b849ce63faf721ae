/** What stands behind a client: its parts, who is signed in, and what the tabs of a browser tell each other. */

import { newId } from './ask.js';
import type { Clock } from './clock.js';
import type { ConnectionState } from './connection/link.js';
import { Link } from './connection/link.js';
import { watchWaking } from './connection/waking.js';
import { Model } from './model.js';
import { Cell } from './observable.js';
import type { Settings } from './options.js';
import { Administration } from './session/administration.js';
import { Accounts } from './session/accounts.js';
import { Credentials } from './session/credentials.js';
import { ServerTime } from './session/server_time.js';
import { Session, type SessionWorld } from './session/session.js';
import { Archive } from './store/archive.js';
import type { Key, Store } from './store/store.js';
import type { Message as TabMessage } from './tabs/channel.js';
import { type TabOwner, Tabs } from './tabs/tabs.js';
import type { HelloRequest, Welcome } from './wire.js';

/** Characters of cursors in one hello, of the 128 KiB it may have: chats beyond are caught up by history. */
const CURSORS_CHARS_MAX = 100_000;

const RENEW_AGAIN_MS = 30_000; // at least this long between renewals that nobody waits for

const SESSION_REVOKED = 4501;

const USER: Key = ['meta', 'user'];

/** See the module. */
export class Core {
  readonly administration: Administration;
  readonly session: Session;
  readonly time: ServerTime;
  readonly tabs: Tabs;
  readonly model: Model;
  readonly state = new Cell<ConnectionState>({ status: 'disconnected', reason: 'not started' });

  readonly #clock: Clock;
  readonly #store: Store;
  readonly #credentials: Credentials;
  #device = '';
  #keptFor: string | undefined; // whose chats this machine keeps
  #resuming: ReadonlySet<string> = new Set();
  #restTokens: () => void = () => undefined;
  #unwatch: () => void = () => undefined;
  #ready: Promise<void> | undefined;

  constructor(settings: Settings) {
    const { clock, server, store } = settings;
    this.#clock = clock;
    this.#store = store;
    this.time = new ServerTime(clock);
    this.tabs = new Tabs(this.#tabOwner(), {
      name: server.href,
      platform: settings.tabs,
      clock,
      serverNow: () => this.time.now(),
      link: (owner) => new Link(owner, settings.link),
    });
    const accounts = new Accounts(server, settings.fetch, clock, (time) => {
      this.time.hinted(time);
    });
    this.#credentials = new Credentials(accounts, store, this.time, this.tabs.exclusively, settings.tokens);
    this.model = new Model({
      clock,
      store,
      archive: new Archive(store, clock, () => this.#me()),
      line: this.tabs,
      say: (message) => {
        this.tabs.say(message);
      },
      leads: () => this.tabs.leads.get(),
      me: () => this.#me(),
      traceparent: settings.traceparent,
      summary: async (chat) => accounts.chat(await this.#credentials.fresh(), chat),
    });
    this.administration = new Administration(accounts, this.#credentials);
    this.session = new Session(accounts, this.#credentials, this.#sessionWorld(settings.deviceName));
  }

  /** Shows what is kept on this machine, and connects if somebody is signed in. */
  start(): Promise<void> {
    this.#ready ??= this.#load();
    return this.#ready;
  }

  /** Connects without waiting any longer. */
  async retry(): Promise<void> {
    await this.start();
    if (this.state.get().status === 'disconnected') this.tabs.start();
    else this.tabs.hurry();
  }

  async close(): Promise<void> {
    this.#unwatch();
    this.#restTokens();
    this.model.outbox.stop();
    await this.tabs.close();
    await this.model.close();
    this.#store.close();
  }

  #me(): string {
    return this.session.user.get() ?? '';
  }

  async #load(): Promise<void> {
    this.#device = await deviceOf(this.#store);
    const present = await this.#credentials.load();
    this.#keptFor = (await this.#store.get(USER)) as string | undefined;
    const user = this.#credentials.user ?? (present ? this.#keptFor : undefined);
    if (user !== undefined) this.session.began(user);
    await this.model.load();
    this.#unwatch = watchWaking(() => {
      this.tabs.hurry();
    });
    if (present) this.state.set({ status: 'connecting', attempt: 1, retryAt: null, reason: '' });
    this.tabs.open();
  }

  // Signing in and out

  #sessionWorld(deviceName: string): SessionWorld {
    return {
      deviceName,
      claimed: (user) => this.#claim(user),
      signedIn: (user) => {
        this.tabs.say({ type: 'signedIn', user });
        this.tabs.start();
      },
      signedOut: () => this.#signOut(),
      profile: (profile) => {
        this.model.people.learned(profile);
      },
    };
  }

  /** What was kept for somebody else goes. */
  async #claim(user: string): Promise<void> {
    await this.start();
    this.tabs.stop();
    if (this.#keptFor !== undefined && this.#keptFor !== user) await this.#forget();
    await this.#keepFor(user);
  }

  async #keepFor(user: string): Promise<void> {
    this.#keptFor = user;
    await this.#store.apply([{ put: USER, value: user }]).catch(() => undefined); // no room: then nothing is kept
  }

  /** The identity provider's token is another user's than the one before: what is kept goes, and all begins anew. */
  async #become(user: string): Promise<void> {
    await this.#claim(user);
    this.tabs.start();
  }

  async #signOut(): Promise<void> {
    this.tabs.stop();
    await this.#forget();
    this.tabs.say({ type: 'signedOut' });
  }

  async #forget(): Promise<void> {
    this.session.ended();
    this.#keptFor = undefined;
    await this.model.clear();
    await this.#credentials.forget();
    await this.#store.wipe();
    this.#device = await deviceOf(this.#store);
    if (this.tabs.leads.get()) await this.model.lead();
  }

  /** Another tab's user is this one's too. */
  async #told(message: TabMessage): Promise<void> {
    if (message.type === 'outbox') await this.model.outbox.load();
    if (message.type === 'settled') this.model.outbox.settled(message.msgId, message.sent);
    if (message.type === 'signedOut') await this.#signedOutElsewhere();
    if (message.type === 'signedIn') await this.#signedInElsewhere(message.user);
  }

  /** The leading tab was perhaps writing while the other one wiped: it drops what it may have written. */
  async #signedOutElsewhere(): Promise<void> {
    await this.#leave();
    this.#keptFor = undefined;
    if (!this.tabs.leads.get()) return;
    await this.#store.apply([{ dropTable: 'entry' }, { dropTable: 'chat' }, { dropTable: 'profile' }]);
    await this.model.lead();
  }

  async #leave(): Promise<void> {
    this.session.ended();
    this.#credentials.drop();
    await this.model.clear();
  }

  async #signedInElsewhere(user: string): Promise<void> {
    if (this.#me() !== user) await this.#leave();
    await this.#credentials.load();
    this.#keptFor = user;
    this.session.began(user);
    if (!this.tabs.leads.get()) return;
    await this.model.lead();
    this.tabs.stop();
    this.tabs.start();
  }

  // What the tabs, and the connection, say

  #tabOwner(): TabOwner {
    return {
      token: (renew) => (renew ? this.#credentials.renew() : this.#credentials.fresh()),
      hello: (token) => this.#hello(token),
      welcomed: (welcome, resumed) => {
        this.#welcomed(welcome, resumed);
      },
      heard: (word) => {
        this.model.heard(word);
      },
      changed: (state) => {
        this.#changed(state);
      },
      lost: () => {
        this.model.lost();
      },
      lead: async () => {
        await this.model.lead();
        return this.#credentials.load();
      },
      told: (message) => void this.#told(message),
    };
  }

  #hello(token: string): HelloRequest {
    const hello = { type: 'hello', token, device: this.#device, chats: 'all' } as const;
    const cursors = this.model.cursors(CURSORS_CHARS_MAX);
    this.#resuming = new Set(cursors.keys());
    if (cursors.size === 0) return hello;
    return { ...hello, epoch: this.model.flow.epoch ?? '', cursors: Object.fromEntries(cursors) };
  }

  #welcomed(welcome: Welcome, resumed: boolean): void {
    if (resumed && this.#keptFor !== undefined && this.#keptFor !== welcome.user) {
      void this.#become(welcome.user);
      return;
    }
    if (resumed && this.#keptFor === undefined) void this.#keepFor(welcome.user);
    this.time.told(welcome.server_time);
    this.session.began(welcome.user);
    this.model.welcomed(welcome, resumed ? this.#resuming : new Set());
  }

  /** A session that was ended elsewhere is over here too: nothing of it stays on this machine. */
  #changed(state: ConnectionState): void {
    this.state.set(state);
    if (!this.tabs.leads.get()) return;
    if (state.status === 'connected') this.#keepFresh();
    else this.#restTokens();
    if (state.status !== 'disconnected') this.model.outbox.start();
    else if (state.code === SESSION_REVOKED) void this.#signOut();
  }

  /** While it is connected the leading tab renews tokens before they end: a session that is used goes on. */
  #keepFresh(): void {
    this.#restTokens();
    const stale = this.#credentials.msUntilStale();
    if (stale === undefined) return;
    this.#restTokens = this.#clock.after(Math.max(stale, RENEW_AGAIN_MS), () => {
      void this.#credentials
        .fresh()
        .catch(() => undefined) // a failure shows when a token is needed
        .finally(() => {
          this.#keepFresh();
        });
    });
  }
}

/** The name of this installation, made when first asked for. */
async function deviceOf(store: Store): Promise<string> {
  const known = (await store.get(['meta', 'device'])) as string | undefined;
  if (known !== undefined) return known;
  const device = newId();
  await store.apply([{ put: ['meta', 'device'], value: device }]).catch(() => undefined); // then it is this page's
  return device;
}
