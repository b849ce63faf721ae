/** The words of protocol.md §2 that need reading: which reply answers which request, and what kind a push is. */

import type * as wire from './wire.js';

/** The reply to each request. */
export interface ReplyTo {
  hello: wire.Welcome;
  send: wire.Sent;
  edit: wire.Done;
  delete: wire.Done;
  react: wire.Done;
  received: wire.Ok;
  read: wire.Ok;
  history: wire.Page;
  chats: wire.ChatList;
  create_room: wire.RoomMade;
  rooms: wire.RoomList;
  join: wire.Done;
  leave: wire.Done;
  rename: wire.Done;
  invite: wire.Done;
  kick: wire.Done;
  ban: wire.Done;
  unban: wire.Done;
  mute: wire.Done;
  set_role: wire.Done;
  members: wire.MemberList;
  befriend: wire.Ok;
  accept: wire.Ok;
  decline: wire.Ok;
  unfriend: wire.Ok;
  block: wire.Ok;
  unblock: wire.Ok;
  friends: wire.FriendLists;
  profile: wire.ProfileList;
  presence: wire.PresenceList;
  ping: wire.Pong;
}

/** A request that is answered. */
export type Asking = Extract<wire.Request, { type: keyof ReplyTo }>;

/** An envelope as it came: an object with a `type`. What else is in it is the server's word. */
export interface Word {
  readonly type: string;
  readonly id?: number;
}

const READS = new Set<string>([
  'hello',
  'history',
  'chats',
  'rooms',
  'members',
  'friends',
  'profile',
  'presence',
  'ping',
]);
const PUSHES: Readonly<Record<wire.Push['type'], true>> = {
  receipt: true,
  typing: true,
  presence: true,
  profile: true,
  friend: true,
  chat: true,
  resync: true,
  bye: true,
};

/** Whether a request changes nothing, so that one without an answer can simply be asked again. */
export function onlyReads(request: wire.Request): boolean {
  return READS.has(request.type);
}

/** Reads one envelope; none if it is not one. */
export function readEnvelope(text: unknown): Word | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const word: unknown = JSON.parse(text);
    return isRecord(word) && typeof word['type'] === 'string' ? (word as unknown as Word) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a push is an entry of a chat, of a kind we know or not: it has a place (protocol.md §2). */
export function isEntry(word: object): word is wire.Entry {
  const { type, chat, seq } = word as Partial<wire.Entry>;
  return typeof chat === 'string' && Number.isSafeInteger(seq) && !Object.hasOwn(PUSHES, type ?? '');
}

/** Whether a push is one this version knows. */
export function isPush(word: Word): word is wire.Push {
  return Object.hasOwn(PUSHES, word.type);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
