/** Colours and initials people and rooms are shown with. */

export const HUES = 8;

/** The same user has the same hue everywhere: FNV-1a of the name. */
export function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0) % HUES;
}

const SEGMENTER = new Intl.Segmenter();

/** One or two letters: of the first and the last word, or the first sign where a script has no capitals. */
export function initialsOf(name: string): string {
  const words = name
    .trim()
    .split(/[\s_.-]+/u)
    .filter((word) => word !== '');
  const first = firstSign(words[0] ?? '?');
  const last = words.length > 1 ? firstSign(words.at(-1) ?? '') : '';
  return /^\p{L}$/u.test(first) && /[\p{Lu}\p{Ll}]/u.test(first) ? (first + last).toLocaleUpperCase() : first;
}

function firstSign(word: string): string {
  for (const { segment } of SEGMENTER.segment(word)) return segment;
  return '';
}
