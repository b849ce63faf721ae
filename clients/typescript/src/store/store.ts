/** Where a client keeps things: records under keys, in a table each. One small interface, so that it is easily kept. */

/** The tables. Keys of `entry` are [chat, seq]; all others are one string. */
export type Table = 'meta' | 'chat' | 'entry' | 'outbox' | 'profile' | 'note';

/** A record's place: its table, then one or two parts. Keys sort by parts; numbers as numbers. */
export type Key = readonly [Table, string] | readonly [Table, string, number];

/** One change. `from` … `to` (both included) of a chat's entries may be dropped together. */
export type Change =
  | { readonly put: Key; readonly value: unknown }
  | { readonly drop: Key }
  | { readonly dropEntries: string; readonly from: number; readonly to: number }
  | { readonly dropTable: Table };

/**
 * Remembers. Values are plain data (what structured cloning can copy), and are copies: changing one changes nothing.
 * Implementations: MemoryStore, IndexedDbStore; suite: tests/unit/store.test.ts.
 */
export interface Store {
  /** One record; undefined where there is none. */
  get(key: Key): Promise<unknown>;
  /** All values of a table, or of one chat's entries, in the order of their keys. */
  list(table: Table, chat?: string): Promise<unknown[]>;
  /**
   * Changes, in order: all of them happen, or none. Rejects with an error named `QuotaExceededError` where there is no
   * room for them.
   */
  apply(changes: readonly Change[]): Promise<void>;
  /** Forget everything. */
  wipe(): Promise<void>;
  /** Let it go. What was applied stays. */
  close(): void;
}
