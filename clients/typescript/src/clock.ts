/** Time, as the client sees it. Tests bring their own. */
export interface Clock {
  /** Milliseconds since the epoch by this machine; it may be wrong, and may jump. */
  now(): number;
  /** Milliseconds that only rise, from no particular time. */
  monotonic(): number;
  /** Calls `run` once after `ms`, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void;
}

const LONGEST_MS = 2 ** 31 - 1; // beyond it a timer of the platform is due at once

/** This machine's time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), LONGEST_MS));
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Resolves after `ms`. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
