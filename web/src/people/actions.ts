/** What can be done with people, asked twice where it is not easily undone. */

import { t } from '../i18n/index.svelte';
import { hub } from '../state/hub';
import { chats } from '../state/chats.svelte';
import { people } from '../state/people.svelte';
import { shell } from '../state/shell.svelte';

export async function askToUnfriend(user: string): Promise<void> {
  const words = t().friends;
  const name = people.nameOf(user);
  const sure = await shell.ask({
    title: words.remove,
    text: words.removeSure(name),
    action: words.remove,
    danger: true,
  });
  if (sure) await shell.attempt(() => hub.friends.unfriend(user));
}

export async function askToBlock(user: string): Promise<void> {
  const words = t().friends;
  const name = people.nameOf(user);
  const sure = await shell.ask({
    title: words.block,
    text: words.blockSure(name),
    action: words.block,
    danger: true,
  });
  if (sure) await shell.attempt(() => hub.friends.block(user));
}

/** Open the private chat with a user: that with a friend exists since the friendship does, another begins with words. */
export function openChatWith(user: string): void {
  const chat = chats.withPeer(user);
  if (chat) shell.go({ view: 'chat', chat: chat.chat });
  else shell.open({ kind: 'firstMessage', user });
}
