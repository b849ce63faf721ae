/** Where one is: the fragment of the address, so that Back works and a place can be linked to. It never carries a token. */

export type Route =
  { view: 'chats' } | { view: 'chat'; chat: string; seq?: number } | { view: 'friends' } | { view: 'rooms' };

export function readRoute(fragment: string): Route {
  const [view, chat, seq] = fragment.replace(/^#\/?/u, '').split('/').map(decoded);
  if (view === 'chat' && chat) {
    const number = Number(seq);
    return Number.isSafeInteger(number) && number > 0 ? { view, chat, seq: number } : { view, chat };
  }
  return view === 'friends' || view === 'rooms' ? { view } : { view: 'chats' };
}

export function writeRoute(route: Route): string {
  if (route.view !== 'chat') return `#/${route.view}`;
  const place = `#/chat/${encodeURIComponent(route.chat)}`;
  return route.seq === undefined ? place : `${place}/${route.seq}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
