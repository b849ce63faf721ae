/** Asking the server, as the parts of a client do it. */

import type { Line } from './connection/line.js';
import type { Asking, ReplyTo } from './words.js';

/** A request waits for its reply this long, reconnections included. Messages wait as long as the client runs. */
export const ANSWER_MS = 30_000;

/** The W3C traceparent of the span that is current now, if there is one. */
export type Traceparent = () => string | undefined;

/** What happens by itself belongs to no span. */
export function untraced(): undefined {
  return undefined;
}

/** What a request that is asked now says of its span. */
export function traceOf(traceparent: Traceparent): { traceparent?: string } {
  const current = traceparent();
  return current === undefined ? {} : { traceparent: current };
}

/** A new name for something that shall happen once: 128 random bits. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** Requests with their replies. All reject with HubbubError. */
export class Ask {
  readonly #line: () => Line;
  readonly #traceparent: Traceparent;

  /** `traceparent` names the span that what is asked belongs to. */
  constructor(line: () => Line, traceparent: Traceparent) {
    this.#line = line;
    this.#traceparent = traceparent;
  }

  /** Ask for something that changes nothing. */
  async read<R extends Asking>(request: R, patienceMs = ANSWER_MS): Promise<ReplyTo[R['type']]> {
    const traced = { ...request, ...traceOf(this.#traceparent) };
    return (await this.#line().ask(traced, patienceMs)) as ReplyTo[R['type']];
  }

  /** Ask for a change, under a name of its own: an `undecided` one can be repeated with the error's `msgId`. */
  write<R extends Asking>(request: R, patienceMs = ANSWER_MS): Promise<ReplyTo[R['type']]> {
    return this.read({ msg_id: newId(), ...request }, patienceMs);
  }
}
