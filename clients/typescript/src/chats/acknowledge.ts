/** Tells the server what arrived and what was read, merged: at most one report a second and chat (protocol.md §2). */

import type { Clock } from '../clock.js';

const MERGE_MS = 1_000; // as often as the server tells others; more would be thrown away there

export type Reported = 'received' | 'read';

/** Cursors to report. A later one covers an earlier one, so at most one of a kind and chat waits. */
export class Acknowledger {
  readonly #report: (kind: Reported, chat: string, seq: number) => Promise<void>;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, { kind: Reported; chat: string; seq: number }>();
  #cancel: (() => void) | undefined;

  constructor(report: (kind: Reported, chat: string, seq: number) => Promise<void>, clock: Clock) {
    this.#report = report;
    this.#clock = clock;
  }

  /** Everything up to `seq` was received, or read, which covers received. */
  note(kind: Reported, chat: string, seq: number): void {
    const other = this.#waiting.get(`read ${chat}`);
    if (kind === 'received' && other !== undefined && other.seq >= seq) return;
    if (kind === 'read') this.#drop('received', chat, seq);
    const before = this.#waiting.get(`${kind} ${chat}`)?.seq ?? 0;
    this.#waiting.set(`${kind} ${chat}`, { kind, chat, seq: Math.max(before, seq) });
    this.#cancel ??= this.#clock.after(MERGE_MS, () => {
      this.flush();
    });
  }

  /** Report now what waits. A report that fails waits for the next flush, unless a later one covers it. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const each of waiting) void this.#send(each);
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting.clear();
  }

  async #send(each: { kind: Reported; chat: string; seq: number }): Promise<void> {
    await this.#report(each.kind, each.chat, each.seq).catch(() => {
      const key = `${each.kind} ${each.chat}`;
      if ((this.#waiting.get(key)?.seq ?? 0) < each.seq) this.#waiting.set(key, each);
    });
  }

  #drop(kind: Reported, chat: string, upTo: number): void {
    const key = `${kind} ${chat}`;
    if ((this.#waiting.get(key)?.seq ?? Infinity) <= upTo) this.#waiting.delete(key);
  }
}
