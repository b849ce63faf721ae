/** One suite for every Store. */

import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { IndexedDbStore, MemoryStore, type Store } from '../../src/index.js';

beforeAll(() => {
  vi.stubGlobal('IDBKeyRange', IDBKeyRange);
});

afterAll(() => {
  vi.unstubAllGlobals();
});

const STORES: [string, () => Store][] = [
  ['MemoryStore', () => new MemoryStore()],
  ['IndexedDbStore', () => new IndexedDbStore('test', new IDBFactory())],
  ['IndexedDbStore that cannot open', () => new IndexedDbStore('test', brokenFactory())],
];

/** A browser that keeps nothing in private windows. */
function brokenFactory(): IDBFactory {
  return {
    open() {
      throw new DOMException('not here', 'SecurityError');
    },
  } as unknown as IDBFactory;
}

describe.each(STORES)('%s', (_, make) => {
  test('gives what was put, and nothing where nothing was', async () => {
    const store = make();
    await store.apply([{ put: ['meta', 'epoch'], value: 'e1' }]);
    expect(await store.get(['meta', 'epoch'])).toBe('e1');
    expect(await store.get(['meta', 'other'])).toBeUndefined();
    expect(await store.get(['note', 'epoch'])).toBeUndefined();
  });

  test("lists a table, or one chat's entries, in the order of their keys", async () => {
    const store = make();
    const puts = [10, 9, 100].map((seq) => ({ put: ['entry', 'b', seq] as const, value: seq }));
    await store.apply([...puts, { put: ['entry', 'a', 5], value: 5 }, { put: ['entry', 'ba', 1], value: 1 }]);
    expect(await store.list('entry')).toEqual([5, 9, 10, 100, 1]);
    expect(await store.list('entry', 'b')).toEqual([9, 10, 100]);
    expect(await store.list('chat')).toEqual([]);
  });

  test('changes happen in order', async () => {
    const store = make();
    await store.apply([
      { put: ['note', 'a'], value: 1 },
      { put: ['note', 'a'], value: 2 },
      { put: ['note', 'b'], value: 3 },
      { drop: ['note', 'b'] },
    ]);
    expect(await store.list('note')).toEqual([2]);
  });

  test('entries go in ranges, both ends included, and tables as a whole', async () => {
    const store = make();
    const puts = [1, 2, 3, 4].map((seq) => ({ put: ['entry', 'a', seq] as const, value: seq }));
    await store.apply([
      ...puts,
      { put: ['entry', 'b', 2], value: 'other' },
      { put: ['note', 'a'], value: 'note' },
    ]);
    await store.apply([{ dropEntries: 'a', from: 2, to: 3 }]);
    expect(await store.list('entry', 'a')).toEqual([1, 4]);
    await store.apply([{ dropTable: 'entry' }]);
    expect(await store.list('entry')).toEqual([]);
    expect(await store.list('note')).toEqual(['note']);
  });

  test('values are copies', async () => {
    const store = make();
    const value = { words: ['one'] };
    await store.apply([{ put: ['note', 'a'], value }]);
    value.words.push('two');
    const read = (await store.get(['note', 'a'])) as typeof value;
    read.words.push('three');
    expect(await store.get(['note', 'a'])).toEqual({ words: ['one'] });
  });

  test('what cannot be kept changes nothing', async () => {
    const store = make();
    const changes = [
      { put: ['note', 'a'] as const, value: 1 },
      { put: ['note', 'b'] as const, value: () => 'no plain data' },
    ];
    await expect(store.apply(changes)).rejects.toThrow();
    expect(await store.list('note')).toEqual([]);
  });

  test('wiping forgets everything, and it goes on', async () => {
    const store = make();
    await store.apply([{ put: ['note', 'a'], value: 1 }]);
    await store.wipe();
    expect(await store.list('note')).toEqual([]);
    await store.apply([{ put: ['note', 'a'], value: 2 }]);
    expect(await store.get(['note', 'a'])).toBe(2);
  });
});

test('what one page kept, the next one finds; another name is another store', async () => {
  const factory = new IDBFactory();
  const page = new IndexedDbStore('one', factory);
  await page.apply([{ put: ['note', 'a'], value: 1 }]);
  page.close();
  expect(await new IndexedDbStore('one', factory).get(['note', 'a'])).toBe(1);
  expect(await new IndexedDbStore('two', factory).get(['note', 'a'])).toBeUndefined();
});
