import type { LocksLike, TabsPlatform } from '../src/index.js';

/** Web Locks in one process (Node has them from 24 on): exclusive, first come, first served. */
export class Locks implements LocksLike {
  readonly #queues = new Map<string, Promise<unknown>>();

  async request(
    name: string,
    { signal }: { signal?: AbortSignal },
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const before = this.#queues.get(name) ?? Promise.resolve();
    const turn = before.then(() =>
      signal?.aborted === true ? Promise.reject(new Error('aborted')) : work(),
    );
    this.#queues.set(
      name,
      turn.catch(() => undefined),
    );
    return turn;
  }
}

/** A browser: its tabs share locks and channels. */
export function browser(): TabsPlatform {
  return { locks: new Locks(), channel: (name) => new BroadcastChannel(name) };
}
