/**
 * Where one is: the fragment of the address, so that Back works and a place can be linked to. The page itself stands at
 * `/`, and no server sees the rest (docs/web.md). It never carries a token.
 */

export type Section = 'users' | 'rooms' | 'server';
export type Route =
  | { view: 'chats' }
  | { view: 'chat'; chat: string; seq?: number }
  | { view: 'friends' }
  | { view: 'rooms' }
  | { view: 'admin'; section: Section };

const SECTIONS: readonly Section[] = ['users', 'rooms', 'server'];

/** `#/chat/<id>/<seq>`, `#/friends`, `#/rooms`, `#/admin/<section>`; anything else is the list of chats. */
export function readRoute(fragment: string): Route {
  const [view, chat, seq] = fragment
    .replace(/^#?\/?/u, '')
    .split('/')
    .map(decoded);
  if (view === 'chat' && chat) return atSeq(chat, Number(seq));
  if (view === 'admin') {
    return { view, section: SECTIONS.find((each) => each === chat) ?? 'users' };
  }
  return view === 'friends' || view === 'rooms' ? { view } : { view: 'chats' };
}

export function writeRoute(route: Route): string {
  if (route.view === 'admin') return `#/admin/${route.section}`;
  if (route.view !== 'chat') return `#/${route.view}`;
  const place = `#/chat/${encodeURIComponent(route.chat)}`;
  return route.seq === undefined ? place : `${place}/${route.seq}`;
}

function atSeq(chat: string, seq: number): Route {
  return Number.isSafeInteger(seq) && seq > 0 ? { view: 'chat', chat, seq } : { view: 'chat', chat };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
