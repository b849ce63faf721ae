import type { Clock } from '../clock.js';

const HEADER_PRECISION_MS = 2_000; // a `Date` header counts seconds, and took its way

/**
 * What time it is at the server. This machine's clock may be wrong or jump: once the server has said its time, only
 * the monotonic clock counts.
 */
export class ServerTime {
  readonly #clock: Clock;
  #ahead: number; // of the monotonic clock, in ms

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#ahead = clock.now() - clock.monotonic();
  }

  /** Milliseconds since the epoch, by the server's clock. */
  now(): number {
    return Math.round(this.#clock.monotonic() + this.#ahead);
  }

  /** `welcome` said what time it is. */
  told(serverTime: number): void {
    this.#ahead = serverTime - this.#clock.monotonic();
  }

  /** A `Date` header did, which is less precise: it counts where it contradicts. */
  hinted(serverTime: number): void {
    if (Math.abs(serverTime - this.now()) > HEADER_PRECISION_MS) this.told(serverTime);
  }
}
