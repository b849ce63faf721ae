/** Who is signed in, and what of them is on this machine: a whole client, whose server is the test. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, type ClientOptions, createClient, MemoryStore } from '../../src/index.js';
import type { Summary } from '../../src/wire.js';
import { ManualClock, settled } from '../clock.js';
import { Sockets } from '../sockets.js';

const LIFE_MS = 900_000;
const CHAT: Summary = { chat: 'a', msg_type: 'group', name: 'A', head: 7, received: 7, read: 7, unread: 0 };

let clock: ManualClock;
let sockets: Sockets;
let store: MemoryStore;
let requests: string[];
let client: Client;

beforeEach(() => {
  [clock, sockets, store, requests] = [new ManualClock(), new Sockets(), new MemoryStore(), []];
});

afterEach(async () => {
  await client.close();
});

function page(options: Partial<ClientOptions> = {}): Client {
  client = createClient({
    url: 'http://server',
    store,
    clock,
    webSocket: sockets.maker,
    tabs: null,
    chance: () => 0,
    fetch: (url, { method }) => {
      requests.push(`${String(method)} ${new URL(url).pathname}`);
      return Promise.resolve(Response.json(tokens(`${requests.length}`)));
    },
    ...options,
  });
  return client;
}

function tokens(name: string): { user: string; token: string; expires_at: number; refresh_token: string } {
  return { user: 'me', token: `t${name}`, expires_at: clock.now() + LIFE_MS, refresh_token: `r${name}` };
}

async function signedIn(options: Partial<ClientOptions> = {}): Promise<Client> {
  const made = page(options);
  await made.session.adopt(tokens('0'));
  await settled();
  sockets.last.welcomes({ chats: [CHAT], server_time: clock.now() });
  await clock.settle(200);
  return made;
}

describe('a session', () => {
  test('that is used is renewed before its token ends', async () => {
    await signedIn();
    requests = [];
    for (let minute = 0; minute < 13; minute++) {
      sockets.last.says({ type: 'pong', id: 1 });
      await clock.settle(30_000);
      sockets.last.says({ type: 'pong', id: 1 });
      await clock.settle(30_000);
    }
    expect(requests).toEqual([]);
    sockets.last.says({ type: 'pong', id: 1 });
    await clock.settle(60_000 + 1);
    expect(requests).toEqual(['POST /api/v1/sessions/refresh']);
    expect(await store.get(['meta', 'tokens'])).toMatchObject({ token: 't1' });
  });

  test('that was ended elsewhere leaves nothing here', async () => {
    const { session, chats, state } = await signedIn();
    expect(await store.list('chat')).toHaveLength(1);
    sockets.last.ends(4501);
    await settled();
    expect(session.user.get()).toBeNull();
    expect(chats.list.get()).toEqual([]);
    expect(await store.list('chat')).toEqual([]);
    expect(await store.get(['meta', 'tokens'])).toBeUndefined();
    expect(state.get()).toMatchObject({ status: 'disconnected', code: 4501 });
  });

  test('of somebody else finds nothing of the one before', async () => {
    const before = await signedIn();
    await before.notes.set('draft', 'mine');
    await before.session.adopt({ ...tokens('0'), user: 'another' });
    expect(before.session.user.get()).toBe('another');
    expect(before.chats.list.get()).toEqual([]);
    expect(await store.list('note')).toEqual([]);
  });

  test('that ends where the server cannot be reached ends here all the same', async () => {
    const { session } = await signedIn();
    requests = [];
    await session.logOut();
    expect(session.user.get()).toBeNull();
    expect(requests).toEqual(['DELETE /api/v1/sessions/current']);
  });
});

test('what an application asks names its span, and what happens by itself none', async () => {
  let span: string | undefined;
  const { edit, send } = await signedIn({ traceparent: () => span }).then((made) => ({
    edit: made.edit.bind(made),
    send: made.send.bind(made),
  }));
  sockets.last.ends(1006);
  span = 'one';
  send('a', 'one');
  span = 'two';
  send('a', 'two');
  span = undefined;
  await clock.settle(0);
  sockets.last.welcomes({ chats: [CHAT] });
  await settled();
  const { id } = sockets.last.requests('send')[0] ?? {};
  sockets.last.says({ type: 'sent', id, msg_id: '1', chat: 'a', seq: 8, ts: 1, duplicate: false });
  await settled();
  span = 'three';
  edit('a', 7, 'more').catch(() => undefined);
  const named = sockets.last.sent.map(({ type, traceparent }) => [type, traceparent]);
  expect(named.filter(([, traceparent]) => traceparent !== undefined)).toEqual([
    ['send', 'one'],
    ['send', 'two'],
    ['edit', 'three'],
  ]);
  expect(named.length).toBeGreaterThan(4);
});

describe('resuming', () => {
  test('says where it stands, after a loss and after a reload', async () => {
    await signedIn();
    sockets.last.says({ type: 'renamed', chat: 'a', seq: 8, ts: 1, from: 'ada', name: 'B' });
    sockets.last.ends(1006);
    await clock.settle(0);
    const stands = { epoch: 'e', cursors: { a: 8 } };
    sockets.last.opens();
    expect(sockets.last.requests('hello')).toMatchObject([stands]);
    await client.close();
    const again = page();
    await again.start();
    await settled();
    sockets.last.opens();
    expect(sockets.last.requests('hello')).toMatchObject([{ ...stands, token: 't0' }]);
    expect(again.chats.list.get()).toMatchObject([{ chat: 'a', name: 'B' }]);
  });

  /** A bug: the removal in the replay ended the chat, which vanished from the list though its user was back in it. */
  test('keeps a room whose user was removed and taken back while away', async () => {
    const { chats } = await signedIn();
    sockets.last.ends(1006);
    await clock.settle(0);
    sockets.last.welcomes({ chats: [{ ...CHAT, role: 'member', head: 10, unread: 1 }] });
    const about = { chat: 'a', ts: 1, from: 'ada' };
    const words = { msg_id: '9', msg_type: 'group', to: 'a', content: 'while away' };
    sockets.last.says({ ...about, type: 'member', seq: 8, user: 'me', change: 'kicked' });
    sockets.last.says({ ...about, ...words, type: 'message', seq: 9 });
    sockets.last.says({ ...about, type: 'member', seq: 10, user: 'me', change: 'joined' });
    await clock.settle(200);
    expect(chats.list.get()).toMatchObject([
      { chat: 'a', role: 'member', head: 10, unread: 1, last: { content: 'while away' } },
    ]);
    sockets.last.says({ ...about, type: 'member', seq: 11, user: 'me', change: 'kicked' });
    await settled();
    expect(chats.list.get()).toEqual([]);
  });

  test('with a token of an identity provider, as whoever the server says that is', async () => {
    let external = page({ tokens: () => Promise.resolve('external') });
    await external.start();
    await settled();
    sockets.last.welcomes({ user: 'corp:ada', chats: [CHAT] });
    await clock.settle(200);
    expect(external.session.user.get()).toBe('corp:ada');
    await external.close();

    external = page({ tokens: () => Promise.resolve('external') });
    await external.start();
    expect(external.chats.list.get()).toHaveLength(1);
    expect(external.session.user.get()).toBe('corp:ada');
    await settled();
    sockets.last.welcomes({ user: 'corp:ben' });
    await settled();
    expect(sockets.all).toHaveLength(3);
    sockets.last.welcomes({ user: 'corp:ben' });
    await settled();
    expect(external.session.user.get()).toBe('corp:ben');
    expect(external.chats.list.get()).toEqual([]);
    expect(await store.get(['meta', 'user'])).toBe('corp:ben');
  });
});

test('a machine that keeps nothing at all can talk all the same', async () => {
  store.apply = () => Promise.reject(new DOMException('no room', 'QuotaExceededError'));
  const { state, outbox, send } = await signedIn().then((made) => ({
    state: made.state,
    outbox: made.outbox,
    send: () => made.send('a', 'hello'),
  }));
  expect(state.get()).toEqual({ status: 'connected' });
  const { msgId } = send();
  await settled();
  expect(sockets.last.requests('send')).toMatchObject([{ msg_id: msgId }]);
  expect(outbox.get()).toHaveLength(1);
  clock.pass(LIFE_MS);
  await settled();
  expect(requests).toContain('POST /api/v1/sessions/refresh');
});
