import type { ErrorCode } from './wire.js';

/**
 * What can go wrong without the server having said so.
 *
 * - `stopped`: the client is not connected and does not try to be; nothing was sent. Log in, or `retryNow()`.
 * - `undecided`: no answer to a request that changes something. It may have happened; the same call with the error's
 *   `msgId` gets the first answer. (Messages are different: they stay in the outbox until they are decided.)
 * - `no_answer`: no answer to a request that only reads.
 * - `unreachable`: the HTTP API did not answer.
 * - `full`: too much waits for answers; this was not taken.
 */
export type LocalCode = 'stopped' | 'undecided' | 'no_answer' | 'unreachable' | 'full';

/** Everything this package rejects with. `code` is for programs, `message` for logs. */
export class HubbubError extends Error {
  override readonly name = 'HubbubError';

  constructor(
    /** Why: the server's word for it (protocol.md §5: it refused, and changed nothing), or a `LocalCode`. */
    readonly code: ErrorCode | LocalCode,
    message: string = code,
    /** For `rate_limited`: milliseconds until it is worth trying again. */
    readonly retryAfterMs?: number,
    /** For `undecided`: the id under which the request can be repeated without happening twice. */
    readonly msgId?: string,
  ) {
    super(message);
  }
}
