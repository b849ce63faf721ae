import type { Readable } from '../src/index.js';

const PATIENCE_MS = 120_000; // a condition that does not come true fails its test instead of hanging it

/** Resolves with the value once it fulfils the condition. */
export function until<T>(readable: Readable<T>, condition: (value: T) => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => {
      stop();
      reject(new Error(`waited in vain; the last value was ${JSON.stringify(readable.get())}`));
    }, PATIENCE_MS);
    const stop = readable.subscribe((value) => {
      if (!condition(value)) return;
      clearTimeout(giveUp);
      queueMicrotask(() => {
        stop();
      });
      resolve(value);
    });
  });
}
