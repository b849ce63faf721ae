import type { Store } from './store.js';

/** Small things under names. What is written in one tab is there for the next `get` of another. */
export class Notes {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** What was noted under a name; undefined if nothing was. */
  get(name: string): Promise<unknown> {
    return this.#store.get(['note', name]);
  }

  /** Note plain data under a name; undefined takes the note away. */
  async set(name: string, value: unknown): Promise<void> {
    await this.#store.apply([
      value === undefined ? { drop: ['note', name] } : { put: ['note', name], value },
    ]);
  }
}
