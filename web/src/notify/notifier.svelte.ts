/** Tells a person who looks elsewhere: notifications of the system, a tone, the title and the icon of the tab. */

import type { Arrival } from '@hubbub/client';
import { formats, t } from '../i18n/index.svelte';
import { plainText } from '../markdown/ast';
import { mentions } from '../markdown/mentions';
import { parseMarkdown } from '../markdown/parse';
import { attention } from '../state/attention.svelte';
import { chats } from '../state/chats.svelte';
import { friends } from '../state/friends.svelte';
import { hub } from '../state/hub';
import { people } from '../state/people.svelte';
import { preferences } from '../state/preferences.svelte';
import { session } from '../state/session.svelte';
import { shell } from '../state/shell.svelte';
import { iconOf, isWorthTelling, titleOf } from './decide';
import { playTone } from './tone';

const SHOWN = 240; // characters: systems cut notifications off there, or sooner

/** Call once in an effect's root, while somebody is logged in. */
export function startNotifying(): void {
  $effect(() => hub.onMessage(arrived));
  $effect(() => {
    const chat = chats.list.find((each) => each.chat === shell.chat);
    const place = chat && chats.nameOf(chat);
    document.title = titleOf(chats.unread.messages, place, (count) => formats().badge(count));
    document.querySelector('link[rel=icon]')?.setAttribute('href', iconOf(chats.unread));
  });
  $effect(() => () => {
    document.title = titleOf(0, undefined, String);
  });
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
  if (!worth) return;
  if (preferences.sound) playTone();
  if (preferences.desktop && !attention.here) notify(chat, message.from, content);
}

/** For screen readers: what was said in the chat one is in. */
function speak(from: string, content: string): void {
  if (!friends.isBlocked(from))
    shell.speak(t().message.said(people.nameOf(from), plainText(parseMarkdown(content))));
}

function notify(chat: Arrival['chat'], from: string, content: string): void {
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return;
  const who = people.nameOf(from);
  const shown = new Notification(chat.peer === null ? `${who} · ${chat.name}` : who, {
    body: plainText(parseMarkdown(content)).slice(0, SHOWN),
    tag: chat.chat, // one a chat: the newest takes the place of the one before
    icon: people.pictureOf(from) ?? '/icon-192.png',
  });
  shown.onclick = () => {
    globalThis.focus();
    shell.go({ view: 'chat', chat: chat.chat });
    shown.close();
  };
}
