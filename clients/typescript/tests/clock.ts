import type { Clock } from '../src/index.js';

/** Time that a test moves. */
export class ManualClock implements Clock {
  #monotonic = 0;
  #ahead = 1_000_000;
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#monotonic + this.#ahead;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#monotonic + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Somebody sets this machine's clock. */
  set(now: number): void {
    this.#ahead = now - this.#monotonic;
  }

  /** Time passes; what is due runs, in order. */
  pass(ms: number): void {
    const end = this.#monotonic + ms;
    for (let next = this.#due(end); next; next = this.#due(end)) {
      this.#timers = this.#timers.filter((each) => each !== next);
      this.#monotonic = Math.max(this.#monotonic, next.at);
      next.run();
    }
    this.#monotonic = end;
  }

  /** Time passes, and what was begun in it is done before it goes on. */
  async settle(ms: number): Promise<void> {
    this.pass(ms);
    await settled();
  }

  #due(end: number): { at: number; run: () => void } | undefined {
    return this.#timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
  }
}

/** Everything that waits for nothing but its turn has had it. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
