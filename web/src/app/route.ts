/** Where one is: the address, so that Back works and a place can be linked to. It never carries a token. */

export type Route =
  | { view: 'chats' }
  | { view: 'chat'; chat: string; seq?: number }
  | { view: 'friends' }
  | { view: 'rooms' }
  /** Back from an identity provider; `error`: it did not work (docs/web.md). */
  | { view: 'login'; error?: string };

/** The route of a path and its query: `/chat/<id>/<seq>`, `/friends`, `/rooms`, `/login?error=…`; any other is the list. */
export function readRoute(address: string): Route {
  const { pathname, searchParams } = new URL(address, 'http://localhost');
  const [view, chat, seq] = pathname.slice(1).split('/').map(decoded);
  if (view === 'chat' && chat) return atSeq(chat, Number(seq));
  if (view === 'login') return loginRoute(searchParams.get('error'));
  return view === 'friends' || view === 'rooms' ? { view } : { view: 'chats' };
}

export function writeRoute(route: Route): string {
  if (route.view === 'chats') return '/';
  if (route.view !== 'chat') return `/${route.view}`;
  const place = `/chat/${encodeURIComponent(route.chat)}`;
  return route.seq === undefined ? place : `${place}/${route.seq}`;
}

function atSeq(chat: string, seq: number): Route {
  return Number.isSafeInteger(seq) && seq > 0 ? { view: 'chat', chat, seq } : { view: 'chat', chat };
}

function loginRoute(error: string | null): Route {
  return error === null ? { view: 'login' } : { view: 'login', error };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
