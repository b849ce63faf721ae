import { describe, expect, it } from 'vitest';
import { returnIn, startAddress } from '../src/account/provider_login';
import { readRoute, writeRoute, type Route } from '../src/app/route';
import { matching, neighbour } from '../src/chats/order';
import { hueOf, HUES, initialsOf } from '../src/design/colours';
import { place } from '../src/design/placed';
import { moved } from '../src/design/roving';
import { iconOf, isWorthTelling, titleOf } from '../src/notify/decide';
import { deviceName } from '../src/state/device_name';

describe('places', () => {
  it.each<Route>([
    { view: 'chats' },
    { view: 'friends' },
    { view: 'rooms' },
    { view: 'chat', chat: 'r1' },
    { view: 'chat', chat: 'corp:a/b%c#d', seq: 12 },
  ])('%j has an address that leads back', (route) => {
    expect(readRoute(writeRoute(route))).toEqual(route);
  });

  it.each(['', '#', '#/nowhere', '#/chat', '#/chat/%', '#/chat/%E0%A4'])('%s is the list', (fragment) => {
    expect(readRoute(fragment)).toEqual({ view: 'chats' });
  });

  it('take no seq that is none', () => {
    expect(readRoute('#/chat/r1/-3')).toEqual({ view: 'chat', chat: 'r1' });
  });
});

describe('coming back from a provider', () => {
  it('is told by the query alone', () => {
    expect(returnIn('')).toBeUndefined();
    expect(returnIn('?provider=corp')).toEqual({ kind: 'session' });
    expect(returnIn('?provider=corp&error=expired')).toEqual({ kind: 'failed', error: 'expired' });
  });

  it('leads to where one wanted to go', () => {
    expect(startAddress('/api/v1/oidc/corp/start', '#/chat/r1')).toBe(
      '/api/v1/oidc/corp/start?return_to=%2F%23%2Fchat%2Fr1',
    );
  });
});

describe('walking through the list', () => {
  const all = ['a', 'b', 'c'].map((chat, at) => ({ chat, unread: at === 2 ? 4 : 0 }));
  const walk = (from: string | undefined, step: 1 | -1, unread = false) =>
    neighbour(all, from, step, unread)?.chat;

  it('goes around the ends', () => {
    expect([walk('a', 1), walk('c', 1), walk('a', -1), walk(undefined, 1), walk(undefined, -1)]).toEqual([
      'b',
      'a',
      'c',
      'a',
      'c',
    ]);
  });

  it('stops at unread ones only, if wished', () => {
    expect(walk('a', 1, true)).toBe('c');
    expect(walk('c', 1, true)).toBeUndefined();
  });

  it('finds names that have all the words', () => {
    expect(matching(['Kitchen Talk', 'Talk', 'Köln'], 'TALK kit', (name) => name)).toEqual(['Kitchen Talk']);
  });
});

describe('telling who looks elsewhere', () => {
  const occasion = {
    level: 'all',
    mentioned: false,
    direct: false,
    looking: false,
    replayed: false,
    hidden: false,
  } as const;

  it('tells of everything, or of what is meant for one', () => {
    expect(isWorthTelling(occasion)).toBe(true);
    expect(isWorthTelling({ ...occasion, level: 'mentions' })).toBe(false);
    expect(isWorthTelling({ ...occasion, level: 'mentions', mentioned: true })).toBe(true);
    expect(isWorthTelling({ ...occasion, level: 'mentions', direct: true })).toBe(true);
  });

  it.each([
    { looking: true },
    { replayed: true },
    { hidden: true },
    { level: 'nothing', mentioned: true } as const,
  ])('is silent for %j', (more) => {
    expect(isWorthTelling({ ...occasion, ...more })).toBe(false);
  });

  it('counts in the title, and marks the tab', () => {
    expect(titleOf(3, 'Lobby', String)).toBe('(3) Lobby – Hubbub');
    expect(titleOf(0, undefined, String)).toBe('Hubbub');
    expect([iconOf({ messages: 2, mentions: 1 }), iconOf({ messages: 2, mentions: 0 })]).toEqual([
      '/favicon-mentioned.svg',
      '/favicon-unread.svg',
    ]);
  });
});

describe('floating elements', () => {
  const view = { width: 400, height: 600 };
  it('stand below, flush right', () => {
    expect(place({ left: 300, top: 100, width: 40, height: 20 }, { width: 200, height: 100 }, view)).toEqual({
      left: 140,
      top: 126,
    });
  });
  it('stand above at the lower edge, and never outside', () => {
    expect(place({ left: 10, top: 560, width: 40, height: 20 }, { width: 200, height: 100 }, view)).toEqual({
      left: 8,
      top: 454,
    });
    expect(place({ left: 0, top: 300, width: 40, height: 20 }, { width: 200, height: 590 }, view).top).toBe(
      8,
    );
  });
});

describe('arrow keys', () => {
  it('go around, along one axis', () => {
    expect([
      moved('ArrowDown', 2, 3),
      moved('ArrowUp', 0, 3),
      moved('End', 0, 3),
      moved('ArrowRight', 0, 3),
    ]).toEqual([0, 2, 2, undefined]);
    expect(moved('ArrowLeft', 0, 3, true)).toBe(2);
    expect(moved('ArrowDown', 0, 0)).toBeUndefined();
  });
});

describe('people without a picture', () => {
  it.each([
    ['Ada Okafor', 'AO'],
    ['林美玲', '林'],
    ['jonas', 'J'],
    ['anna-lena berg', 'AB'],
    ['👩‍🚀 Kim', '👩‍🚀'],
    ['  ', '?'],
  ])('%s is %s', (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });

  it('have the same colour everywhere', () => {
    expect(hueOf('ada')).toBe(hueOf('ada'));
    expect(new Set(Array.from({ length: 200 }, (_, at) => hueOf(`user${at}`))).size).toBe(HUES);
  });
});

describe('devices', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox, Linux'],
    [
      'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36',
      'Chrome, Android',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1',
      'Safari, iPhone',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0',
      'Edge, Windows',
    ],
    ['something else', ''],
  ])('%s', (agent, name) => {
    expect(deviceName(agent)).toBe(name);
  });
});
