/** Full-jitter waits between attempts (protocol.md §4). Times are in ms. */

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** Connected this long, attempts count from zero again. */
export const SETTLED_MS = 60_000;

/**
 * How long to wait before the next attempt: uniform in 0 … min(30 s, 1 s · 2^attempt) for a uniform `chance` in 0 … 1.
 * `attempt` is the number of attempts since the client was last settled.
 */
export function waitMs(attempt: number, chance: number): number {
  return chance * Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
}
