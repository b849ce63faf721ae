import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../until.js';
import { Company, message, said } from './people.js';
import { Server } from './server.js';

let server: Server;
const company = new Company();

beforeAll(async () => {
  server = await new Server().start();
});

afterAll(async () => {
  await company.leave();
  await server.stop();
});

test('two people become friends and talk: states, receipts, edits, reactions, deletions', async () => {
  const [ada, ben] = [await company.signedUp('ada', server), await company.signedUp('ben', server)];
  await ada.friends.befriend('ben');
  await until(ben.friends.lists, ({ incoming }) => incoming.includes('ada'));
  await ben.friends.accept('ada');
  const [chat] = await until(ada.chats.list, (list) => list.length === 1);
  expect(chat).toMatchObject({ kind: 'private', peer: 'ben', name: 'BEN' });
  const here = ada.timeline(chat?.chat ?? '');
  const there = ben.timeline(chat?.chat ?? '');

  const sending = ada.send(chat?.chat ?? '', 'hello');
  expect(message(here.items.get(), 'hello')).toMatchObject({ state: 'sending', seq: null, mine: true });
  const { seq } = await sending.sent;
  await until(there.items, (items) => said(items).includes('hello'));
  await until(here.items, (items) => message(items, 'hello')?.state === 'delivered');
  await until(ben.chats.unread, ({ messages }) => messages === 1);
  ben.read(chat?.chat ?? '', seq);
  expect(ben.chats.unread.get()).toEqual({ messages: 0, mentions: 0, chats: 0 });
  await until(here.items, (items) => message(items, 'hello')?.state === 'read');

  await ada.edit(chat?.chat ?? '', seq, 'hello, Ben');
  await ben.react(chat?.chat ?? '', seq, '👍', true);
  const items = await until(here.items, (all) => message(all, 'hello, Ben')?.reactions.length === 1);
  expect(message(items, 'hello, Ben')).toMatchObject({
    edited: true,
    reactions: [{ emoji: '👍', count: 1, mine: false }],
  });
  ben.send(chat?.chat ?? '', 'and you?', { replyTo: seq });
  await until(here.items, (all) => message(all, 'and you?')?.replyTo === seq);
  expect(here.quote(seq).get()).toMatchObject({ content: 'hello, Ben' });
  await ada.delete(chat?.chat ?? '', seq);
  await until(there.items, (all) => all.some((item) => item.kind === 'message' && item.deleted));
  await until(here.quote(seq), (quoted) => quoted?.deleted === true);
});
