/** Tabs of a real browser: its own IndexedDB, locks and channels. */

import { join } from 'node:path';
import { build, type Rollup } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Chromium, type Tab } from './browser.js';
import { Server } from './server.js';

const ENTRY = join(import.meta.dirname, '../../src/index.ts');

/** What the tests say in a page, besides the SDK itself. */
const WORDS = `
  globalThis.until = (readable, condition) => new Promise((resolve) => {
    const stop = readable.subscribe((value) => {
      if (!condition(value)) return;
      queueMicrotask(() => stop());
      resolve(value);
    });
  });
  globalThis.said = (items) => items.flatMap((item) => (item.kind === 'message' ? [item.content] : []));
  globalThis.open = async (chat, count) => {
    globalThis.shown = client.timeline(chat);
    return said(await until(shown.items, (items) => said(items).length === count));
  };
`;

let server: Server;
let chromium: Chromium;

beforeAll(async () => {
  server = await new Server().start();
  chromium = await new Chromium(`${await sdk()}\n${WORDS}`).start();
});

afterAll(async () => {
  await chromium.stop();
  await server.stop();
});

async function sdk(): Promise<string> {
  const lib = { entry: ENTRY, formats: ['iife' as const], name: 'hubbub' };
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, target: 'es2022', lib },
  });
  return ([built].flat() as Rollup.RollupOutput[])[0]?.output[0].code ?? '';
}

async function tab(options = '{}'): Promise<Tab> {
  const opened = await chromium.tab(`${server.url}/api/v1`);
  await opened.run(`globalThis.client = hubbub.createClient(${options}); await client.start()`);
  return opened;
}

test('talk through one connection, take over from each other, and find what is kept when they are alone', async () => {
  const first = await tab();
  await first.run(`await client.session.signUp('ada', 'correct horse battery'); await client.connected()`);
  const chat = await first.run<string>(`
    const { chat } = await client.rooms.create('lobby');
    await client.send(chat, 'one').sent;
    return chat`);

  const second = await tab();
  await second.run('await client.connected()');
  expect(await second.run('return [client.session.user.get(), client.leads.get()]')).toEqual(['ada', false]);
  expect(await second.run(`return open('${chat}', 1)`)).toEqual(['one']);
  await second.run(`await client.send('${chat}', 'two').sent`);
  expect(await first.run(`return open('${chat}', 2)`)).toEqual(['one', 'two']);

  await second.run(`globalThis.sending = client.send('${chat}', 'three')`);
  await first.close();
  await second.run('await until(client.leads, (leads) => leads); await sending.sent');
  expect(await second.run(`return open('${chat}', 3)`)).toEqual(['one', 'two', 'three']);
  await second.run(`
    const kept = new hubbub.IndexedDbStore(\`hubbub:\${location.origin}/\`, indexedDB);
    while ((await kept.list('entry')).filter(({ type }) => type === 'message').length < 3);`);
  await second.close();

  const offline = await tab(`{ webSocket: class { constructor() { throw new Error('no network'); } } }`);
  expect(await offline.run(`return open('${chat}', 3)`)).toEqual(['one', 'two', 'three']);
  await offline.run('await client.session.logOut()');
  const left = await offline.run<unknown[]>(`
    const kept = new hubbub.IndexedDbStore(\`hubbub:\${location.origin}/\`, indexedDB);
    return [...await kept.list('entry'), ...await kept.list('chat'), await kept.get(['meta', 'tokens'])]`);
  expect(left.filter((each) => each !== undefined && each !== null)).toEqual([]);
});
