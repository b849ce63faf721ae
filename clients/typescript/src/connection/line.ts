import type { Reply, Request } from '../wire.js';

/** A way to the server. Implementations: Link (this tab's own connection), Tabs (that of the leading tab). */
export interface Line {
  /** Connect, and stay connected. */
  start(): void;
  /** Do not wait for the next attempt; where there is a connection, find out whether it is one. */
  hurry(): void;
  /** Disconnect and stay so. */
  stop(): void;
  /** Send a request now or when there is a connection. Rejects with HubbubError; `patienceMs` bounds the wait. */
  ask(request: Request, patienceMs: number): Promise<Reply>;
  /** Send a request that has no reply, if that can be done now. */
  tell(request: Request): void;
}
