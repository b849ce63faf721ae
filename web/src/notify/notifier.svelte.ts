/** Tells a person who looks elsewhere: notifications of the system, a tone, the title and the icon of the tab. */

import type { Arrival, Friends } from '@hubbub/client';
import { formats, t } from '../i18n/index.svelte';
import { previewOf } from '../markdown/preview';
import { mentions } from '../markdown/mentions';
import { attention } from '../state/attention.svelte';
import { chats } from '../state/chats.svelte';
import { friends, UNKNOWN_FRIENDS } from '../state/friends.svelte';
import { hub } from '../state/hub';
import { people } from '../state/people.svelte';
import { preferences } from '../state/preferences.svelte';
import { session } from '../state/session.svelte';
import { shell } from '../state/shell.svelte';
import { iconOf, isWorthTelling, titleOf } from './decide';
import { playTone } from './tone';

const nameOf = (user: string) => people.nameOf(user);

/** Call once in an effect's root, while somebody is logged in. */
export function startNotifying(): void {
  $effect(() => hub.onMessage(arrived));
  $effect(() => {
    const chat = chats.list.find((each) => each.chat === shell.chat);
    const place = chat && chats.nameOf(chat);
    document.title = titleOf(chats.unread.messages, place, (count) => formats().badge(count));
    document.querySelector('link[rel=icon]')?.setAttribute('href', iconOf(chats.unread));
  });
  let before = friends.lists;
  $effect(() => {
    const now = friends.lists;
    if (before !== UNKNOWN_FRIENDS) tellOfFriends(before, now);
    before = now;
  });
  $effect(() => () => {
    document.title = titleOf(0, undefined, String);
  });
}

function tellOfFriends(before: Friends, now: Friends): void {
  for (const user of now.incoming) {
    if (!before.incoming.includes(user)) shell.tell(t().notify.friendRequest(people.nameOf(user)));
  }
  for (const user of now.friends) {
    if (before.outgoing.includes(user)) shell.tell(t().notify.friendAccepted(people.nameOf(user)));
  }
}

function arrived({ chat, message, replayed }: Arrival): void {
  const content = message.content ?? '';
  const looking = attention.here && shell.chat === chat.chat;
  if (looking && !replayed) speak(message.from, content);
  const worth = isWorthTelling({
    level: preferences.notifyOf(chat.chat),
    mentioned: mentions(content, session.user),
    direct: chat.peer !== null,
    looking,
    replayed,
    hidden: friends.isBlocked(message.from),
  });
  if (!worth || !hub.leads.get()) return; // of several tabs, one tells
  if (preferences.sound) playTone();
  if (preferences.desktop && !attention.here) notify(chat, message.from, content);
}

/** For screen readers: what was said in the chat one is in. */
function speak(from: string, content: string): void {
  if (!friends.isBlocked(from))
    shell.speak(t().message.said(people.nameOf(from), previewOf(content, nameOf)));
}

function notify(chat: Arrival['chat'], from: string, content: string): void {
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return;
  const who = people.nameOf(from);
  const shown = new Notification(chat.peer === null ? `${who} · ${chat.name}` : who, {
    body: previewOf(content, nameOf),
    tag: chat.chat, // one a chat: the newest takes the place of the one before
    icon: people.pictureOf(from) ?? '/icon-192.png',
  });
  shown.onclick = () => {
    globalThis.focus();
    shell.go({ view: 'chat', chat: chat.chat });
    shown.close();
  };
}
