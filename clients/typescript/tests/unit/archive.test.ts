import { describe, expect, test } from 'vitest';
import type { Chat } from '../../src/index.js';
import { MemoryStore } from '../../src/index.js';
import { Archive, KEPT_IN_ALL, KEPT_PER_CHAT } from '../../src/store/archive.js';
import type { Change } from '../../src/store/store.js';
import type { Entry, Message } from '../../src/wire.js';
import { ManualClock } from '../clock.js';
import { ME } from '../history.js';

function message(seq: number, chat = 'a'): Message {
  const content = `words ${seq}`;
  return {
    type: 'message',
    chat,
    seq,
    ts: seq,
    from: 'ada',
    msg_id: `${seq}`,
    msg_type: 'group',
    to: chat,
    content,
  };
}

function run(from: number, to: number, chat = 'a'): Message[] {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index, chat));
}

function listed(chat: string, at: number): Chat {
  return {
    chat, kind: 'group', name: chat, peer: null, public: false, role: 'member',
    head: 0, received: 0, read: 0, unread: 0, mentions: 0, last: null,
    happened: null, at,
  }; // prettier-ignore
}

class Kept {
  readonly archive: Archive;
  readonly store: MemoryStore;

  constructor(store = new MemoryStore()) {
    this.store = store;
    this.archive = new Archive(store, new ManualClock(), () => ME);
  }

  static async at(chats: Record<string, number>, store = new MemoryStore()): Promise<Kept> {
    const kept = new Kept(store);
    await kept.archive.lead();
    for (const [chat, at] of Object.entries(chats)) {
      kept.archive.begin(chat, 0);
      kept.archive.chat(chat, listed(chat, at));
    }
    return kept;
  }

  add(...entries: Entry[]): void {
    for (const entry of entries) this.archive.entry(entry);
  }

  async seqs(chat = 'a'): Promise<number[]> {
    return (await this.archive.entries(chat)).map(({ seq }) => seq);
  }

  /** Where the next page would resume. */
  async cursor(chat = 'a'): Promise<number | undefined> {
    await this.archive.flush();
    return (await new Archive(this.store, new ManualClock(), () => ME).load()).cursors.get(chat);
  }
}

describe('what is kept', () => {
  test('entries, and the cursor they reach', async () => {
    const kept = await Kept.at({ a: 1 });
    kept.add(...run(1, 3));
    expect(await kept.seqs()).toEqual([1, 2, 3]);
    expect(await kept.cursor()).toBe(3);
  });

  test('a chat without entries has its cursor too', async () => {
    const kept = await Kept.at({});
    kept.archive.begin('a', 42);
    kept.archive.chat('a', listed('a', 1));
    expect(await kept.cursor()).toBe(42);
  });

  test('a hole is not kept: the run starts behind it', async () => {
    const kept = await Kept.at({ a: 1 });
    kept.add(...run(1, 3), ...run(7, 8));
    expect(await kept.seqs()).toEqual([7, 8]);
  });

  test('a page of history goes before the run, if it meets it', async () => {
    const kept = await Kept.at({ a: 1 });
    kept.archive.restart('a', 10);
    kept.add(message(11));
    kept.archive.page('a', run(3, 5));
    expect(await kept.seqs()).toEqual([11]);
    kept.archive.page('a', run(8, 12));
    kept.archive.page('a', run(3, 7));
    expect(await kept.seqs()).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(await kept.cursor()).toBe(11);
  });

  test('a tab that does not lead writes nothing', async () => {
    const kept = new Kept();
    kept.add(...run(1, 3));
    kept.archive.page('a', run(1, 3));
    kept.archive.chat('a', listed('a', 1));
    await kept.archive.flush();
    expect(await kept.store.list('entry')).toEqual([]);
    expect(await kept.store.list('chat')).toEqual([]);
  });

  test('a chat that is gone is gone here', async () => {
    const kept = await Kept.at({ a: 1 });
    kept.add(...run(1, 3));
    await kept.archive.flush();
    kept.archive.chat('a', undefined);
    expect(await kept.seqs()).toEqual([]);
    expect(await kept.cursor()).toBeUndefined();
  });
});

describe('bounds', () => {
  test('of one chat, the newest are kept', async () => {
    const kept = await Kept.at({ a: 1 });
    kept.add(...run(1, 2 * KEPT_PER_CHAT));
    const seqs = await kept.seqs();
    expect(seqs.length).toBeGreaterThanOrEqual(KEPT_PER_CHAT);
    expect(seqs.length).toBeLessThanOrEqual(KEPT_PER_CHAT + 50);
    expect(seqs.at(-1)).toBe(2 * KEPT_PER_CHAT);
  });

  test('in all, the chats that were silent longest lose theirs, and keep their cursor', async () => {
    const names = Array.from({ length: KEPT_IN_ALL / KEPT_PER_CHAT + 1 }, (_, index) => `chat ${index}`);
    const kept = await Kept.at(Object.fromEntries(names.map((name, index) => [name, index])));
    for (const name of names) kept.add(...run(1, KEPT_PER_CHAT, name));
    await kept.archive.flush();
    expect((await kept.store.list('entry')).length).toBeLessThanOrEqual(KEPT_IN_ALL);
    expect(await kept.seqs('chat 0')).toEqual([]);
    expect(await kept.seqs(names.at(-1))).toHaveLength(KEPT_PER_CHAT);
    expect(await kept.cursor('chat 0')).toBe(KEPT_PER_CHAT);
  });
});

describe('a deletion', () => {
  const edited: Entry = {
    type: 'edited',
    chat: 'a',
    seq: 2,
    ts: 2,
    from: 'ada',
    target: 1,
    content: 'words anew',
  };
  const deleted: Entry = { type: 'deleted', chat: 'a', seq: 3, ts: 3, from: 'ada', target: 1 };

  test('erases what was stored before', async () => {
    const kept = await Kept.at({ a: 1 });
    kept.add(message(1), edited);
    await kept.archive.flush();
    kept.add(deleted);
    await kept.archive.flush();
    expect(JSON.stringify(await kept.store.list('entry'))).not.toContain('words');
  });

  test('erases what was about to be stored', async () => {
    const kept = await Kept.at({ a: 1 });
    kept.add(message(1), edited, deleted);
    await kept.archive.flush();
    expect(JSON.stringify(await kept.store.list('entry'))).not.toContain('words');
  });

  test('erases what a page of history, on its way since before, brings', async () => {
    const kept = await Kept.at({ a: 1 });
    kept.archive.restart('a', 2);
    kept.add(deleted);
    kept.archive.page('a', [message(1), edited]);
    await kept.archive.flush();
    expect(await kept.seqs()).toEqual([1, 2, 3]);
    expect(JSON.stringify(await kept.store.list('entry'))).not.toContain('words');
  });
});

/** A browser with room for so many entries. */
class SmallStore extends MemoryStore {
  room: number;

  constructor(room: number) {
    super();
    this.room = room;
  }

  override async apply(changes: readonly Change[]): Promise<void> {
    const before = (await this.list('entry')).length;
    const puts = changes.filter((change) => 'put' in change && change.put[0] === 'entry').length;
    const drops = changes.some((change) => 'dropEntries' in change || 'dropTable' in change);
    if (puts > 0 && !drops && before + puts > this.room) throw quotaExceeded();
    if (puts > this.room) throw quotaExceeded();
    await super.apply(changes);
  }
}

function quotaExceeded(): Error {
  return new DOMException('no room', 'QuotaExceededError');
}

describe('no room', () => {
  test('what was silent longest makes room for what is said now', async () => {
    const kept = await Kept.at({ old: 1, a: 2 }, new SmallStore(15));
    kept.add(...run(1, 10, 'old'));
    await kept.archive.flush();
    kept.add(...run(1, 10));
    expect(await kept.seqs()).toHaveLength(10);
    expect(await kept.seqs('old')).toEqual([]);
    expect(await kept.cursor('old')).toBe(10);
  });

  test('a browser without any keeps no entries, but the list and its cursors', async () => {
    const kept = await Kept.at({ a: 1 }, new SmallStore(0));
    kept.add(...run(1, 10));
    expect(await kept.seqs()).toEqual([]);
    kept.add(...run(11, 12));
    expect(await kept.seqs()).toEqual([]);
    expect(await kept.cursor()).toBe(12);
  });
});
