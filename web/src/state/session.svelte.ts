/** Who is logged in here. */

import { redeem } from '../account/provider_login';
import { readRoute } from '../app/route';
import { hub } from './hub';
import { live } from './live';
import { shell } from './shell.svelte';

class SessionState {
  /** Whether this browser's memory was read: until then nobody knows. */
  known = $state(false);
  /** The session was ended from elsewhere, so that the entrance can say why one is there. */
  ended = $state(false);
  readonly #user = live(hub.session.user);
  #leaving = false;

  /** The user's handle; empty: nobody. */
  get user(): string {
    return this.#user.current ?? '';
  }

  async start(): Promise<void> {
    await hub.start();
    if (shell.route.view === 'login') await this.#comeBack();
    this.known = true;
  }

  /** Log out by oneself: the entrance then has nothing to explain. */
  async leave(work: () => Promise<void>): Promise<void> {
    this.#leaving = true;
    await work().finally(() => (this.#leaving = false));
  }

  /** Call once in an effect's root: notices that the session was ended from elsewhere. */
  follow(): void {
    let before = this.user;
    $effect(() => {
      if (this.user !== '') this.ended = false;
      else if (before !== '' && !this.#leaving) this.ended = true;
      before = this.user;
    });
  }

  /** From an identity provider, with a session to fetch; or without. */
  async #comeBack(): Promise<void> {
    if (shell.route.view !== 'login' || shell.route.error !== undefined) return;
    const signedIn = this.user === '' ? await redeem() : undefined;
    if (signedIn) await hub.session.adopt(signedIn);
    if (this.user === '') shell.route = { view: 'login', error: 'expired' };
    else shell.go(readRoute(signedIn?.return_to ?? '/'), true);
  }
}

export const session = new SessionState();
