import type { Change, Key, Store, Table } from './store.js';

type Part = string | number;
interface Rec {
  readonly key: Key;
  readonly value: unknown;
}

/** Keeps things as long as the process lives. */
export class MemoryStore implements Store {
  readonly #tables = new Map<Table, Map<string, Rec>>();

  get([table, ...rest]: Key): Promise<unknown> {
    return Promise.resolve(structuredClone(this.#tables.get(table)?.get(name(rest))?.value));
  }

  list(table: Table, chat?: string): Promise<unknown[]> {
    const all = [...(this.#tables.get(table)?.values() ?? [])];
    const wanted = chat === undefined ? all : all.filter(({ key }) => key[1] === chat);
    wanted.sort(byKey);
    return Promise.resolve(structuredClone(wanted.map(({ value }) => value)));
  }

  apply(changes: readonly Change[]): Promise<void> {
    return Promise.resolve().then(() => {
      for (const change of structuredClone(changes)) this.#apply(change);
    });
  }

  wipe(): Promise<void> {
    this.#tables.clear();
    return Promise.resolve();
  }

  close(): void {
    // What is in memory goes with whoever holds this.
  }

  #apply(change: Change): void {
    if ('put' in change) {
      const [table, ...rest] = change.put;
      this.#table(table).set(name(rest), { key: change.put, value: change.value });
    } else if ('drop' in change) {
      const [table, ...rest] = change.drop;
      this.#table(table).delete(name(rest));
    } else if ('dropTable' in change) {
      this.#tables.delete(change.dropTable);
    } else {
      this.#dropEntries(change.dropEntries, change.from, change.to);
    }
  }

  #dropEntries(chat: string, from: number, to: number): void {
    for (const [named, { key }] of this.#table('entry')) {
      const seq = key[2] ?? 0;
      if (key[1] === chat && seq >= from && seq <= to) this.#table('entry').delete(named);
    }
  }

  #table(table: Table): Map<string, Rec> {
    const found = this.#tables.get(table) ?? new Map<string, Rec>();
    this.#tables.set(table, found);
    return found;
  }
}

function name(parts: readonly Part[]): string {
  return JSON.stringify(parts);
}

function byKey(one: Rec, other: Rec): number {
  if (one.key[1] !== other.key[1]) return one.key[1] < other.key[1] ? -1 : 1;
  return (one.key[2] ?? 0) - (other.key[2] ?? 0);
}
