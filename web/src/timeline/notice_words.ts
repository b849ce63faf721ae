/** What is said of an entry that is no message: in the history, and as the last thing that happened in a chat. */

import type { Chat, MemberItem, RenamedItem } from '@hubbub/client';
import type { Words } from '../i18n/en';

export interface NoticeWorld {
  words: Words;
  nameOf: (user: string) => string;
  until: (ts: number) => string;
}

/** What a notice shows, of all that an item has. */
type Notice =
  | Pick<MemberItem, 'kind' | 'from' | 'user' | 'change' | 'until' | 'role'>
  | Pick<RenamedItem, 'kind' | 'from' | 'name'>;

/** The last thing that happened in a chat of which no message is known. */
export function happenedWords(entry: NonNullable<Chat['happened']>, world: NoticeWorld): string {
  const { words, nameOf } = world;
  const by = nameOf(entry.from);
  switch (entry.type) {
    case 'member':
      return noticeWords({ until: null, role: null, ...entry, kind: 'member' }, world);
    case 'renamed':
      return noticeWords({ ...entry, kind: 'renamed' }, world);
    case 'edited':
      return words.chats.edited(by);
    case 'deleted':
      return words.chats.deleted(by);
    case 'reacted':
      return words.chats[entry.on ? 'reacted' : 'unreacted'](by, entry.emoji);
  }
}

export function noticeWords(item: Notice, { words, nameOf, until }: NoticeWorld): string {
  const by = nameOf(item.from);
  if (item.kind === 'renamed') return words.notice.renamed(by, item.name);
  const name = nameOf(item.user);
  switch (item.change) {
    case 'joined':
      return item.user === item.from ? words.notice.joined(name) : words.notice.invited(name, by);
    case 'left':
      return words.notice.left(name);
    case 'kicked':
      return words.notice.kicked(name, by);
    case 'banned':
      return words.notice.banned(name, by);
    case 'unbanned':
      return words.notice.unbanned(name, by);
    case 'muted':
      return item.until ? words.notice.muted(name, by, until(item.until)) : words.notice.unmuted(name, by);
    case 'role':
      return words.notice.role(name, by, roleWord(item.role, words));
  }
}

function roleWord(role: string | null, { people }: Words): string {
  return { owner: people.anOwner, admin: people.anAdmin }[role ?? ''] ?? people.aMember;
}
