import { beforeEach, describe, expect, test } from 'vitest';
import { Chats } from '../../src/chats/chats.js';
import type { Entry, Message, Summary } from '../../src/wire.js';
import { ME } from '../history.js';

let chats: Chats;
let recounted: string[];

beforeEach(() => {
  recounted = [];
  chats = new Chats({ me: () => ME, changed: () => undefined, recount: (chat) => recounted.push(chat) });
});

function summary(chat: string, rest: Partial<Summary> = {}): Summary {
  return { chat, msg_type: 'group', name: chat, head: 0, received: 0, read: 0, unread: 0, ...rest };
}

function said(seq: number, content: string, from = 'ada', chat = 'a'): Message {
  return {
    type: 'message',
    chat,
    seq,
    ts: seq,
    from,
    msg_id: `${seq}`,
    msg_type: 'group',
    to: chat,
    content,
  };
}

describe('what is unread', () => {
  test('grows with messages of others, not with edits, and ends with reading', () => {
    chats.learned(summary('a'));
    chats.entry(said(1, 'one'), false);
    chats.entry({ type: 'edited', chat: 'a', seq: 2, ts: 2, from: 'ada', target: 1, content: 'uno' }, false);
    chats.entry(said(3, 'two'), false);
    expect(chats.now('a')).toMatchObject({ unread: 2, head: 3 });
    chats.cursors('a', { received: 3, read: 3 });
    expect(chats.now('a')).toMatchObject({ unread: 0, read: 3 });
    expect(recounted).toEqual([]);
  });

  test('in the middle only the server can tell', () => {
    chats.learned(summary('a', { head: 9, unread: 4, read: 5 }));
    chats.cursors('a', { received: 9, read: 7 });
    expect(recounted).toEqual(['a']);
  });

  test('replayed messages are in the count already', () => {
    chats.learned(summary('a', { head: 2, unread: 2 }));
    chats.entry(said(1, 'one'), true);
    chats.entry(said(2, 'two'), true);
    expect(chats.now('a')).toMatchObject({ unread: 2 });
  });

  test('writing is reading', () => {
    chats.learned(summary('a', { head: 2, unread: 2 }));
    chats.entry(said(3, 'mine', ME), false);
    expect(chats.now('a')).toMatchObject({ unread: 0, read: 3 });
  });

  test('cursors only rise', () => {
    chats.learned(summary('a', { head: 9, read: 9, received: 9 }));
    chats.cursors('a', { received: 3, read: 3 });
    expect(chats.now('a')).toMatchObject({ read: 9, received: 9 });
  });

  test('mentions are whole handles', () => {
    chats.learned(summary('a'));
    for (const [index, content] of [`@${ME}!`, `@${ME}adow`, `mail${ME}`, `hi @${ME}`].entries()) {
      chats.entry(said(index + 1, content), false);
    }
    expect(chats.now('a')).toMatchObject({ unread: 4, mentions: 2 });
    expect(chats.unread.get()).toEqual({ messages: 4, mentions: 2, chats: 1 });
  });
});

describe('the list', () => {
  test('has what happened last first, and stays as it was where nothing changed', () => {
    chats.learned(summary('a', { last: said(1, 'old') }));
    chats.learned(summary('b', { last: said(2, 'new', 'ada', 'b') }));
    expect(chats.list.get().map(({ chat }) => chat)).toEqual(['b', 'a']);
    const b = chats.now('b');
    chats.entry(said(3, 'newest'), false);
    expect(chats.list.get().map(({ chat }) => chat)).toEqual(['a', 'b']);
    expect(chats.now('b')).toBe(b);
  });

  test('shows the newest message as it is now', () => {
    const change = { chat: 'a', ts: 2, from: 'ada', target: 1 };
    chats.learned(summary('a'));
    chats.entry(said(1, 'one'), false);
    chats.entry({ ...change, type: 'edited', seq: 2, content: 'uno' }, false);
    expect(chats.now('a')?.last).toMatchObject({ content: 'uno' });
    chats.entry({ ...change, type: 'deleted', seq: 3 }, false);
    expect(JSON.stringify(chats.now('a'))).not.toMatch(/one|uno/);
  });

  test('keeps the newest message when the summary ends with something else', () => {
    const renamed: Entry = { type: 'renamed', chat: 'a', seq: 2, ts: 2, from: 'ada', name: 'A' };
    chats.learned(summary('a'));
    chats.entry(said(1, 'one'), false);
    chats.learned(summary('a', { head: 2, last: renamed }));
    expect(chats.now('a')).toMatchObject({ last: { content: 'one' }, happened: renamed });
    chats.entry(said(3, 'two'), false);
    expect(chats.now('a')).toMatchObject({ last: { content: 'two' }, happened: null });
  });

  test("follows a room's name and one's role, and a friend's name", () => {
    chats.learned(summary('a', { role: 'member' }));
    chats.learned(summary('p', { msg_type: 'private', name: 'Ada', peer: 'ada' }));
    chats.entry({ type: 'renamed', chat: 'a', seq: 1, ts: 1, from: 'ada', name: 'A' }, false);
    chats.entry(
      { type: 'member', chat: 'a', seq: 2, ts: 2, from: 'ada', user: ME, change: 'role', role: 'admin' },
      false,
    );
    chats.called('ada', 'Ada Lovelace');
    expect(chats.now('a')).toMatchObject({ name: 'A', role: 'admin' });
    expect(chats.withPeer('ada')).toMatchObject({ name: 'Ada Lovelace' });
  });

  test('knows better than what is replayed what a room is called now, and what one may do', () => {
    chats.learned(summary('a', { name: 'new', role: 'member', head: 9 }));
    chats.entry({ type: 'renamed', chat: 'a', seq: 8, ts: 8, from: 'ada', name: 'old' }, true);
    chats.entry(
      { type: 'member', chat: 'a', seq: 9, ts: 9, from: 'ada', user: ME, change: 'role', role: 'admin' },
      true,
    );
    expect(chats.now('a')).toMatchObject({ name: 'new', role: 'member' });
  });

  test('tells whoever watches one chat, and that it is gone', async () => {
    const seen: (string | undefined)[] = [];
    chats.get('a').subscribe((chat) => seen.push(chat?.name));
    chats.learned(summary('a'));
    await Promise.resolve();
    chats.gone('a');
    await Promise.resolve();
    expect(seen).toEqual([undefined, 'a', undefined]);
  });
});
