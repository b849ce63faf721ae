/** The server is killed with -9 in mid-conversation, again and again: nothing is lost, nothing comes twice, in order. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/index.js';
import { until } from '../until.js';
import { Company, said } from './people.js';
import { Server } from './server.js';

const KILLS = 3;
const MESSAGES = 25; // of each person, between two kills
const FLAT_OUT = { HUBBUB_LIMITS_SEND_PER_SECOND: '0' };

let server: Server;
const company = new Company();

beforeAll(async () => {
  server = await new Server(FLAT_OUT).start();
});

afterAll(async () => {
  await company.leave();
  await server.stop();
});

function talk(client: Client, chat: string, who: string, round: number): string[] {
  const words = Array.from({ length: MESSAGES }, (_, index) => `${who} ${round}.${index}`);
  for (const word of words) client.send(chat, word);
  return words;
}

test('what was written through kills is there once, in order, for everybody', async () => {
  const options = { url: server.url, chance: () => 0.05 };
  const ada = await company.signedUp('ada', options);
  const ben = await company.signedUp('ben', options);
  const chat = await company.room(ada, ben);
  const timelines = [ada, ben].map((client) => client.timeline(chat));
  const arrived: number[] = [];
  ben.onMessage(({ message }) => arrived.push(message.seq));
  const written: Record<string, string[]> = { ada: [], ben: [] };

  for (let round = 0; round < KILLS; round++) {
    written['ada']?.push(...talk(ada, chat, 'ada', round));
    written['ben']?.push(...talk(ben, chat, 'ben', round));
    await until(ada.outbox, (pending) => pending.length < 2 * MESSAGES * 0.4);
    await server.kill();
    await until(ada.state, ({ status }) => status === 'connecting');
    await server.start();
  }

  for (const client of [ada, ben]) await until(client.outbox, (pending) => pending.length === 0);
  const all = KILLS * MESSAGES * 2;
  for (const { items } of timelines) await until(items, (now) => said(now).length === all);
  const [one, other] = timelines.map(({ items }) => said(items.get()));
  expect(one).toEqual(other);
  for (const who of ['ada', 'ben'])
    expect(one?.filter((word) => word?.startsWith(who))).toEqual(written[who]);
  expect(arrived).toEqual([...new Set(arrived)].sort((a, b) => a - b));
  expect(arrived).toHaveLength(KILLS * MESSAGES);
});
