/** Friends, requests and blocks. All calls reject with HubbubError. */

import type { Ask } from '../ask.js';
import { Cell, type Readable } from '../observable.js';
import { type Friends, NOBODY } from './people.js';

/** See `Client.friends`. */
export class Relations {
  readonly #ask: Ask;
  readonly #lists = new Cell<Friends>(NOBODY);

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Friends, requests both ways, blocked users; each sorted. */
  get lists(): Readable<Friends> {
    return this.#lists;
  }

  /** Ask somebody to be friends. */
  befriend(user: string): Promise<void> {
    return this.#change('befriend', user);
  }

  /** Say yes to a friend request; a private chat comes with it. */
  accept(user: string): Promise<void> {
    return this.#change('accept', user);
  }

  /** Say no to a friend request. */
  decline(user: string): Promise<void> {
    return this.#change('decline', user);
  }

  /** End a friendship, or take back one's own request. */
  unfriend(user: string): Promise<void> {
    return this.#change('unfriend', user);
  }

  /** Hear nothing more from somebody in private; their messages in rooms are flagged `hidden`. */
  block(user: string): Promise<void> {
    return this.#change('block', user);
  }

  unblock(user: string): Promise<void> {
    return this.#change('unblock', user);
  }

  /** Ask for the lists again. */
  async refresh(): Promise<void> {
    const { friends, incoming, outgoing, blocked } = await this.#ask.read({ type: 'friends' });
    this.#lists.set({ friends, incoming, outgoing, blocked });
  }

  /** What was kept on this machine; nobody when the user left. */
  restore(lists: Friends = NOBODY): void {
    this.#lists.set(lists);
  }

  async #change(
    type: 'befriend' | 'accept' | 'decline' | 'unfriend' | 'block' | 'unblock',
    user: string,
  ): Promise<void> {
    await this.#ask.write({ type, user });
    await this.refresh();
  }
}
