/** The list of chats. */

import type { Chat, Unread } from '@hubbub/client';
import { hub } from './hub';
import { live } from './live';
import { people } from './people.svelte';

class ChatsState {
  readonly #list = live(hub.chats.list);
  readonly #unread = live(hub.chats.unread);

  get list(): readonly Chat[] {
    return this.#list.current;
  }

  get unread(): Unread {
    return this.#unread.current;
  }

  nameOf(chat: Chat): string {
    return chat.peer === null ? chat.name : people.nameOf(chat.peer);
  }

  withPeer(user: string): Chat | undefined {
    return this.list.find(({ peer }) => peer === user);
  }
}

export const chats = new ChatsState();
