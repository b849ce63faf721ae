/** When to send a ping, and when to give the server up (protocol.md §4). Pure: the time is an argument, in ms. */

/** What the heartbeat asks for now. */
export type Pulse = 'fine' | 'ping' | 'dead';

/**
 * A browser sees no WebSocket pings, so after `intervalMs` of silence the client asks, and gives the server up only if
 * an answer stays out for half as long again. A background tab, whose timers are a minute late, asks first as well.
 */
export class Heartbeat {
  readonly #intervalMs: number;
  #heardAt: number;
  #askedAt: number | undefined;
  #answerWithin: number;

  constructor(intervalMs: number, now: number) {
    this.#intervalMs = intervalMs;
    this.#heardAt = now;
    this.#answerWithin = intervalMs / 2;
  }

  /** Something arrived. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#askedAt = undefined;
  }

  /** Somebody doubts the connection: ask now, and expect the answer within `ms`. */
  doubt(now: number, ms: number): Pulse {
    if (this.#askedAt !== undefined) return 'fine';
    this.#askedAt = now;
    this.#answerWithin = ms;
    return 'ping';
  }

  /** What to do now; a `ping` counts as asked. */
  pulse(now: number): Pulse {
    if (this.#askedAt !== undefined) return now >= this.#askedAt + this.#answerWithin ? 'dead' : 'fine';
    return now >= this.#heardAt + this.#intervalMs ? this.doubt(now, this.#intervalMs / 2) : 'fine';
  }

  /** Milliseconds until `pulse` can say something new. */
  nextCheckIn(now: number): number {
    const due =
      this.#askedAt === undefined ? this.#heardAt + this.#intervalMs : this.#askedAt + this.#answerWithin;
    return Math.max(due - now, 0);
  }
}
