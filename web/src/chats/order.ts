/** What a search finds in the list, and the next chat for the keys that walk through it. */

/** Names that contain every word asked for, whatever the case. */
export function matching<T>(all: readonly T[], query: string, nameOf: (each: T) => string): T[] {
  const words = query
    .toLocaleLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== '');
  return all.filter((each) => {
    const name = nameOf(each).toLocaleLowerCase();
    return words.every((word) => name.includes(word));
  });
}

/** The chat `step` places further (around the ends), only unread ones if so wished. */
export function neighbour<T extends { chat: string; unread: number }>(
  chats: readonly T[],
  current: string | undefined,
  step: 1 | -1,
  onlyUnread: boolean,
): T | undefined {
  const found = chats.findIndex((each) => each.chat === current);
  const at = found < 0 && step < 0 ? 0 : found;
  for (let away = 1; away <= chats.length; away += 1) {
    const next = chats.at((at + step * away) % chats.length);
    if (next !== undefined && next.chat !== current && (!onlyUnread || next.unread > 0)) return next;
  }
  return undefined;
}
