/** What a client does after a close code: the table of protocol.md §4. */

import type { CloseCode } from '../wire.js';

/** The code RFC 6455 §7.4.1 gives to a connection that ended without a close frame. */
export const ABNORMAL = 1006;

/**
 * - `stop`: coming back would end the same way.
 * - `reconnect`: come back after `reconnect_in_ms` of `bye`, else after a random wait.
 * - `renew`: get a new token, then come back.
 * - `later`: come back after a minute, or sooner if `bye` said so.
 */
export type AfterClose = 'stop' | 'reconnect' | 'renew' | 'later';

/** One row: what to do, and why the connection ended, for people. */
export interface Rule {
  readonly then: AfterClose;
  readonly text: string;
}

const BUG = 'server and client do not understand each other (a bug)';

/** A row for every code the server sends; a code without one does not compile. */
export const RULES: Readonly<Record<CloseCode, Rule>> = {
  1000: { then: 'stop', text: 'the server ended the connection' },
  1001: { then: 'reconnect', text: 'the server is going away' },
  1002: { then: 'stop', text: BUG },
  1003: { then: 'stop', text: BUG },
  1007: { then: 'stop', text: BUG },
  1009: { then: 'stop', text: 'an envelope was too big (a bug)' },
  1012: { then: 'reconnect', text: 'the server restarts' },
  4000: { then: 'reconnect', text: 'the server had an internal error' },
  4001: { then: 'reconnect', text: 'this client read too slowly' },
  4002: { then: 'reconnect', text: 'logging in took too long' },
  4003: { then: 'reconnect', text: 'the server did not hear from this client' },
  4029: { then: 'reconnect', text: 'this client sent too much' },
  4500: { then: 'renew', text: 'the session needs a new token' },
  4501: { then: 'stop', text: 'the session was ended: log in again' },
  4502: { then: 'stop', text: BUG },
  4503: { then: 'later', text: 'this user has too many connections' },
};

const COME_BACK: Rule = { then: 'reconnect', text: 'it broke off' };
const NOT_AS_YOU_ARE: Rule = { then: 'stop', text: 'the server does not want this client as it is' };

/** The row for a close code: 4500–4999 that are not listed stop, all others come back. */
export function ruleFor(code: number): Rule {
  const listed: Readonly<Record<number, Rule>> = RULES;
  return listed[code] ?? (code >= 4500 && code <= 4999 ? NOT_AS_YOU_ARE : COME_BACK);
}
