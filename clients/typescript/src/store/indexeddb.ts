/** Keeps things in a browser's IndexedDB, so that they survive the page. */

import { MemoryStore } from './memory.js';
import type { Change, Key, Store, Table } from './store.js';

const RECORDS = 'records';
const VERSION = 1;

/**
 * A store that lasts: IndexedDB, or memory where there is none or it cannot be opened (a browser that keeps nothing in
 * private windows). Stores of one `name` are one store, in all tabs.
 */
export function lastingStore(name: string): Store {
  const factory = (globalThis as { indexedDB?: IDBFactory }).indexedDB;
  return factory === undefined ? new MemoryStore() : new IndexedDbStore(name, factory);
}

/** All records are in one object store, under keys [table, …], so that one transaction covers any change. */
export class IndexedDbStore implements Store {
  readonly #name: string;
  readonly #factory: IDBFactory;
  #database: Promise<IDBDatabase | null> | undefined;
  #memory: MemoryStore | undefined;
  #closed = false;

  constructor(name: string, factory: IDBFactory) {
    this.#name = name;
    this.#factory = factory;
  }

  async get(key: Key): Promise<unknown> {
    const database = await this.#open();
    if (database === null) return this.#instead().get(key);
    return answer(records(database, 'readonly').get([...key]));
  }

  async list(table: Table, chat?: string): Promise<unknown[]> {
    const database = await this.#open();
    if (database === null) return this.#instead().list(table, chat);
    return answer(records(database, 'readonly').getAll(within(chat === undefined ? [table] : [table, chat])));
  }

  async apply(changes: readonly Change[]): Promise<void> {
    const database = await this.#open();
    if (database === null) return this.#instead().apply(changes);
    await done(database, (store) => {
      for (const change of changes) write(store, change);
    });
  }

  async wipe(): Promise<void> {
    const database = await this.#open();
    if (database === null) return this.#instead().wipe();
    await done(database, (store) => store.clear());
  }

  close(): void {
    this.#closed = true;
    void this.#database?.then((database) => {
      database?.close();
    });
  }

  #instead(): MemoryStore {
    this.#memory ??= new MemoryStore();
    return this.#memory;
  }

  /** A database that goes (its data were cleared, or a newer version wants it) is opened again when it is needed. */
  #open(): Promise<IDBDatabase | null> {
    this.#database ??= opened(this.#factory, this.#name, () => (this.#database = undefined)).catch(
      () => null,
    );
    if (this.#closed) return Promise.reject(new Error('the store is closed'));
    return this.#database;
  }
}

async function opened(factory: IDBFactory, name: string, gone: () => void): Promise<IDBDatabase> {
  const request = factory.open(name, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(RECORDS);
  };
  const database = await answer(request);
  database.onclose = gone;
  database.onversionchange = () => {
    database.close();
    gone();
  };
  return database;
}

function records(database: IDBDatabase, mode: IDBTransactionMode): IDBObjectStore {
  return database.transaction(RECORDS, mode).objectStore(RECORDS);
}

/** Keys that begin with these parts: an array sorts after every string and number (Indexed Database API 3.0, §2.4). */
function within(parts: readonly (string | number)[]): IDBKeyRange {
  return IDBKeyRange.bound([...parts], [...parts, []]);
}

function write(store: IDBObjectStore, change: Change): void {
  if ('put' in change) store.put(change.value, [...change.put]);
  else if ('drop' in change) store.delete([...change.drop]);
  else if ('dropTable' in change) store.delete(within([change.dropTable]));
  else {
    const { dropEntries: chat, from, to } = change;
    store.delete(IDBKeyRange.bound(['entry', chat, from], ['entry', chat, to]));
  }
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error('IndexedDB failed'));
    };
  });
}

/** One transaction: all of `work`, or none. */
function done(database: IDBDatabase, work: (store: IDBObjectStore) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(RECORDS, 'readwrite');
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = () => {
      reject(transaction.error ?? new Error('IndexedDB gave up'));
    };
    try {
      work(transaction.objectStore(RECORDS));
    } catch (error) {
      transaction.abort(); // what is no plain data cannot be kept: then nothing of it is
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
}
