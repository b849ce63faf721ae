/**
 * @hubbub/client: one user on one Hubbub server. `createClient()` makes everything; the rest are types.
 *
 *     client.ts     what applications use           core.ts        its parts, and who is signed in
 *     options.ts    what a client may be told       model.ts       what is known, and where pushes end
 *     connection/   three states, a WebSocket       session/       tokens, HTTP
 *     chats/        order, timelines, outbox        people/        profiles, friends, typing
 *     store/        what survives the page          tabs/          one connection for all tabs
 *     wire.ts       the server's own types
 */

export type { Traceparent } from './ask.js';
export type { Chat, Unread } from './chats/chats.js';
export type {
  Item,
  MemberItem,
  MessageItem,
  MessageState,
  ReactionItem,
  Receipt,
  RenamedItem,
} from './chats/items.js';
export type { Member, Roster } from './chats/members.js';
export type { Pending, Sending } from './chats/outbox.js';
export type { Timeline, TimelineStatus } from './chats/timeline.js';
export { Client, createClient } from './client.js';
export type { Clock } from './clock.js';
export type { ConnectionState } from './connection/link.js';
export type { WebSocketLike, WebSocketMaker } from './connection/socket.js';
export { HubbubError, type LocalCode } from './errors.js';
export type { Arrival } from './model.js';
export { Cell, Derived, type Readable } from './observable.js';
export type { ClientOptions } from './options.js';
export type { Friends, Presence, Profile } from './people/people.js';
export type { Administration, UserState } from './session/administration.js';
export type { TokenSource } from './session/credentials.js';
export { IndexedDbStore, lastingStore } from './store/indexeddb.js';
export { MemoryStore } from './store/memory.js';
export type { Notes } from './store/notes.js';
export type { Change, Key, Store, Table } from './store/store.js';
export type { ChannelLike, LocksLike, TabsPlatform } from './tabs/channel.js';
export type * as wire from './wire.js';
