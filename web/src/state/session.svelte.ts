/** Who is logged in here. */

import { hub } from './hub';
import { live } from './live';

class SessionState {
  /** Whether this browser's memory was read: until then nobody knows. */
  known = $state(false);
  /** The session was ended from elsewhere, so that the entrance can say why one is there. */
  ended = $state(false);
  readonly #user = live(hub.session.user);

  /** The user's handle; empty: nobody. */
  get user(): string {
    return this.#user.current ?? '';
  }

  async start(): Promise<void> {
    await hub.start();
    this.known = true;
  }
}

export const session = new SessionState();
