/** Whether this user administers the server; asked once for each log-in, so that nobody else sees the way there. */

import { hub } from './hub';

class AdministrationState {
  allowed = $state(false);

  /** Call when somebody is logged in. A server that does not answer shows no way there, and `/admin` refuses anyway. */
  async look(): Promise<void> {
    this.allowed = await hub.administration.allowed().catch(() => false);
  }
}

export const administration = new AdministrationState();
