/** Whether a message is worth interrupting somebody. Pure. */

import type { Notify } from '../state/preferences.svelte';

export interface Occasion {
  level: Notify;
  /** The message names the user. */
  mentioned: boolean;
  /** The chat is private: everything in it is said to the user. */
  direct: boolean;
  /** The person looks at this chat right now. */
  looking: boolean;
  /** It was said before this connection began: one is catching up. */
  replayed: boolean;
  /** By somebody the user blocked. */
  hidden: boolean;
}

export function isWorthTelling({ level, mentioned, direct, looking, replayed, hidden }: Occasion): boolean {
  if (looking || replayed || hidden || level === 'nothing') return false;
  return level === 'all' || mentioned || direct;
}

/** What the window's title says: "(3) Lobby – Hubbub". */
export function titleOf(unread: number, place: string | undefined, badge: (count: number) => string): string {
  const name = place === undefined || place === '' ? 'Hubbub' : `${place} – Hubbub`;
  return unread > 0 ? `(${badge(unread)}) ${name}` : name;
}

/** Which icon the tab wears. */
export function iconOf(unread: { messages: number; mentions: number }): string {
  if (unread.mentions > 0) return '/favicon-mentioned.svg';
  return unread.messages > 0 ? '/favicon-unread.svg' : '/favicon.svg';
}
