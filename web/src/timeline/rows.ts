/**
 * What stands in the history, row by row: days, the line above what is new, messages (those of one person close in
 * time under one name) and notices.
 */

import { midnight } from '../i18n/formats';
import type { Sized } from './geometry';
import type { Item, MemberItem, MessageItem, RenamedItem } from '@hubbub/client';

export type Row = Sized &
  (
    | { kind: 'start' }
    | { kind: 'day'; ts: number }
    | { kind: 'unread' }
    | { kind: 'message'; message: MessageItem; head: boolean }
    | { kind: 'notice'; notice: MemberItem | RenamedItem }
  );

const TOGETHER_MS = 5 * 60_000; // after a pause a message says again who speaks, and when
const WIDTH = 76; // characters of a line on a screen of usual width, for estimates only

interface Options {
  /** The first seq that was new when the reader came; the line goes above it. */
  unreadFrom?: number | undefined;
  /** Whether the first item is the first of the chat. */
  complete: boolean;
}

/** `items` in the order of the chat. */
export function rowsOf(items: readonly Item[], { unreadFrom, complete }: Options): Row[] {
  const rows: Row[] = complete ? [{ kind: 'start', key: 'start', estimate: 120 }] : [];
  let before: Item | undefined;
  let lined = unreadFrom === undefined;
  for (const item of items) {
    const newDay = before === undefined || midnight(before.ts) !== midnight(item.ts);
    if (newDay)
      rows.push({ kind: 'day', key: `day ${midnight(item.ts)} ${item.key}`, estimate: 44, ts: item.ts });
    const line = !lined && item.seq !== null && item.seq >= (unreadFrom ?? 0);
    if (line) rows.push({ kind: 'unread', key: 'unread', estimate: 32 });
    lined ||= line;
    rows.push(rowOf(item, newDay || line ? undefined : before));
    before = item;
  }
  return rows;
}

function rowOf(item: Item, before: Item | undefined): Row {
  if (item.kind !== 'message') return { kind: 'notice', key: item.key, estimate: 30, notice: item };
  const head = !continues(item, before);
  return { kind: 'message', key: item.key, estimate: estimateOf(item, head), message: item, head };
}

function continues(item: MessageItem, before: Item | undefined): boolean {
  return (
    before?.kind === 'message' &&
    before.from === item.from &&
    item.ts - before.ts < TOGETHER_MS &&
    item.replyTo === null
  );
}

function estimateOf({ content, reactions, replyTo }: MessageItem, head: boolean): number {
  const lines = (content ?? '')
    .split('\n')
    .reduce((sum, line) => sum + Math.max(Math.ceil(line.length / WIDTH), 1), 0);
  return lines * 22 + (head ? 34 : 6) + (replyTo === null ? 0 : 24) + (reactions.length > 0 ? 34 : 0);
}
