import { afterEach, expect, test } from 'vitest';
import { type Client, createClient, MemoryStore, type TabsPlatform } from '../../src/index.js';
import { ManualClock, settled } from '../clock.js';
import { browser } from '../locks.js';
import { type FakeSocket, Sockets, WELCOME } from '../sockets.js';
import { until } from '../until.js';

const TOKENS = { user: 'me', token: 't1', expires_at: 10_000_000, refresh_token: 'r1' };
const opened: Client[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.close()));
});

/** Tabs of one browser: they share a store, locks and channels; `sockets` are those that any of them opened. */
class Browser {
  readonly sockets = new Sockets();
  readonly clock = new ManualClock();
  readonly store = new MemoryStore();
  readonly #platform: TabsPlatform | null;

  constructor(platform: TabsPlatform | null = browser()) {
    this.#platform = platform;
  }

  async signIn(): Promise<this> {
    await this.store.apply([
      { put: ['meta', 'tokens'], value: TOKENS },
      { put: ['meta', 'user'], value: 'me' },
    ]);
    return this;
  }

  async tab(): Promise<Client> {
    const client = createClient({
      url: `http://server-${name}`,
      store: this.store,
      tabs: this.#platform,
      webSocket: this.sockets.maker,
      clock: this.clock,
      fetch: () => Promise.reject(new Error('no network')),
    });
    opened.push(client);
    await client.start();
    return client;
  }
}

let name = 0; // channels are those of the whole process

function answer(socket: FakeSocket, type: string, reply: object): void {
  socket.says({ ...reply, id: socket.requests(type).at(-1)?.['id'] });
}

/** A socket, once it is there: other tabs' words take their time. */
async function socketNumber(sockets: Sockets, count: number): Promise<FakeSocket> {
  while (sockets.all.length < count) await settled();
  return sockets.last;
}

async function asked(socket: FakeSocket, type: string): Promise<void> {
  while (socket.requests(type).length === 0) await settled();
}

/** Two tabs of somebody who is signed in; the first one leads. */
async function pair(): Promise<{ tabs: Browser; first: Client; second: Client }> {
  name += 1;
  const tabs = await new Browser().signIn();
  const first = await tabs.tab();
  (await socketNumber(tabs.sockets, 1)).welcomes();
  const second = await tabs.tab();
  await until(second.state, ({ status }) => status === 'connected');
  return { tabs, first, second };
}

test('one tab connects, the other hears and asks through it', async () => {
  const { tabs, first, second } = await pair();
  expect([first.leads.get(), second.leads.get()]).toEqual([true, false]);
  expect(tabs.sockets.all).toHaveLength(1);

  const rooms = second.rooms.directory();
  await asked(tabs.sockets.last, 'rooms');
  answer(tabs.sockets.last, 'rooms', {
    type: 'rooms',
    rooms: [{ chat: 'a', name: 'A', members: 1 }],
    more: false,
  });
  expect((await rooms).rooms).toHaveLength(1);

  const refused = second.rooms.join('nowhere');
  await asked(tabs.sockets.last, 'join');
  answer(tabs.sockets.last, 'join', { type: 'error', code: 'not_found', message: 'no' });
  await expect(refused).rejects.toMatchObject({ code: 'not_found', name: 'HubbubError' });

  tabs.sockets.last.says({ type: 'typing', chat: 'a', user: 'ada', on: true });
  await until(second.typingIn('a'), (users) => users.includes('ada'));
  tabs.sockets.last.ends(1006);
  await until(second.state, ({ status }) => status === 'connecting');
});

test('when the leading tab goes, the next one connects, and asks again what was not answered', async () => {
  const { tabs, first, second } = await pair();
  const joined = second.rooms.join('a');
  await asked(tabs.sockets.last, 'join');
  const msgId = tabs.sockets.last.requests('join')[0]?.['msg_id'];

  await first.close();
  const socket = await socketNumber(tabs.sockets, 2);
  expect(second.leads.get()).toBe(true);
  socket.welcomes();
  await asked(socket, 'join');
  expect(socket.requests('join')[0]).toMatchObject({ chat: 'a', msg_id: msgId });
  answer(socket, 'join', { type: 'done', chat: 'a', seq: 1, ts: 1 });
  await joined;
});

test('a message written in a following tab is sent by the leading one, and both show what became of it', async () => {
  const { tabs, first, second } = await pair();
  const { msgId, sent } = second.send('room', 'hello');
  await until(first.outbox, (pending) => pending.length === 1);
  await asked(tabs.sockets.last, 'send');
  expect(tabs.sockets.last.requests('send')).toMatchObject([{ msg_id: msgId, content: 'hello' }]);
  answer(tabs.sockets.last, 'send', {
    type: 'sent',
    msg_id: msgId,
    chat: 'room',
    seq: 1,
    ts: 5,
    duplicate: false,
  });
  expect(await sent).toMatchObject({ seq: 1 });
  await until(first.outbox, (pending) => pending.length === 0 || pending[0]?.sent !== undefined);
});

test('what a tab had heard and not written when it crashed, the next one has replayed, and keeps', async () => {
  const { tabs, first, second } = await pair();
  const chat = { chat: 'a', msg_type: 'group', name: 'A', head: 1, received: 1, read: 1, unread: 0 };
  const named = (seq: number): object => ({
    type: 'renamed',
    chat: 'a',
    seq,
    ts: seq,
    from: 'ada',
    name: `${seq}`,
  });
  tabs.sockets.last.says({ ...chat, type: 'chat' });
  await tabs.clock.settle(100);
  tabs.sockets.last.says(named(2));
  tabs.sockets.last.says(named(3));
  await until(second.chats.get('a'), (now) => now?.name === '3');
  tabs.store.apply = () => Promise.resolve();
  await first.close();
  Reflect.deleteProperty(tabs.store, 'apply');

  const socket = await socketNumber(tabs.sockets, 2);
  socket.opens();
  expect(socket.requests('hello')).toMatchObject([{ cursors: { a: 1 } }]);
  socket.says({ ...WELCOME, chats: [{ ...chat, head: 3, name: '3' }] });
  for (const seq of [2, 3, 4]) socket.says(named(seq));
  await tabs.clock.settle(100);
  expect(await tabs.store.list('entry', 'a')).toMatchObject([{ seq: 2 }, { seq: 3 }, { seq: 4 }]);
  expect(second.chats.get('a').get()).toMatchObject({ name: '4', head: 4 });
});

test('who signs in or out in one tab does in all of them', async () => {
  name += 1;
  const tabs = new Browser();
  const [first, second] = [await tabs.tab(), await tabs.tab()];
  await until(first.leads, (leads) => leads);
  await second.session.adopt(TOKENS);
  await until(first.session.user, (user) => user === 'me');
  (await socketNumber(tabs.sockets, 1)).welcomes();
  await until(second.state, ({ status }) => status === 'connected');
  await second.session.logOut();
  await until(first.session.user, (user) => user === null);
  await until(first.state, ({ status }) => status === 'disconnected');
  expect(await tabs.store.get(['meta', 'tokens'])).toBeUndefined();
});

test('where tabs cannot find each other, each has its own connection', async () => {
  name += 1;
  const tabs = await new Browser(null).signIn();
  const both = [await tabs.tab(), await tabs.tab()];
  await socketNumber(tabs.sockets, 2);
  for (const socket of tabs.sockets.all) socket.welcomes();
  for (const tab of both) await until(tab.state, ({ status }) => status === 'connected');
  expect(both.map((tab) => tab.leads.get())).toEqual([true, true]);
});
