/** What a person sees of a chat: one item per message or event, in order, unsent messages last. Pure. */

import type { Entry, MemberChanged, Message, Role } from '../wire.js';
import type { Pending } from './outbox.js';

/** How far one's own message got. In a room, `delivered` and `read` mean: to somebody, by somebody. */
export type MessageState = 'sending' | 'sent' | 'delivered' | 'read' | 'failed';

/** A message. */
export interface MessageItem {
  readonly kind: 'message';
  /** Names the item for as long as it is shown; a message keeps it when it is sent. */
  readonly key: string;
  /** Its place in the chat; none until it is sent. */
  readonly seq: number | null;
  /** When it was stored by the server's clock (until then: when it was written, by this machine's), ms. */
  readonly ts: number;
  readonly from: string;
  readonly mine: boolean;
  readonly msgId: string;
  /** What it says now; null once it was deleted. */
  readonly content: string | null;
  readonly edited: boolean;
  readonly deleted: boolean;
  /** The seq of the message it answers; `Timeline.quote` has it. */
  readonly replyTo: number | null;
  readonly reactions: readonly ReactionItem[];
  /** Of one's own messages; null for those of others. */
  readonly state: MessageState | null;
  /** Why it failed. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Written by somebody this user blocked: not to be shown unless asked for. */
  readonly hidden: boolean;
}

/** One emoji on a message. */
export interface ReactionItem {
  readonly emoji: string;
  readonly count: number;
  readonly mine: boolean;
}

/** Somebody came, went, or has other rights now. */
export interface MemberItem extends EventItem {
  readonly kind: 'member';
  readonly user: string;
  readonly change: MemberChanged['change'];
  /** Of `muted`: until when, ms; 0 gives the voice back. */
  readonly until: number | null;
  readonly role: Role | null;
}

/** The room has another name. */
export interface RenamedItem extends EventItem {
  readonly kind: 'renamed';
  readonly name: string;
}

interface EventItem {
  readonly key: string;
  readonly seq: number;
  readonly ts: number;
  /** Who did it. */
  readonly from: string;
  readonly mine: boolean;
}

export type Item = MessageItem | MemberItem | RenamedItem;

/** How far a member is: their devices have everything up to `received`, their eyes up to `read`. */
export interface Receipt {
  readonly received: number;
  readonly read: number;
}

/** What items depend on besides the entries. */
export interface Viewer {
  readonly me: string;
  readonly blocked: ReadonlySet<string>;
  /** The furthest of the other members. */
  readonly others: Receipt;
}

/** The item of an entry as `viewer` sees it; none for entries that only change others. */
export function itemOf(entry: Entry, viewer: Viewer): Item | undefined {
  const { seq, ts, from } = entry;
  const event = { key: `e:${seq}`, seq, ts, from, mine: from === viewer.me };
  switch (entry.type) {
    case 'message':
      return messageItem(entry, viewer);
    case 'member':
      return {
        ...event,
        kind: 'member',
        user: entry.user,
        change: entry.change,
        until: entry.until ?? null,
        role: entry.role ?? null,
      };
    case 'renamed':
      return { ...event, kind: 'renamed', name: entry.name };
    default:
      return undefined;
  }
}

/** A message's key; `msg_id` names one thing of its sender for ever. */
export function keyOf(from: string, msgId: string): string {
  return `m:${from}:${msgId}`;
}

/** A message as `viewer` sees it. */
export function messageItem(message: Message, viewer: Viewer): MessageItem {
  const mine = message.from === viewer.me;
  const deleted = message.deleted === true;
  return {
    kind: 'message',
    key: keyOf(message.from, message.msg_id),
    seq: message.seq,
    ts: message.ts,
    from: message.from,
    mine,
    msgId: message.msg_id,
    content: deleted ? null : (message.content ?? ''),
    edited: !deleted && message.edited !== undefined,
    deleted,
    replyTo: message.reply_to ?? null,
    reactions: deleted ? [] : reactionItems(message),
    state: mine ? stateOf(message.seq, viewer.others) : null,
    error: null,
    hidden: !mine && viewer.blocked.has(message.from),
  };
}

function reactionItems({ reactions = {} }: Message): ReactionItem[] {
  return Object.entries(reactions).map(([emoji, { count, mine }]) => ({ emoji, count, mine }));
}

function stateOf(seq: number, { received, read }: Receipt): MessageState {
  if (seq <= read) return 'read';
  return seq <= received ? 'delivered' : 'sent';
}

/** The item of a message on its way. */
export function pendingItem(pending: Pending, me: string): MessageItem {
  return {
    kind: 'message',
    key: keyOf(me, pending.msgId),
    seq: pending.sent?.seq ?? null,
    ts: pending.sent?.ts ?? pending.at,
    from: me,
    mine: true,
    msgId: pending.msgId,
    content: pending.content,
    edited: false,
    deleted: false,
    replyTo: pending.replyTo ?? null,
    reactions: [],
    state: pendingState(pending),
    error: pending.error ?? null,
    hidden: false,
  };
}

function pendingState({ error, sent }: Pending): MessageState {
  if (error) return 'failed';
  return sent ? 'sent' : 'sending';
}

/** Makes lists of items, and gives an item that did not change as the same object, so that a screen redraws little. */
export class ItemMaker {
  readonly #made = new WeakMap<Entry, Item | null>();

  items(entries: readonly Entry[], pending: readonly Pending[], viewer: Viewer): Item[] {
    const stored = entries.flatMap((entry) => this.#item(entry, viewer) ?? []);
    const shown = new Set(stored.map(({ key }) => key));
    const unsent = pending.map((each) => pendingItem(each, viewer.me));
    return [...stored, ...unsent.filter(({ key }) => !shown.has(key))];
  }

  #item(entry: Entry, viewer: Viewer): Item | null {
    const held = this.#made.get(entry);
    const now = held === undefined ? (itemOf(entry, viewer) ?? null) : lookedAt(held, viewer);
    if (now !== held) this.#made.set(entry, now);
    return now;
  }
}

/** An item after the viewer changed: only what others read, and who is blocked, can make a difference. */
function lookedAt(item: Item | null, viewer: Viewer): Item | null {
  if (item?.kind !== 'message' || item.seq === null) return item;
  const state = item.mine ? stateOf(item.seq, viewer.others) : null;
  const hidden = !item.mine && viewer.blocked.has(item.from);
  return state === item.state && hidden === item.hidden ? item : { ...item, state, hidden };
}
