/** What survives the page: the tab is closed, and another one opens on the same IndexedDB. */

import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { IndexedDbStore } from '../../src/index.js';
import { until } from '../until.js';
import { Company, message, PASSWORD, said } from './people.js';
import { Server } from './server.js';

let server: Server;
const company = new Company();

beforeAll(async () => {
  vi.stubGlobal('IDBKeyRange', IDBKeyRange);
  server = await new Server().start();
});

afterAll(async () => {
  await company.leave();
  await server.stop();
});

function disk(): () => IndexedDbStore {
  const factory = new IDBFactory();
  return () => new IndexedDbStore('hubbub', factory);
}

test('a page without a connection shows chats and history, takes messages, and a later one sends them once', async () => {
  const store = disk();
  const ada = await company.signedUp('ada', { url: server.url, store: store() });
  const ben = await company.signedUp('ben', { url: server.url });
  const chat = await company.room(ada, ben);
  await ada.send(chat, 'one').sent;
  await ben.send(chat, 'two').sent;
  await until(ada.timeline(chat).items, (items) => said(items).join() === 'one,two');
  await ada.close();
  await ben.send(chat, 'three').sent;

  const nowhere = { url: server.url, store: store(), webSocket: Unreachable };
  const offline = company.client(nowhere);
  await offline.start();
  expect(offline.session.user.get()).toBe('ada');
  await until(offline.timeline(chat).items, (items) => said(items).join() === 'one,two');
  offline.send(chat, 'four');
  offline.send(chat, 'five');
  await until(offline.timeline(chat).items, (items) => message(items, 'five')?.state === 'sending');
  await offline.close();

  const back = company.client({ url: server.url, store: store() });
  await back.start();
  expect(back.outbox.get().map(({ content }) => content)).toEqual(['four', 'five']);
  await until(back.timeline(chat).items, (items) => message(items, 'five')?.state === 'delivered');
  expect(said(back.timeline(chat).items.get())).toEqual(['one', 'two', 'three', 'four', 'five']);
  await until(ben.timeline(chat).items, (items) => said(items).join() === 'one,two,three,four,five');
});

test('a message that was undecided when the page went is answered as stored, and shown once', async () => {
  const store = disk();
  const cat = await company.signedUp('cat', { url: server.url, store: store() });
  const chat = await company.room(cat);
  const { msgId, sent } = cat.send(chat, 'only once');
  const { seq } = await sent;
  await cat.close();
  // As if the page had gone between the message and its answer.
  const page = store();
  const undecided = { msgId, msgType: 'group', to: chat, content: 'only once', at: 1, order: 1 };
  await page.apply([{ put: ['outbox', msgId], value: undecided }]);
  const back = company.client({ url: server.url, store: page });
  await back.start();
  await until(back.outbox, (pending) => pending.length === 0);
  const items = await until(back.timeline(chat).items, (now) => said(now).length > 0);
  expect(items.filter(({ kind }) => kind === 'message')).toMatchObject([{ content: 'only once', seq }]);
});

test('a deletion erases the words in the store too, and logging out everything', async () => {
  const store = disk();
  const dan = await company.signedUp('dan', { url: server.url, store: store() });
  const chat = await company.room(dan);
  const { seq } = await dan.send(chat, 'a secret').sent;
  await dan.edit(chat, seq, 'another secret');
  await until(dan.timeline(chat).items, (items) => message(items, 'another secret') !== undefined);
  await dan.delete(chat, seq);
  await until(dan.timeline(chat).items, (items) =>
    items.some((item) => item.kind === 'message' && item.deleted),
  );
  await dan.close();
  const kept = async (): Promise<string> =>
    JSON.stringify(await Promise.all([store().list('entry'), store().list('chat')]));
  expect(await kept()).toContain('"deleted":true');
  expect(await kept()).not.toContain('secret');

  const back = company.client({ url: server.url, store: store() });
  await back.start();
  await back.notes.set('draft', 'unsent words');
  await back.session.logOut();
  expect(back.session.user.get()).toBeNull();
  expect(await store().list('note')).toEqual([]);
  expect(await kept()).toBe('[[],[]]');
  expect(await store().get(['meta', 'tokens'])).toBeUndefined();
  await back.session.logIn('dan', PASSWORD);
  await back.connected();
  expect(said(await until(back.timeline(chat).items, (items) => items.length > 0))).toEqual([null]);
});

class Unreachable extends WebSocket {
  constructor() {
    super('ws://127.0.0.1:9'); // the discard port: nothing listens there
  }
}
