import { beforeEach, describe, expect, test } from 'vitest';
import { Flow, type Sink } from '../../src/chats/flow.js';
import { HubbubError } from '../../src/index.js';
import type { Entry, Page, Summary, Welcome } from '../../src/wire.js';
import { ManualClock, settled } from '../clock.js';
import { WELCOME } from '../sockets.js';

/** What an application would see, as lines. */
class Seen implements Sink {
  readonly lines: string[] = [];

  entry({ chat, seq }: Entry, replayed: boolean): void {
    this.lines.push(`${chat} ${seq}${replayed ? ' replayed' : ''}`);
  }

  anew(chat: string, after: number, reset: boolean): void {
    this.lines.push(`${chat} anew after ${after}${reset ? ', reset' : ''}`);
  }

  learned({ chat }: Summary): void {
    this.lines.push(`${chat} learned`);
  }

  gone(chat: string): void {
    this.lines.push(`${chat} gone`);
  }

  epoch(epoch: string, chats: readonly string[]): void {
    this.lines.push(`epoch ${epoch}, void: ${chats.join()}`);
  }

  listed(chats: ReadonlySet<string>): void {
    this.lines.push(`listed ${[...chats].join()}`);
  }

  /** What was seen since the last look. */
  look(): string[] {
    return this.lines.splice(0);
  }
}

let seen: Seen;
let clock: ManualClock;
let flow: Flow;
let history: (chat: string, after: number) => Promise<Page>;
let pages: { chats: Summary[]; more: boolean }[];
const REPLAYED = new Set(['a', 'b']);

beforeEach(() => {
  seen = new Seen();
  clock = new ManualClock();
  pages = [];
  history = (chat, after) => Promise.resolve(page(chat, after + 1, after + 2));
  flow = new Flow(seen, {
    clock,
    history: (chat, after) => history(chat, after),
    chats: () => Promise.resolve(pages.shift() ?? { chats: [], more: false }),
  });
});

function entry(chat: string, seq: number): Entry {
  return { type: 'renamed', chat, seq, ts: seq, from: 'ada', name: '' };
}

function page(chat: string, ...seqs: number[]): Page {
  return { type: 'page', chat, entries: seqs.map((seq) => entry(chat, seq)), more: false };
}

function summary(chat: string, head: number): Summary {
  return { chat, msg_type: 'group', name: chat, head, received: 0, read: 0, unread: 0 };
}

function welcome(chats: Summary[], rest: Partial<Welcome> = {}): Welcome {
  return { ...WELCOME, chats, ...rest };
}

describe('a conversation', () => {
  test('follows new chats from their head, and lets the server replay the others', async () => {
    flow.restore('e', [['a', 5]]);
    flow.welcomed(welcome([summary('a', 7), summary('b', 3)]), REPLAYED);
    await settled();
    expect(seen.look()).toEqual(['a learned', 'b learned', 'listed a,b']);
    for (const each of [entry('a', 6), entry('a', 7), entry('a', 8), entry('b', 4)]) flow.entry(each);
    expect(seen.look()).toEqual(['a 6 replayed', 'a 7 replayed', 'a 8', 'b 4']);
  });

  test('fetches what another tab had replayed to it, or what did not fit into hello', async () => {
    flow.restore('e', [['a', 5]]);
    flow.welcomed(welcome([summary('a', 7)]), new Set());
    await settled();
    expect(seen.look()).toEqual(['a learned', 'listed a', 'a 6 replayed', 'a 7 replayed']);
  });

  test('asks for the rest of a long list, and says when it is whole', async () => {
    pages = [
      { chats: [summary('b', 1)], more: true },
      { chats: [summary('c', 1)], more: false },
    ];
    flow.welcomed(welcome([summary('a', 1)], { more: true }), REPLAYED);
    await settled();
    expect(seen.look().slice(1)).toEqual(['a learned', 'b learned', 'c learned', 'listed a,b,c']);
  });

  test('counts what a page of the list includes as history, and what is not listed yet too', async () => {
    pages = [{ chats: [summary('b', 8)], more: false }];
    flow.restore('e', [
      ['a', 5],
      ['b', 5],
    ]);
    flow.welcomed(welcome([summary('a', 5)], { more: true }), REPLAYED);
    for (const each of [entry('b', 6), entry('a', 6)]) flow.entry(each);
    await settled();
    for (const each of [entry('b', 7), entry('b', 8), entry('b', 9)]) flow.entry(each);
    expect(seen.look().filter((line) => /\d/.test(line))).toEqual([
      'b 6 replayed',
      'a 6',
      'b 7 replayed',
      'b 8 replayed',
      'b 9',
    ]);
  });

  test('keeps a chat that came while the list was told', async () => {
    pages = [{ chats: [summary('b', 1)], more: false }];
    flow.welcomed(welcome([summary('a', 1)], { more: true }), REPLAYED);
    flow.visible(summary('aa', 1));
    await settled();
    expect(seen.look().at(-1)).toBe('listed a,aa,b');
  });

  test('whose list is asked for twice tells it once', async () => {
    pages = [
      { chats: [summary('b', 1)], more: true },
      { chats: [summary('a', 1), summary('b', 1)], more: false },
    ];
    flow.welcomed(welcome([summary('a', 1)], { more: true }), REPLAYED);
    flow.resync({ type: 'resync' });
    await settled();
    expect(seen.look().filter((line) => line.startsWith('listed'))).toEqual(['listed a,b']);
  });

  test('of another epoch voids every position', () => {
    flow.restore('old', [
      ['a', 50],
      ['gone', 9],
    ]);
    flow.welcomed(welcome([summary('a', 3)], { epoch: 'new', gone: ['gone'] }), REPLAYED);
    expect(seen.look().slice(0, 3)).toEqual(['epoch new, void: a,gone', 'gone gone', 'a learned']);
    flow.entry(entry('a', 4));
    expect(seen.look()).toEqual(['a 4']);
    expect(flow.epoch).toBe('new');
  });

  test('that ended brings nothing any more', async () => {
    flow.restore('e', [['a', 5]]);
    flow.entry(entry('a', 8));
    flow.lost();
    await settled();
    expect(seen.look()).toEqual([]);
    expect(flow.cursor('a')).toBe(5);
  });
});

describe('history', () => {
  test('that cannot be had now is asked for again, later and later', async () => {
    let asked = 0;
    history = (chat, after) => {
      asked += 1;
      return asked < 3
        ? Promise.reject(new HubbubError('unavailable'))
        : Promise.resolve(page(chat, after + 1));
    };
    flow.restore('e', [['a', 5]]);
    flow.entry(entry('a', 7));
    await settled();
    await clock.settle(999);
    expect(asked).toBe(1);
    await clock.settle(1);
    await clock.settle(2_000);
    expect(seen.look()).toEqual(['a 6', 'a 7']);
  });

  test('of a chat that is not ours any longer ends it', async () => {
    history = () => Promise.reject(new HubbubError('not_found'));
    flow.restore('e', [['a', 5]]);
    flow.entry(entry('a', 7));
    await settled();
    expect(seen.look()).toEqual(['a gone']);
    expect(flow.cursor('a')).toBeUndefined();
  });

  test('is asked for four pages at a time', async () => {
    const waiting: (() => void)[] = [];
    history = (chat, after) =>
      new Promise((resolve) =>
        waiting.push(() => {
          resolve(page(chat, after + 1));
        }),
      );
    const chats = ['a', 'b', 'c', 'd', 'e', 'f'];
    flow.restore(
      'e',
      chats.map((chat) => [chat, 0]),
    );
    for (const chat of chats) flow.entry(entry(chat, 2));
    await settled();
    expect(waiting).toHaveLength(4);
    for (const go of waiting.splice(0)) go();
    await settled();
    expect(waiting).toHaveLength(2);
    for (const go of waiting.splice(0)) go();
    await settled();
    expect(seen.look()).toHaveLength(12);
  });
});

describe('resync', () => {
  test('of a chat: the hole is filled, or announced', async () => {
    flow.restore('e', [
      ['a', 5],
      ['b', 5],
    ]);
    flow.resync({ type: 'resync', chat: 'a', after: 5, next: 8 });
    flow.resync({ type: 'resync', chat: 'b', after: 5, next: 9_000 });
    await settled();
    expect(seen.look()).toEqual(['b anew after 8999', 'a 6', 'a 7']);
  });

  test('with reset: what is held is void', () => {
    flow.restore('e', [['a', 5]]);
    flow.resync({ type: 'resync', chat: 'a', after: 0, next: 3, reset: true });
    expect(seen.look()).toEqual(['a anew after 2, reset']);
  });

  test('of everything: the list is asked for again', async () => {
    pages = [{ chats: [summary('a', 1)], more: false }];
    flow.resync({ type: 'resync' });
    await settled();
    expect(seen.look()).toEqual(['a learned', 'listed a']);
  });
});
