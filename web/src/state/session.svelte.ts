/** Who is logged in here. */

import { redeem, returnIn, type Return } from '../account/provider_login';
import { readRoute } from '../app/route';
import { hub } from './hub';
import { live } from './live';
import { shell } from './shell.svelte';

class SessionState {
  /** Whether this browser's memory was read: until then nobody knows. */
  known = $state(false);
  /** Why logging in through a provider did not work; a word of docs/web.md. */
  failure: string | undefined = $state();
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
    const back = returnIn(location.search);
    if (back) history.replaceState(null, '', location.pathname + location.hash);
    if (back && this.user === '') await this.#comeBack(back);
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

  async #comeBack(back: Return): Promise<void> {
    const signedIn = back.kind === 'session' ? await redeem() : undefined;
    if (signedIn === undefined) this.failure = back.kind === 'failed' ? back.error : 'expired';
    else {
      await hub.session.adopt(signedIn);
      shell.go(readRoute(signedIn.return_to.replace(/^\/(?=#)/u, '')));
    }
  }
}

export const session = new SessionState();
