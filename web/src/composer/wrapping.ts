/** Bold, italic and the like, by keys: marks around what is selected, or taken away if they are there. */

export interface Selected {
  text: string;
  from: number;
  to: number;
}

export function wrapped({ text, from, to }: Selected, mark: string): Selected {
  const inside = text.slice(from, to);
  const around = text.slice(from - mark.length, from) === mark && text.slice(to, to + mark.length) === mark;
  if (around) {
    const without = text.slice(0, from - mark.length) + inside + text.slice(to + mark.length);
    return { text: without, from: from - mark.length, to: to - mark.length };
  }
  const marked = text.slice(0, from) + mark + inside + mark + text.slice(to);
  return { text: marked, from: from + mark.length, to: to + mark.length };
}

/** A character count as the server counts: code points. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const character of text) length += character === '' ? 0 : 1;
  return length;
}
