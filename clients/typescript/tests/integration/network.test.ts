/** Bad networks, and clocks that are wrong. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../until.js';
import { Company, said } from './people.js';
import { Proxy } from './proxy.js';
import { Server } from './server.js';

let server: Server;
const company = new Company();
const proxies: Proxy[] = [];

beforeAll(async () => {
  server = await new Server({ HUBBUB_HEARTBEAT_MS: '1000' }).start();
});

afterAll(async () => {
  await company.leave();
  for (const proxy of proxies) proxy.stop();
  await server.stop();
});

async function network(bytesPerSecond?: number): Promise<Proxy> {
  const proxy = await new Proxy(() => server.port, bytesPerSecond).start();
  proxies.push(proxy);
  return proxy;
}

test('over a slow link everything arrives, in order, and the connection is kept', async () => {
  const slow = await network(16_000);
  const ada = await company.signedUp('ada', { url: server.url });
  const ben = await company.signedUp('ben', { url: slow.url });
  const states: string[] = [];
  ben.state.subscribe(({ status }) => states.push(status));
  const chat = await company.room(ada, ben);
  const { items } = ben.timeline(chat);
  const words = Array.from({ length: 30 }, (_, index) => `${index} `.padEnd(1_000, '·'));
  for (const word of words) ada.send(chat, word);
  for (const word of ['from', 'the', 'slow', 'side']) ben.send(chat, word);
  await until(items, (now) => said(now).length === words.length + 4);
  expect(said(items.get()).filter((word) => words.includes(word ?? ''))).toEqual(words);
  expect(slow.carried).toBeGreaterThan(30_000);
  expect(states).toEqual(['connected']);
});

test('a link that fell silent is noticed and left, and what was said meanwhile arrives', async () => {
  const tunnel = await network();
  const cat = await company.signedUp('cat', {
    url: tunnel.url,
    chance: () => 0,
    // Node would open the next WebSocket on a connection that HTTP left idle, in the tunnel.
    fetch: (url, init) => fetch(url.replace(tunnel.url, server.url), init),
  });
  const dan = await company.signedUp('dan', { url: server.url });
  const chat = await company.room(cat, dan);
  const { items } = cat.timeline(chat);
  await dan.send(chat, 'before').sent;
  await until(items, (now) => said(now).includes('before'));
  tunnel.swallow();
  await dan.send(chat, 'into the tunnel').sent;
  const sending = cat.send(chat, 'from the tunnel');
  await until(cat.state, ({ status }) => status === 'connecting');
  await until(items, (now) => said(now).length === 3);
  await sending.sent;
  expect(said(items.get())).toEqual(['before', 'into the tunnel', 'from the tunnel']);
});

test("a clock that is hours wrong, and jumps, neither renews tokens nor moves the server's time", async () => {
  let ahead = 10_800_000;
  const refreshes: string[] = [];
  const eve = await company.signedUp('eve', {
    url: server.url,
    clock: {
      now: () => Date.now() + ahead,
      monotonic: () => performance.now(),
      after: (ms, run) => {
        const timer = setTimeout(run, Math.min(ms, 2 ** 31 - 1));
        return () => {
          clearTimeout(timer);
        };
      },
    },
    fetch: (url, init) => {
      if (url.endsWith('/refresh')) refreshes.push(url);
      return fetch(url, init);
    },
  });
  expect(Math.abs(eve.serverNow() - Date.now())).toBeLessThan(60_000);
  ahead = -10_800_000;
  const chat = await company.room(eve);
  await eve.send(chat, 'when was this?').sent;
  const [item] = (await until(eve.timeline(chat).items, (items) => said(items).length === 1)).slice(-1);
  expect(Math.abs((item?.ts ?? 0) - Date.now())).toBeLessThan(60_000);
  expect(await eve.session.list()).toHaveLength(1);
  expect(refreshes).toEqual([]);
});
