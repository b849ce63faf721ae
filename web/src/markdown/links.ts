/** Which addresses a message may link to, and where an address in running text ends. */

const SCHEMES = new Set(['http:', 'https:', 'mailto:']);
const BIDI_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const CLOSING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
const TRAILING = /[.,;:!?'"*_~|>]/u;

/** A sticky pattern: `https://…` up to white space, quotes, brackets of markup, or CJK punctuation. */
export const ADDRESS =
  /(?:https?:\/\/|mailto:)[^\s<>"`\u3000-\u303f\uff00-\uff20\uff3b-\uff40\uff5b-\uff65]+/iuy;

/** The address as a browser would follow it, or undefined if no message may link there. */
export function safeHref(address: string): string | undefined {
  if (BIDI_CONTROLS.test(address)) return undefined;
  try {
    const url = new URL(address);
    return SCHEMES.has(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** Cut what belongs to the sentence rather than to the address: `(see https://example.org/a_(b)).` */
export function trimAddress(address: string): string {
  let end = address.length;
  while (end > 0 && endsSentence(address, end)) end -= 1;
  return address.slice(0, end);
}

function endsSentence(address: string, end: number): boolean {
  const last = address.charAt(end - 1);
  if (TRAILING.test(last)) return true;
  const opening = CLOSING[last];
  return opening !== undefined && count(address, last, end) > count(address, opening, end);
}

function count(text: string, character: string, end: number): number {
  let found = 0;
  for (let at = text.indexOf(character); at >= 0 && at < end; at = text.indexOf(character, at + 1))
    found += 1;
  return found;
}

/** Whether a link's words claim another host than the one it leads to. */
export function misleads(words: string, href: string): boolean {
  const claimed = /^\s*(?:https?:\/\/)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?:[/:?#\s]|$)/iu.exec(words)?.[1];
  return claimed !== undefined && claimed.toLowerCase() !== new URL(href).hostname;
}
