/** Values of the SDK for components: reading `current` where Svelte watches keeps it watched. */

import type { Readable } from '@hubbub/client';
import { fromStore } from 'svelte/store';

export interface Live<T> {
  readonly current: T;
}

export function live<T>(readable: Readable<T>): Live<T> {
  return fromStore<T>(readable);
}

/** One live value a key, so that a thousand rows that show the same person watch them once. */
export class LiveMap<T> {
  readonly #held = new Map<string, Live<T>>();

  constructor(private readonly find: (key: string) => Readable<T>) {}

  of(key: string): T {
    const held = this.#held.get(key) ?? live(this.find(key));
    this.#held.set(key, held);
    return held.current;
  }

  clear(): void {
    this.#held.clear();
  }
}
