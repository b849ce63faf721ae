/** The words, names and times in which whoever looks is told what happened. Read in an effect, it follows them. */

import { formats, t } from '../i18n/index.svelte';
import { clock } from '../state/clock.svelte';
import { people } from '../state/people.svelte';
import type { NoticeWorld } from './notice_words';

export function noticeWorld(): NoticeWorld {
  return {
    words: t(),
    nameOf: (user) => people.nameOf(user),
    until: (ts) => formats().until(ts, clock.minute),
  };
}
