/** The emoji there are, and how they are found by a word. */

export interface Emoji {
  sign: string;
  group: number;
  name: string;
  /** Name and keywords, in lower case. */
  words: string;
}

/** One emoji a line, its fields parted by tabs (build/emoji.ts). */
export function readEmoji(lines: string): Emoji[] {
  return lines.split('\n').map((line) => {
    const [sign = '', group = '0', name = '', tags = ''] = line.split('\t');
    return { sign, group: Number(group), name, words: `${name} ${tags}`.toLowerCase() };
  });
}

/** Those that match, best first: the name itself, a name that begins so, a word that begins so, anything else. */
export function searchEmoji(all: readonly Emoji[], query: string, limit = 200): Emoji[] {
  const wanted = query.trim().toLowerCase().replaceAll('_', ' ');
  if (wanted === '') return [];
  const found: [number, Emoji][] = [];
  for (const emoji of all) {
    const rank = rankOf(emoji, wanted);
    if (rank !== undefined) found.push([rank, emoji]);
  }
  return found
    .sort(([a], [b]) => a - b)
    .slice(0, limit)
    .map(([, emoji]) => emoji);
}

function rankOf({ sign, name, words }: Emoji, wanted: string): number | undefined {
  const lower = name.toLowerCase();
  if (lower === wanted || sign === wanted) return 0;
  if (lower.startsWith(wanted)) return 1;
  if (words.includes(` ${wanted}`)) return 2;
  return words.includes(wanted) ? 3 : undefined;
}

/** The newest first, each once, no more than fit on two lines. */
export function withRecent(recent: readonly string[], used: string, limit = 16): string[] {
  return [used, ...recent.filter((sign) => sign !== used)].slice(0, limit);
}
