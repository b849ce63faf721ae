/** What the banner says about the connection. */

import type { ConnectionState } from '@hubbub/client';
import { hub } from './hub';
import { live } from './live';

class Connection {
  readonly #state = live(hub.state);
  readonly #outbox = live(hub.outbox);
  /** The browser's own word: without any network there is nothing to wait for. */
  online = $state(navigator.onLine);
  now = $state(Date.now());

  get state(): ConnectionState {
    return this.#state.current;
  }

  get connected(): boolean {
    return this.state.status === 'connected';
  }

  /** Whole seconds until the next attempt; undefined while one is going on. */
  get retryIn(): number | undefined {
    const { state } = this;
    if (state.status !== 'connecting' || state.retryAt === null) return undefined;
    return Math.max(Math.ceil((state.retryAt - this.now) / 1000), 0);
  }

  /** Messages that wait to be sent. */
  get waiting(): number {
    return this.#outbox.current.filter(({ sent, error }) => !sent && !error).length;
  }

  /** Call once in an effect: the seconds count only while they are shown. */
  follow(): void {
    $effect(() => {
      const stop = new AbortController();
      addEventListener('online', () => (this.online = true), stop);
      addEventListener('offline', () => (this.online = false), stop);
      return () => {
        stop.abort();
      };
    });
    $effect(() => {
      if (this.state.status !== 'connecting') return undefined;
      this.now = Date.now();
      const timer = setInterval(() => (this.now = Date.now()), 500);
      return () => {
        clearInterval(timer);
      };
    });
  }
}

export const connection = new Connection();
