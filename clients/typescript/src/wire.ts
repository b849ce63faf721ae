// Made by scripts/wire_types.py from the server's Structs; `make reference` makes it anew.
// Types of protocol.md §2 and §6. What arrives may have more fields and other types: those are ignored.

/** A room with many members, or two people. */
export type MsgType =
  | 'group'
  | 'private';

/** What a member of a room may do. */
export type Role =
  | 'owner'
  | 'admin'
  | 'member';

/** Why a request was refused (protocol.md §5). */
export type ErrorCode =
  | 'bad_request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'not_a_member'
  | 'not_friends'
  | 'blocked'
  | 'muted'
  | 'banned'
  | 'conflict'
  | 'protocol_error'
  | 'too_long'
  | 'rate_limited'
  | 'unavailable'
  | 'internal';

/** Why a connection was closed (protocol.md §4). */
export type CloseCode =
  | 1000
  | 1001
  | 1002
  | 1003
  | 1007
  | 1009
  | 1012
  | 4000
  | 4001
  | 4002
  | 4003
  | 4029
  | 4500
  | 4501
  | 4502
  | 4503;

/** Say yes to a friend request. */
export interface AcceptRequest {
  readonly type: 'accept';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly user: string;
}

/** One thing an administrator did, or whom they read everything of. */
export interface AuditLine {
  readonly at: number;
  readonly id: string;
  readonly by: string;
  readonly address: string;
  readonly act: string;
  readonly subject: string;
  readonly detail: string;
}

/** The latest first; the page before this one ends before its last line's `at`. */
export interface AuditPage {
  readonly lines: readonly AuditLine[];
  readonly more: boolean;
}

/** Remove a user; they may not come back. */
export interface BanRequest {
  readonly type: 'ban';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
  readonly user: string;
}

/** Ask somebody to be a friend. */
export interface BefriendRequest {
  readonly type: 'befriend';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly user: string;
}

/** Hear nothing from a user any more, in private. */
export interface BlockRequest {
  readonly type: 'block';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly user: string;
}

/** This connection is about to be closed. */
export interface Bye {
  readonly type: 'bye';
  readonly code: number;
  readonly reason: string;
  readonly reconnect_in_ms?: number;
}

/** Summaries in the order of chat ids. */
export interface ChatList {
  readonly type: 'chats';
  readonly id?: number;
  readonly chats: readonly Summary[];
  readonly more: boolean;
}

/** A chat became visible: its summary; its flow starts at `head` + 1. */
export interface ChatPush {
  readonly type: 'chat';
  readonly chat: string;
  readonly msg_type: MsgType;
  readonly name: string;
  readonly peer?: string;
  readonly public?: boolean;
  readonly role?: Role;
  readonly head: number;
  readonly received: number;
  readonly read: number;
  readonly unread: number;
  readonly last?: Message | Edited | Deleted | Reacted | MemberChanged | Renamed;
}

/** Summaries of one's chats, in the order of their ids. */
export interface ChatsRequest {
  readonly type: 'chats';
  readonly traceparent?: string;
  readonly after?: string;
}

/** A new room; its creator is its owner. */
export interface CreateRoomRequest {
  readonly type: 'create_room';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly name: string;
  readonly public?: boolean;
}

/** Say no to a friend request. */
export interface DeclineRequest {
  readonly type: 'decline';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly user: string;
}

/** Erase a message: one's own, or any with the right to. */
export interface DeleteRequest {
  readonly type: 'delete';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
  readonly seq: number;
}

/** Message `target` was erased. */
export interface Deleted {
  readonly type: 'deleted';
  readonly chat: string;
  readonly seq: number;
  readonly ts: number;
  readonly from: string;
  readonly target: number;
}

/** The change is durable; `seq` is its entry's (or the head where nothing changed). */
export interface Done {
  readonly type: 'done';
  readonly id?: number;
  readonly chat: string;
  readonly seq: number;
  readonly ts: number;
}

/** New content for one's own message. */
export interface EditRequest {
  readonly type: 'edit';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
  readonly seq: number;
  readonly content: string;
}

/** Message `target` got other content; `deleted` (and no content) once the message was erased. */
export interface Edited {
  readonly type: 'edited';
  readonly chat: string;
  readonly seq: number;
  readonly ts: number;
  readonly from: string;
  readonly target: number;
  readonly content?: string;
  readonly deleted?: boolean;
}

/** `erased`: messages, reactions, rooms or friends that this step took away. Until `done`, ask for the next. */
export interface ErasureStep {
  readonly done: boolean;
  readonly erased: number;
}

/** Refused; nothing was changed. */
export interface ErrorReply {
  readonly type: 'error';
  readonly id?: number;
  readonly code: string;
  readonly message: string;
  readonly retry_after_ms?: number;
}

/** Users, each list sorted. */
export interface FriendLists {
  readonly type: 'friends';
  readonly id?: number;
  readonly friends: readonly string[];
  readonly incoming: readonly string[];
  readonly outgoing: readonly string[];
  readonly blocked: readonly string[];
}

/** Something changed between you and `user`. */
export interface FriendPush {
  readonly type: 'friend';
  readonly user: string;
  readonly change: 'accepted' | 'removed' | 'requested';
}

/** Friends, requests and blocks of the caller. */
export interface FriendsRequest {
  readonly type: 'friends';
  readonly traceparent?: string;
}

/** The node that answered, and the others that serve the same database (the embedded store knows of none). */
export interface Health {
  readonly version: string;
  readonly epoch: string;
  readonly node: string;
  readonly nodes: readonly string[];
  readonly started_at: number;
  readonly connections: number;
  readonly users_online: number;
  readonly journal_waiting: number;
  readonly journal_failing: boolean;
  readonly database: string;
  readonly bus: string;
  readonly ending: boolean;
}

/** Opens the conversation on a connection. */
export interface HelloRequest {
  readonly type: 'hello';
  readonly traceparent?: string;
  readonly token?: string;
  readonly device?: string;
  readonly epoch?: string;
  readonly cursors?: Readonly<Record<string, number>>;
  readonly chats?: 'all' | 'changed' | 'none';
}

/** A page of entries, `before` or `after` a seq (exclusive), else the newest. */
export interface HistoryRequest {
  readonly type: 'history';
  readonly traceparent?: string;
  readonly chat: string;
  readonly before?: number;
  readonly after?: number;
  readonly limit?: number;
}

/** Make a friend a member. */
export interface InviteRequest {
  readonly type: 'invite';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
  readonly user: string;
}

/** Become a member of a public room. */
export interface JoinRequest {
  readonly type: 'join';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
}

/** Remove a member; they may come back. */
export interface KickRequest {
  readonly type: 'kick';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
  readonly user: string;
}

/** Stop being a member. */
export interface LeaveRequest {
  readonly type: 'leave';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
}

/** `device` is how the session is shown in the list of sessions. */
export interface LogIn {
  readonly user: string;
  readonly password: string;
  readonly device?: string;
}

/** Somebody came, went, or has other rights now. */
export interface MemberChanged {
  readonly type: 'member';
  readonly chat: string;
  readonly seq: number;
  readonly ts: number;
  readonly from: string;
  readonly user: string;
  readonly change: 'banned' | 'joined' | 'kicked' | 'left' | 'muted' | 'role' | 'unbanned';
  readonly until?: number;
  readonly role?: Role;
}

/** Members in the order of their names. */
export interface MemberList {
  readonly type: 'members';
  readonly id?: number;
  readonly members: readonly MemberListing[];
  readonly more: boolean;
}

/** A member as the others see them. */
export interface MemberListing {
  readonly user: string;
  readonly display_name: string;
  readonly role: Role;
  readonly muted_until?: number;
  readonly read: number;
  readonly received: number;
}

/** Who is in a chat, in the order of their names. */
export interface MembersRequest {
  readonly type: 'members';
  readonly traceparent?: string;
  readonly chat: string;
  readonly after?: string;
  readonly limit?: number;
}

/** Something said. `to` is the room's chat id or, in private, the other user. */
export interface Message {
  readonly type: 'message';
  readonly chat: string;
  readonly seq: number;
  readonly ts: number;
  readonly from: string;
  readonly msg_id: string;
  readonly msg_type: MsgType;
  readonly to: string;
  readonly content?: string;
  readonly reply_to?: number;
  readonly edited?: number;
  readonly deleted?: boolean;
  readonly reactions?: Readonly<Record<string, Reaction>>;
  readonly as_of?: number;
}

/** Take a member's voice until `until` (ms since the epoch; 0 gives it back). */
export interface MuteRequest {
  readonly type: 'mute';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
  readonly user: string;
  readonly until: number;
}

/** `user`: 2-32 characters of a-z 0-9 _ . -; `password`: 8-1024 characters; `display_name`: `user` if left out. */
export interface NewAccount {
  readonly user: string;
  readonly password: string;
  readonly display_name?: string;
  readonly device?: string;
}

/** `default`: as the settings say. */
export interface NewMode {
  readonly mode: 'auto' | 'default' | 'off' | 'on';
}

/** It is so now. */
export interface Ok {
  readonly type: 'ok';
  readonly id?: number;
}

/** Entries of one chat that are not on the bus. `claimed_until`: a node is about to put them there. */
export interface OutboxChat {
  readonly chat: string;
  readonly first: number;
  readonly last: number;
  readonly pending: number;
  readonly oldest_at: number;
  readonly attempts: number;
  readonly claimed_until: number | null;
}

/** What waits for the bus, the oldest first; no more than a page of chats. */
export interface OutboxView {
  readonly pending: number;
  readonly oldest_at: number | null;
  readonly chats: readonly OutboxChat[];
}

/** `admin`: the routes under `/admin` are open to this user; left out where they are not. */
export interface OwnProfile {
  readonly user: string;
  readonly display_name: string;
  readonly avatar?: string;
  readonly admin?: boolean;
}

/** Entries in rising seq; `more` in the direction asked. */
export interface Page {
  readonly type: 'page';
  readonly id?: number;
  readonly chat: string;
  readonly entries: readonly (Message | Edited | Deleted | Reacted | MemberChanged | Renamed)[];
  readonly more: boolean;
}

/** A sign of life; the server answers with one. */
export interface PingRequest {
  readonly type: 'ping';
  readonly traceparent?: string;
}

/** Here. */
export interface Pong {
  readonly type: 'pong';
  readonly id?: number;
}

/** Who is online, and when the others were. */
export interface PresenceRequest {
  readonly type: 'presence';
  readonly traceparent?: string;
  readonly users: readonly string[];
}

/** One per asked user. */
export interface PresenceList {
  readonly type: 'presences';
  readonly id?: number;
  readonly presences: readonly PresenceListing[];
}

/** `last_seen` in ms, or None where the asker may not know. */
export interface PresenceListing {
  readonly user: string;
  readonly online: boolean;
  readonly last_seen: number | null;
}

/** Somebody came or went. */
export interface PresencePush {
  readonly type: 'presence';
  readonly user: string;
  readonly online: boolean;
  readonly last_seen: number | null;
}

/** Names and pictures of users. */
export interface ProfileRequest {
  readonly type: 'profile';
  readonly traceparent?: string;
  readonly users: readonly string[];
}

/** What is left out stays. `avatar` is an https URL or a short text; null takes it away. */
export interface ProfileChange {
  readonly display_name?: string;
  readonly avatar?: string | null;
}

/** Those of the asked users that exist. */
export interface ProfileList {
  readonly type: 'profiles';
  readonly id?: number;
  readonly profiles: readonly ProfileListing[];
}

/** How a user wants to be shown. */
export interface ProfileListing {
  readonly user: string;
  readonly display_name: string;
  readonly avatar?: string;
}

/** Somebody one sees wants to be shown otherwise. */
export interface ProfilePush {
  readonly type: 'profile';
  readonly user: string;
  readonly display_name: string;
  readonly avatar?: string;
}

/** Put (`on`) or take back a reaction. */
export interface ReactRequest {
  readonly type: 'react';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
  readonly seq: number;
  readonly emoji: string;
  readonly on: boolean;
}

/** A reaction to message `target` was put or taken back. */
export interface Reacted {
  readonly type: 'reacted';
  readonly chat: string;
  readonly seq: number;
  readonly ts: number;
  readonly from: string;
  readonly target: number;
  readonly emoji: string;
  readonly on: boolean;
}

/** How often one emoji was given, and whether the reader gave it. */
export interface Reaction {
  readonly count: number;
  readonly mine: boolean;
}

/** This user has read up to `seq`. */
export interface ReadRequest {
  readonly type: 'read';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
  readonly seq: number;
}

/** How far a member's devices and eyes are. */
export interface ReceiptPush {
  readonly type: 'receipt';
  readonly chat: string;
  readonly user: string;
  readonly received: number;
  readonly read: number;
}

/** This user's devices have everything up to `seq`. */
export interface ReceivedRequest {
  readonly type: 'received';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
  readonly seq: number;
}

/** The refresh token of the last answer; it is used up by this. */
export interface Refresh {
  readonly refresh_token: string;
}

/** A new name for a room. */
export interface RenameRequest {
  readonly type: 'rename';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
  readonly name: string;
}

/** The room has another name. */
export interface Renamed {
  readonly type: 'renamed';
  readonly chat: string;
  readonly seq: number;
  readonly ts: number;
  readonly from: string;
  readonly name: string;
}

/** Entries after+1 … next-1 were not pushed; without `chat`: ask `chats` and `friends` again. */
export interface Resync {
  readonly type: 'resync';
  readonly chat?: string;
  readonly after?: number;
  readonly next?: number;
  readonly reset?: boolean;
}

/** A room as administrators see it. One without members is closed, or everybody left; its log is kept. */
export interface RoomCard {
  readonly chat: string;
  readonly name: string;
  readonly public: boolean;
  readonly members: number;
  readonly owners: readonly string[];
  readonly head: number;
  readonly created_at: number;
  readonly changed_at: number;
}

/** Public rooms in the order of chat ids. */
export interface RoomList {
  readonly type: 'rooms';
  readonly id?: number;
  readonly rooms: readonly RoomListing[];
  readonly more: boolean;
}

/** A public room in the directory. */
export interface RoomListing {
  readonly chat: string;
  readonly name: string;
  readonly members: number;
}

/** The new room. */
export interface RoomMade {
  readonly type: 'room';
  readonly id?: number;
  readonly chat: string;
  readonly name: string;
  readonly public: boolean;
  readonly role: Role;
  readonly seq: number;
}

/** Rooms in the order of their ids. */
export interface RoomPage {
  readonly rooms: readonly RoomCard[];
  readonly more: boolean;
}

/** The directory of public rooms. */
export interface RoomsRequest {
  readonly type: 'rooms';
  readonly traceparent?: string;
  readonly query?: string;
  readonly after?: string;
}

/** A new message to a room (`to`: chat id) or to a person (`to`: user). */
export interface SendRequest {
  readonly type: 'send';
  readonly traceparent?: string;
  readonly msg_type: MsgType;
  readonly to: string;
  readonly content: string;
  readonly msg_id: string;
  readonly reply_to?: number;
}

/** The message is durable under this seq, for ever. */
export interface Sent {
  readonly type: 'sent';
  readonly id?: number;
  readonly msg_id: string;
  readonly chat: string;
  readonly seq: number;
  readonly ts: number;
  readonly duplicate: boolean;
}

/** Living sessions, the last used first. */
export interface SessionList {
  readonly sessions: readonly SessionListing[];
}

/** One of a user's sessions; times in ms. */
export interface SessionListing {
  readonly session: string;
  readonly device: string;
  readonly created_at: number;
  readonly used_at: number;
  readonly expires_at: number;
  readonly current: boolean;
}

/** Give a member another role. */
export interface SetRoleRequest {
  readonly type: 'set_role';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
  readonly user: string;
  readonly role: Role;
}

/** One chat as its member sees it in a list. `unread` counts messages of others after `read`. */
export interface Summary {
  readonly chat: string;
  readonly msg_type: MsgType;
  readonly name: string;
  readonly peer?: string;
  readonly public?: boolean;
  readonly role?: Role;
  readonly head: number;
  readonly received: number;
  readonly read: number;
  readonly unread: number;
  readonly last?: Message | Edited | Deleted | Reacted | MemberChanged | Renamed;
}

/** Every feature, in the order they are let go; `on` is about the node that answers. */
export interface SwitchList {
  readonly switches: readonly SwitchView[];
}

/** A feature as administrators see it. `set_by`: where its mode comes from. */
export interface SwitchView {
  readonly feature: 'presence' | 'receipts' | 'search' | 'typing';
  readonly mode: 'auto' | 'off' | 'on';
  readonly on: boolean;
  readonly set_by: 'administrator' | 'settings';
}

/** What signing up, logging in and refreshing give. `expires_at` (ms) is the access token's. */
export interface Tokens {
  readonly user: string;
  readonly token: string;
  readonly expires_at: number;
  readonly refresh_token: string;
}

/** The caller is typing, or stopped. No reply, and no `id` needed. */
export interface TypingRequest {
  readonly type: 'typing';
  readonly chat: string;
  readonly on: boolean;
  readonly traceparent?: string;
}

/** Somebody is typing; ends by itself after 6 s. */
export interface TypingPush {
  readonly type: 'typing';
  readonly chat: string;
  readonly user: string;
  readonly on: boolean;
}

/** Let a banned user come back. */
export interface UnbanRequest {
  readonly type: 'unban';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly chat: string;
  readonly user: string;
}

/** End a block. */
export interface UnblockRequest {
  readonly type: 'unblock';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly user: string;
}

/** End a friendship, or take back one's request. */
export interface UnfriendRequest {
  readonly type: 'unfriend';
  readonly traceparent?: string;
  readonly msg_id?: string;
  readonly user: string;
}

/** A user as administrators see them. `erased_at`: when the erasure began; the name goes last. */
export interface UserCard {
  readonly user: string;
  readonly display_name: string;
  readonly avatar: string | null;
  readonly created_at: number;
  readonly last_seen: number | null;
  readonly admin: boolean;
  readonly banned_at: number | null;
  readonly erased_at: number | null;
  readonly external: boolean;
}

/** Users in the order of their handles; the next page begins after the last one. */
export interface UserPage {
  readonly users: readonly UserCard[];
  readonly more: boolean;
}

/** The conversation is open; every chat's flow starts where `head` says. */
export interface Welcome {
  readonly type: 'welcome';
  readonly id?: number;
  readonly user: string;
  readonly device: string;
  readonly session: string;
  readonly epoch: string;
  readonly server_time: number;
  readonly heartbeat_ms: number;
  readonly chats: readonly Summary[];
  readonly more: boolean;
  readonly gone: readonly string[];
  readonly heads?: Readonly<Record<string, number>>;
}

/** What a client may ask. */
export type Request =
  | HelloRequest
  | SendRequest
  | EditRequest
  | DeleteRequest
  | ReactRequest
  | ReceivedRequest
  | ReadRequest
  | HistoryRequest
  | ChatsRequest
  | CreateRoomRequest
  | RoomsRequest
  | JoinRequest
  | LeaveRequest
  | RenameRequest
  | InviteRequest
  | KickRequest
  | BanRequest
  | UnbanRequest
  | MuteRequest
  | SetRoleRequest
  | MembersRequest
  | BefriendRequest
  | AcceptRequest
  | DeclineRequest
  | UnfriendRequest
  | BlockRequest
  | UnblockRequest
  | FriendsRequest
  | ProfileRequest
  | TypingRequest
  | PresenceRequest
  | PingRequest;

/** What changes a chat's transcript. */
export type Entry =
  | Message
  | Edited
  | Deleted
  | Reacted
  | MemberChanged
  | Renamed;

/** What answers a request. */
export type Reply =
  | Welcome
  | Sent
  | Done
  | Ok
  | Page
  | ChatList
  | RoomMade
  | RoomList
  | MemberList
  | FriendLists
  | ProfileList
  | PresenceList
  | Pong
  | ErrorReply;

/** What is told unasked, entries aside. */
export type Push =
  | ReceiptPush
  | TypingPush
  | PresencePush
  | ProfilePush
  | FriendPush
  | Resync
  | Bye
  | ChatPush;
