/** Friends, requests and blocks. */

import type { Friends } from '@hubbub/client';
import { hub } from './hub';
import { live } from './live';

/** What is known of friends before anybody said anything. */
export const UNKNOWN_FRIENDS = hub.friends.lists.get();

class FriendsState {
  readonly #lists = live(hub.friends.lists);

  get lists(): Friends {
    return this.#lists.current;
  }

  /** Whether the server, or this browser's memory of it, has said who is a friend. */
  get known(): boolean {
    return this.lists !== UNKNOWN_FRIENDS;
  }

  isFriend(user: string): boolean {
    return this.lists.friends.includes(user);
  }

  isBlocked(user: string): boolean {
    return this.lists.blocked.includes(user);
  }
}

export const friends = new FriendsState();
