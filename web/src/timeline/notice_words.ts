/** What a notice in the history says. */

import type { MemberItem, RenamedItem } from '@hubbub/client';
import type { Words } from '../i18n/en';

interface World {
  words: Words;
  nameOf: (user: string) => string;
  until: (ts: number) => string;
}

export function noticeWords(item: MemberItem | RenamedItem, { words, nameOf, until }: World): string {
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
