/** What a client may be told, and what holds where it is not. */

import { type Traceparent, untraced } from './ask.js';
import { type Clock, systemClock } from './clock.js';
import { socketUrl, type WebSocketMaker } from './connection/socket.js';
import type { LinkWorld } from './connection/link.js';
import type { Fetch } from './session/accounts.js';
import type { TokenSource } from './session/credentials.js';
import { lastingStore } from './store/indexeddb.js';
import type { Store } from './store/store.js';
import { platformTabs, type TabsPlatform } from './tabs/channel.js';

/** Attempts in a row before the client stops and says so: some 25 minutes at an average wait of 15 s. */
const ATTEMPTS_MAX = 100;

/** Everything has a default but, outside a browser, `url`. */
export interface ClientOptions {
  /** The server's address, http:// or https://; in a browser that of the page. */
  readonly url?: string | URL;
  /** Where things are kept; by default in IndexedDB, or in memory where there is none. */
  readonly store?: Store;
  /** How this session is shown in the list of sessions, up to 64 characters. */
  readonly deviceName?: string;
  /** Tokens of an external identity provider, instead of accounts of the server. */
  readonly tokens?: TokenSource;
  /** The W3C traceparent of the span that is current, asked for whenever the application asks or sends something. */
  readonly traceparent?: Traceparent;
  /** Attempts in a row before the client stops; `retryNow`, waking up or a new network start it again. */
  readonly maxAttempts?: number;
  /** A WebSocket class, where the platform has none (Node 20): that of the package `ws`, say. */
  readonly webSocket?: WebSocketMaker;
  /** How the tabs of one browser find each other; null: each has its own connection. */
  readonly tabs?: TabsPlatform | null;
  /** These replace the world in tests. `chance` is uniform in 0 … 1. */
  readonly fetch?: Fetch;
  readonly clock?: Clock;
  readonly chance?: () => number;
}

/** The same with everything said. */
export interface Settings {
  readonly server: URL;
  readonly store: Store;
  readonly deviceName: string;
  readonly tokens: TokenSource | undefined;
  readonly traceparent: Traceparent;
  readonly tabs: TabsPlatform | null;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly link: LinkWorld;
}

export function settingsOf(options: ClientOptions): Settings {
  const server = serverOf(options.url);
  const clock = options.clock ?? systemClock;
  return {
    server,
    clock,
    store: options.store ?? lastingStore(`hubbub:${server.href}`),
    deviceName: options.deviceName ?? '',
    tokens: options.tokens,
    traceparent: options.traceparent ?? untraced,
    tabs: options.tabs === undefined ? platformTabs() : options.tabs,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    link: linkWorld(server, clock, options),
  };
}

function serverOf(url: string | URL | undefined): URL {
  const address = url ?? (globalThis.location as Location | undefined)?.origin;
  if (address === undefined)
    throw new TypeError('outside a browser, say where the server is: createClient({ url })');
  const server = new URL(address);
  if (!server.pathname.endsWith('/')) server.pathname += '/';
  return server;
}

function linkWorld(server: URL, clock: Clock, options: ClientOptions): LinkWorld {
  return {
    url: socketUrl(server),
    webSocket: options.webSocket ?? platformWebSocket(),
    clock,
    chance: options.chance ?? Math.random,
    maxAttempts: options.maxAttempts ?? ATTEMPTS_MAX,
  };
}

function platformWebSocket(): WebSocketMaker {
  const found = (globalThis as { WebSocket?: WebSocketMaker }).WebSocket;
  if (found !== undefined) return found;
  throw new TypeError('there is no WebSocket: start Node 20 with --experimental-websocket, or pass one');
}
