/**
 * `virtual:emoji/en` and `virtual:emoji/zh-Hans`: every emoji with its group, name and keywords, one a line, made from
 * emojibase (Unicode CLDR) when the app is built. A line is 50 bytes, where the package has 300.
 */

import { createRequire } from 'node:module';
import type { Plugin } from 'vite';

interface Emoji {
  emoji: string;
  label: string;
  tags?: string[];
  group?: number;
  order?: number;
}

const FOLDERS: Record<string, string> = { en: 'en', 'zh-Hans': 'zh' };
const COMPONENTS = 2; // emojibase's group of skin tones and hair, which are no emoji by themselves
const LONGEST = 32; // bytes of a reaction, protocol.md §5

/** A sign that is an emoji by itself needs no selector saying so; with and without would be two reactions. */
function bare(sign: string): string {
  return sign.replace(/(\p{Emoji_Presentation})\ufe0f/gu, '$1');
}

export function emojiLines(data: readonly Emoji[]): string {
  return data
    .filter(
      ({ emoji, group }) =>
        group !== undefined && group !== COMPONENTS && Buffer.byteLength(emoji) <= LONGEST,
    )
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map(({ emoji, group = 0, label, tags = [] }) =>
      [
        bare(emoji),
        group > COMPONENTS ? group - 1 : group,
        label,
        tags.filter((tag) => !label.includes(tag)).join(' '),
      ].join('\t'),
    )
    .join('\n');
}

export function emoji(): Plugin {
  const require = createRequire(import.meta.url);
  const prefix = 'virtual:emoji/';
  return {
    name: 'hubbub-emoji',
    resolveId: (id) => (id.startsWith(prefix) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${prefix}`)) return undefined;
      const folder = FOLDERS[id.slice(prefix.length + 1)];
      if (folder === undefined) throw new Error(`no emoji in this language: ${id}`);
      const data = require(`emojibase-data/${folder}/data.json`) as Emoji[];
      return `export default ${JSON.stringify(emojiLines(data))}`;
    },
  };
}
