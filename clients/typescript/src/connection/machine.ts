/**
 * The three states of a client (protocol.md §4). Pure: an event and the time in, the next state and actions out.
 *
 *     disconnected --start--> connecting --welcomed--> connected
 *     connected, connecting --lost, failed--> connecting (a timer runs), or disconnected if the close code says stop
 *
 * The driver (link.ts) performs the actions in order and feeds what happens back as events. An event that has no row in
 * the table for the present state is late news, and ignored.
 */

import { SETTLED_MS, waitMs } from './backoff.js';
import { ABNORMAL, type AfterClose, ruleFor } from './closing.js';

/** After 4503 the client tries again after 60 s, at most (protocol.md §4). */
const CROWDED_WAIT_MS = 60_000;

const NORMAL = 1000;

/** The three states. */
export type Status = 'disconnected' | 'connecting' | 'connected';

/** Everything the machine remembers. Times in ms. */
export interface Machine {
  readonly status: Status;
  /** Attempts since the client was last settled. */
  readonly attempt: number;
  readonly connectedAt: number;
  /** A timer runs until the next attempt. */
  readonly waiting: boolean;
  /** The next attempt needs a new token. */
  readonly renew: boolean;
  /** Stopped because attempts ran out, not because coming back is pointless. */
  readonly tired: boolean;
  readonly byeCode: number | undefined;
  readonly byeWaitMs: number | undefined;
}

/** What the machine may know of the world: a monotonic clock in ms, a chance in 0 … 1, and the limit. */
export interface Around {
  readonly now: number;
  readonly chance: number;
  readonly maxAttempts: number;
}

/** What happens to a client. */
export type Happening =
  /** The application wants to be connected, now. */
  | { readonly type: 'start' }
  /** Somebody does not want to wait, or the machine woke up or got a network: try now what would be tried later. */
  | { readonly type: 'hurry' }
  /** The wait is over. */
  | { readonly type: 'due' }
  /** There is a fresh token. */
  | { readonly type: 'renewed' }
  /** There will be no fresh token: somebody has to log in. */
  | { readonly type: 'refused'; readonly reason: string }
  /** No connection came about. */
  | { readonly type: 'failed'; readonly reason: string }
  /** The server answered hello with welcome. */
  | { readonly type: 'welcomed' }
  /** The server announced the end of the connection (without `code`: it only said when to come back). */
  | { readonly type: 'bye'; readonly code?: number | undefined; readonly reconnectInMs?: number | undefined }
  /** The connection ended. */
  | { readonly type: 'lost'; readonly code: number }
  /** The application wants to be disconnected. */
  | { readonly type: 'stop' };

/** What the driver does. */
export type Action =
  /** Get a new token; answer with `renewed`, `refused` or `failed`. */
  | { readonly type: 'renew' }
  /** Connect and say hello; answer with `welcomed`, `failed` or `lost`. */
  | { readonly type: 'dial' }
  /** Answer with `due` after `ms`; `reason` tells a person why. */
  | { readonly type: 'wait'; readonly ms: number; readonly attempt: number; readonly reason: string }
  /** Close what is open, stop timers. */
  | { readonly type: 'hangUp' }
  /** The client has stopped and says so. */
  | { readonly type: 'halt'; readonly reason: string; readonly code?: number };

export type Step = readonly [Machine, readonly Action[]];
type Of<T extends Happening['type']> = Extract<Happening, { type: T }>;
type Row<T extends Happening['type']> = (machine: Machine, event: Of<T>, around: Around) => Step;
type Rows = { readonly [T in Happening['type']]?: Row<T> };

/** A client that was never started. */
export const AT_REST: Machine = {
  status: 'disconnected',
  attempt: 0,
  connectedAt: 0,
  waiting: false,
  renew: false,
  tired: false,
  byeCode: undefined,
  byeWaitMs: undefined,
};

const HANG_UP: Action = { type: 'hangUp' };

/** The next state and what to do now. */
export function step(machine: Machine, event: Happening, around: Around): Step {
  const row = TABLE[machine.status][event.type] as Row<Happening['type']> | undefined;
  return row === undefined ? [machine, []] : row(machine, event, around);
}

/** Whoever asks does not want to wait any longer, and does not want to hear of old attempts. */
const start: Row<'start'> = (machine) => {
  const [dialling, actions] = dial({ ...AT_REST, renew: machine.renew });
  return [dialling, [HANG_UP, ...actions]];
};

const startWhenTired: Row<'hurry'> = (machine, _event, around) =>
  machine.tired ? start(machine, { type: 'start' }, around) : [machine, []];

const hurry: Row<'hurry'> = (machine) => {
  if (!machine.waiting) return [machine, []];
  const [dialling, actions] = dial(machine);
  return [dialling, [HANG_UP, ...actions]];
};

const due: Row<'due'> = (machine) => (machine.waiting ? dial(machine) : [machine, []]);

function dial(machine: Machine): Step {
  const dialling: Machine = {
    ...machine,
    status: 'connecting',
    waiting: false,
    byeCode: undefined,
    byeWaitMs: undefined,
  };
  return [dialling, [{ type: machine.renew ? 'renew' : 'dial' }]];
}

const renewed: Row<'renewed'> = (machine) => [{ ...machine, renew: false }, [{ type: 'dial' }]];

const refused: Row<'refused'> = (_machine, event) => halt(AT_REST, event.reason);

const welcomed: Row<'welcomed'> = (machine, _event, around) => [
  { ...machine, status: 'connected', connectedAt: around.now },
  [],
];

const bye: Row<'bye'> = (machine, event) => [
  { ...machine, byeCode: event.code ?? machine.byeCode, byeWaitMs: event.reconnectInMs },
  [],
];

const failed: Row<'failed'> = (machine, event, around) =>
  comeBack(machine, event.reason, machine.byeWaitMs ?? waitMs(machine.attempt, around.chance), around);

/** The close code decides; a connection cut after `bye` ended with the code that `bye` named. */
const lost: Row<'lost'> = (machine, event, around) => {
  const code = event.code === ABNORMAL ? (machine.byeCode ?? ABNORMAL) : event.code;
  const rule = ruleFor(code);
  if (rule.then === 'stop') return halt(AT_REST, rule.text, code);
  const settled = machine.status === 'connected' && around.now - machine.connectedAt >= SETTLED_MS;
  const counted: Machine = {
    ...machine,
    attempt: settled ? 0 : machine.attempt,
    renew: machine.renew || rule.then === 'renew',
  };
  return comeBack(counted, rule.text, waitAfter(counted, rule.then, around.chance), around);
};

function waitAfter(machine: Machine, then: AfterClose, chance: number): number {
  const asked = machine.byeWaitMs;
  if (then === 'later') return Math.min(asked ?? CROWDED_WAIT_MS, CROWDED_WAIT_MS);
  return asked ?? waitMs(machine.attempt, chance);
}

function comeBack(machine: Machine, reason: string, ms: number, around: Around): Step {
  if (machine.attempt >= around.maxAttempts) {
    const text = `${reason}; gave up after ${machine.attempt} attempts`;
    return halt({ ...AT_REST, renew: machine.renew, tired: true }, text);
  }
  const attempt = machine.attempt + 1;
  const waiting: Machine = { ...AT_REST, status: 'connecting', attempt, waiting: true, renew: machine.renew };
  return [waiting, [HANG_UP, { type: 'wait', ms, attempt, reason }]];
}

function halt(machine: Machine, reason: string, code?: number): Step {
  return [machine, [HANG_UP, code === undefined ? { type: 'halt', reason } : { type: 'halt', reason, code }]];
}

const stop: Row<'stop'> = () => halt(AT_REST, 'stopped by the application', NORMAL);

const TABLE: Readonly<Record<Status, Rows>> = {
  disconnected: { start, hurry: startWhenTired },
  connecting: { start, hurry, due, renewed, refused, failed, welcomed, bye, lost, stop },
  connected: { bye, lost, stop },
};
