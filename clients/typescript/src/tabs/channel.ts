/** What the tabs of one browser say to each other. */

import type { ConnectionState } from '../connection/link.js';
import type { HubbubError } from '../errors.js';
import type { Entry, Push, Reply, Request, Sent, Welcome } from '../wire.js';

/** A refusal on its way to another tab. */
export type Refusal = Pick<HubbubError, 'code' | 'message' | 'retryAfterMs' | 'msgId'>;

/** Between the leading tab, which has the connection, and the others. `from` and `to` name tabs. */
export type Message =
  /** A tab opened: who leads? */
  | { readonly type: 'hi'; readonly from: string }
  /** This tab leads. `welcome` has what a conversation that is under way began with, but for the lists. */
  | {
      readonly type: 'here';
      readonly state: ConnectionState;
      readonly welcome: Welcome | null;
      readonly to?: string;
    }
  /** What the leading tab is to do with the connection. */
  | { readonly type: 'want'; readonly what: 'start' | 'hurry' | 'stop' }
  | { readonly type: 'ask'; readonly from: string; readonly n: number; readonly request: Request }
  | { readonly type: 'tell'; readonly request: Request }
  | { readonly type: 'answer'; readonly to: string; readonly n: number; readonly reply: Reply }
  | { readonly type: 'refusal'; readonly to: string; readonly n: number; readonly error: Refusal }
  /** What the server says. */
  | { readonly type: 'welcome'; readonly welcome: Welcome }
  | { readonly type: 'heard'; readonly word: Push | Entry }
  | { readonly type: 'state'; readonly state: ConnectionState }
  | { readonly type: 'lost' }
  /** The stored outbox changed; a message was sent. */
  | { readonly type: 'outbox' }
  | { readonly type: 'settled'; readonly msgId: string; readonly sent: Sent }
  /** Somebody signed in, or out, in another tab. */
  | { readonly type: 'signedIn'; readonly user: string }
  | { readonly type: 'signedOut' };

/** What the SDK uses of a BroadcastChannel: the browser's, or Node's. */
export interface ChannelLike {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  close(): void;
}

/** What the SDK uses of Web Locks (navigator.locks). */
export interface LocksLike {
  request(name: string, options: { signal?: AbortSignal }, work: () => Promise<unknown>): Promise<unknown>;
}

/** How tabs find each other. Without it, each tab has a connection of its own. */
export interface TabsPlatform {
  readonly locks: LocksLike;
  readonly channel: (name: string) => ChannelLike;
}

/** The browser's, if it has both; Node has no tabs. */
export function platformTabs(): TabsPlatform | null {
  const {
    navigator,
    BroadcastChannel: Channel,
    document,
  } = globalThis as {
    navigator?: { locks?: LocksLike };
    BroadcastChannel?: new (name: string) => ChannelLike;
    document?: unknown;
  };
  const locks = navigator?.locks;
  if (locks === undefined || Channel === undefined || document === undefined) return null;
  return { locks, channel: (name) => new Channel(name) };
}
