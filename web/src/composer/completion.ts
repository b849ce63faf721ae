/** What is being typed before the caret, and what could complete it: `@ali` a person, `:smi` an emoji. */

export interface Started {
  kind: 'mention' | 'emoji';
  query: string;
  /** Where the sign stands; what is between it and the caret is replaced. */
  from: number;
}

const MENTION = /(?:^|[\s(])@([a-z0-9_.:-]{0,40})$/iu;
const EMOJI = /(?:^|[\s(]):([\p{L}\p{N}_+-]{2,30})$/u;

export function startedAt(text: string, caret: number): Started | undefined {
  const before = text.slice(0, caret);
  const mention = MENTION.exec(before)?.[1];
  if (mention !== undefined) return { kind: 'mention', query: mention, from: caret - mention.length - 1 };
  const emoji = EMOJI.exec(before)?.[1];
  return emoji === undefined ? undefined : { kind: 'emoji', query: emoji, from: caret - emoji.length - 1 };
}

/** The text with the completion in it, and where the caret goes. */
export function completed(
  text: string,
  started: Started,
  caret: number,
  by: string,
): { text: string; caret: number } {
  const head = `${text.slice(0, started.from)}${by} `;
  return { text: head + text.slice(caret).replace(/^ /u, ''), caret: head.length };
}

/** People whose user or display name begins with what was typed, or has a word that does. */
export function matchPeople<T extends { user: string; name: string }>(
  all: readonly T[],
  query: string,
  limit = 6,
): T[] {
  const wanted = query.toLocaleLowerCase();
  const ranked = all.map((person) => ({ person, rank: rankOf(person, wanted) }));
  return ranked
    .filter(({ rank }) => rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map(({ person }) => person);
}

function rankOf({ user, name }: { user: string; name: string }, wanted: string): number {
  const lower = name.toLocaleLowerCase();
  if (user.startsWith(wanted) || lower.startsWith(wanted)) return 0;
  if (lower.split(/\s+/u).some((word) => word.startsWith(wanted))) return 1;
  return lower.includes(wanted) ? 2 : 3;
}
