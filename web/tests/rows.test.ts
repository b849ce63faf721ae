import type { Item, MemberItem, MessageItem, wire } from '@hubbub/client';
import { describe, expect, it } from 'vitest';
import { en } from '../src/i18n/en';
import { happenedWords, noticeWords } from '../src/timeline/notice_words';
import { rowsOf } from '../src/timeline/rows';
import { lineAfter, lineOnOpening, NO_LINE } from '../src/timeline/unread_line';

const NOON = new Date(2026, 10, 24, 12).getTime();
const MINUTE = 60_000;
const ENTRY = { chat: 'a', seq: 2, ts: NOON, from: 'ada' };

function said(seq: number | null, from = 'ada', ts = NOON, more: Partial<MessageItem> = {}): MessageItem {
  return {
    kind: 'message',
    key: `m:${from}:${seq ?? 'new'}`,
    seq,
    ts,
    from,
    mine: false,
    msgId: String(seq),
    content: 'hello',
    edited: false,
    deleted: false,
    replyTo: null,
    reactions: [],
    state: null,
    error: null,
    hidden: false,
    ...more,
  };
}

function came(seq: number, user: string, more: Partial<MemberItem> = {}): MemberItem {
  return {
    kind: 'member',
    key: `e:${seq}`,
    seq,
    ts: NOON,
    from: user,
    mine: false,
    user,
    change: 'joined',
    until: null,
    role: null,
    ...more,
  };
}

/** The rows in a line: H is a message under its name, m one that continues. */
function drawn(items: Item[], unreadFrom?: number, complete = false): string {
  const signs = { start: '^', day: 'D', unread: 'U', notice: 'n' };
  return rowsOf(items, { unreadFrom, complete })
    .map((row) => (row.kind === 'message' ? (row.head ? 'H' : 'm') : signs[row.kind]))
    .join('');
}

describe('rows', () => {
  it('put what one person says in a row under one name', () => {
    expect(drawn([said(1), said(2), said(3, 'bob'), said(4)])).toBe('DHmHH');
  });

  it('say the name again after a pause, a notice, or with an answer', () => {
    expect(drawn([said(1), said(2, 'ada', NOON + 6 * MINUTE)])).toBe('DHH');
    expect(drawn([said(1), came(2, 'bob'), said(3)])).toBe('DHnH');
    expect(drawn([said(1), said(2, 'ada', NOON, { replyTo: 1 })])).toBe('DHH');
  });

  it('begin every day with a line, in the reader’s time zone', () => {
    expect(drawn([said(1), said(2, 'ada', NOON + 24 * 60 * MINUTE)])).toBe('DHDH');
  });

  it('put the line above the first new one, once, and under the day', () => {
    expect(drawn([said(1), said(2), said(3)], 2)).toBe('DHUHm');
    expect(drawn([said(5), said(6)], 2)).toBe('DUHm');
    expect(drawn([said(1), said(null)], 2)).toBe('DHm');
  });

  it('show where a chat begins only when that is known', () => {
    expect(drawn([said(1)], undefined, true)).toBe('^DH');
  });

  it('keep a message’s key when it is sent', () => {
    const keys = (items: Item[]) => rowsOf(items, { complete: false }).map(({ key }) => key);
    const waiting = said(null, 'ada', NOON, { key: 'm:ada:x' });
    expect(keys([waiting]).at(-1)).toBe(keys([{ ...waiting, seq: 9 }]).at(-1));
  });
});

describe('the line above what is new', () => {
  it('stands after what was read, if anything was said since', () => {
    expect(lineOnOpening(7, 3)).toEqual({ from: 8 });
    expect(lineOnOpening(7, 0)).toBe(NO_LINE);
  });

  it('is drawn for what comes while one does not look, and then stays', () => {
    const drawnAt = lineAfter(NO_LINE, 12, false);
    expect(drawnAt).toEqual({ from: 12 });
    expect(lineAfter(drawnAt, 13, false)).toBe(drawnAt);
    expect(lineAfter(drawnAt, 14, true)).toBe(drawnAt);
  });

  it('is not drawn under the eyes of who looks', () => {
    expect(lineAfter(NO_LINE, 12, true)).toBe(NO_LINE);
  });
});

describe('notices', () => {
  const world = {
    words: en,
    nameOf: (user: string) => user.toUpperCase(),
    until: (ts: number) => `at ${ts}`,
  };
  const words = (item: MemberItem) => noticeWords(item, world);

  it.each<[wire.Entry, string]>([
    [{ ...ENTRY, type: 'member', user: 'bob', change: 'joined' }, 'ADA added BOB'],
    [{ ...ENTRY, type: 'member', user: 'bob', change: 'muted', until: 5 }, 'ADA muted BOB until at 5'],
    [{ ...ENTRY, type: 'renamed', name: 'Tea' }, 'ADA renamed the room to “Tea”'],
    [{ ...ENTRY, type: 'edited', target: 1, content: 'secret' }, 'ADA changed a message'],
    [{ ...ENTRY, type: 'deleted', target: 1 }, 'ADA deleted a message'],
    [{ ...ENTRY, type: 'reacted', target: 1, emoji: '👍', on: true }, 'ADA reacted with 👍'],
    [{ ...ENTRY, type: 'reacted', target: 1, emoji: '👍', on: false }, 'ADA took 👍 back'],
  ])('in the list of chats, of %j', (entry, text) => {
    expect(entry.type === 'message' ? '' : happenedWords(entry, world)).toBe(text);
  });

  it.each<[Partial<MemberItem>, string]>([
    [{}, 'BOB joined'],
    [{ from: 'ada' }, 'ADA added BOB'],
    [{ change: 'left' }, 'BOB left'],
    [{ from: 'ada', change: 'kicked' }, 'ADA removed BOB'],
    [{ from: 'ada', change: 'muted', until: 5 }, 'ADA muted BOB until at 5'],
    [{ from: 'ada', change: 'muted', until: 0 }, 'ADA let BOB speak again'],
    [{ from: 'ada', change: 'role', role: 'admin' }, 'ADA made BOB admin'],
  ])('%j', (more, text) => {
    expect(words(came(1, 'bob', more))).toBe(text);
  });
});
