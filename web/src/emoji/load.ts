/** Emoji are fetched when they are first wanted, in the language in force. */

import type { Language } from '../i18n/choose';
import { readEmoji, type Emoji } from './search';

const CHUNKS: Record<Language, () => Promise<{ default: string }>> = {
  en: () => import('virtual:emoji/en'),
  'zh-Hans': () => import('virtual:emoji/zh-Hans'),
};
const loaded = new Map<Language, Promise<Emoji[]>>();

export function loadEmoji(language: Language): Promise<Emoji[]> {
  const known = loaded.get(language) ?? CHUNKS[language]().then((chunk) => readEmoji(chunk.default));
  loaded.set(language, known);
  known.catch(() => loaded.delete(language)); // offline: the next wish asks again
  return known;
}
