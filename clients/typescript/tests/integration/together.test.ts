/** Tabs of one browser on a real server, sessions, rooms, friends: what an application does with a client. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, MemoryStore, type TabsPlatform } from '../../src/index.js';
import { browser } from '../locks.js';
import { until } from '../until.js';
import { Company, message, PASSWORD, said } from './people.js';
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

describe('tabs', () => {
  class Browser {
    readonly #store = new MemoryStore();
    readonly #tabs: TabsPlatform = browser();

    async tab(): Promise<Client> {
      const client = company.client({ url: server.url, store: this.#store, tabs: this.#tabs });
      await client.start();
      return client;
    }
  }

  test('talk through one connection, and go on when its tab is closed', async () => {
    const tabs = new Browser();
    const first = await tabs.tab();
    await first.session.signUp('tab', PASSWORD);
    await first.connected();
    const ada = await company.signedUp('tabs.friend', { url: server.url });
    const chat = await company.room(first, ada);
    const second = await tabs.tab();
    await until(second.chats.get(chat), (now) => now !== undefined);
    const shown = [first, second].map((tab) => tab.timeline(chat));
    second.send(chat, 'from the second');
    await ada.send(chat, 'from outside').sent;
    for (const { items } of shown) await until(items, (now) => said(now).length === 2);
    expect(said(shown[0]?.items.get() ?? [])).toEqual(said(shown[1]?.items.get() ?? []));

    const last = second.send(chat, 'while it changes');
    await first.close();
    await until(second.leads, (leads) => leads);
    await last.sent;
    await ada.send(chat, 'afterwards').sent;
    const items = await until(second.timeline(chat).items, (now) => said(now).length === 4);
    expect(new Set(said(items)).size).toBe(4);
    await until(second.timeline(chat).items, (now) => message(now, 'while it changes')?.state === 'read');
  });
});

describe('sessions', () => {
  test('are listed, ended from elsewhere, and end here when the server says so', async () => {
    const here = await company.signedUp('sess', { url: server.url, deviceName: 'laptop' });
    const there = company.client({ url: server.url, deviceName: 'phone' });
    await there.session.logIn('sess', PASSWORD);
    await there.connected();
    const sessions = await here.session.list();
    expect(sessions.map(({ device }) => device).sort()).toEqual(['laptop', 'phone']);
    await here.session.revoke(sessions.find(({ current }) => !current)?.session ?? '');
    expect(await until(there.state, ({ status }) => status === 'disconnected')).toMatchObject({ code: 4501 });
    await until(there.session.user, (user) => user === null);
    await here.session.logOutEverywhere();
    expect(here.session.user.get()).toBeNull();
    await expect(here.session.list()).rejects.toMatchObject({ code: 'stopped' });
  });

  test('a wrong password and a taken name are told apart', async () => {
    const client = company.client({ url: server.url });
    await expect(client.session.logIn('nobody.here', PASSWORD)).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await company.signedUp('taken', { url: server.url });
    await expect(client.session.signUp('taken', PASSWORD)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('a profile that is changed is seen by friends', async () => {
    const gil = await company.signedUp('gil', { url: server.url });
    const hal = await company.signedUp('hal', { url: server.url });
    const chat = await company.room(gil, hal);
    await until(hal.profile('gil'), ({ displayName }) => displayName === 'GIL');
    await gil.session.changeProfile({ displayName: 'Gilbert' });
    await until(hal.profile('gil'), ({ displayName }) => displayName === 'Gilbert');
    const members = await until(hal.rooms.members(chat), (roster) => roster?.members.length === 2);
    expect(members?.members.map(({ user }) => user)).toEqual(['gil', 'hal']);
  });
});

describe('rooms', () => {
  test('are found, joined, renamed, moderated and left', async () => {
    const owner = await company.signedUp('owner', { url: server.url });
    const guest = await company.signedUp('guest', { url: server.url });
    const { chat } = await owner.rooms.create('The Lobby', { public: true });
    const found = await guest.rooms.directory('lobby');
    expect(found.rooms).toMatchObject([{ chat, name: 'The Lobby', members: 1 }]);
    await guest.rooms.join(chat);
    await until(guest.chats.get(chat), (now) => now?.role === 'member');
    await owner.rooms.setRole(chat, 'guest', 'admin');
    await until(guest.chats.get(chat), (now) => now?.role === 'admin');
    await guest.rooms.rename(chat, 'The Hall');
    await until(owner.chats.get(chat), (now) => now?.name === 'The Hall');
    await owner.rooms.mute(chat, 'guest', owner.serverNow() + 60_000);
    const { msgId, sent } = guest.send(chat, 'may I speak?');
    await expect(sent).rejects.toMatchObject({ code: 'muted' });
    const { items } = guest.timeline(chat);
    await until(items, (now) => message(now, 'may I speak?')?.state === 'failed');
    expect(message(items.get(), 'may I speak?')?.error).toMatchObject({ code: 'muted' });
    await owner.rooms.mute(chat, 'guest', 0);
    await guest.retry(msgId);
    await until(items, (now) => message(now, 'may I speak?')?.state === 'delivered');
    await owner.rooms.kick(chat, 'guest');
    await until(guest.chats.get(chat), (now) => now === undefined);
    expect(guest.chats.list.get()).toEqual([]);
  });

  test('whose member was removed and came back while away are resumed without a hole', async () => {
    const host = await company.signedUp('host', { url: server.url });
    const away = await company.signedUp('away', { url: server.url });
    const chat = await company.room(host, away);
    await host.send(chat, 'before').sent;
    const { items } = away.timeline(chat);
    await until(items, (now) => message(now, 'before') !== undefined);
    away.disconnect();
    await until(away.state, ({ status }) => status === 'disconnected');
    const phone = company.client({ url: server.url });
    await phone.session.logIn('away', PASSWORD);
    await phone.connected();
    await host.rooms.kick(chat, 'away');
    await host.send(chat, 'meanwhile').sent;
    await phone.rooms.join(chat);
    await host.send(chat, 'after').sent;
    away.retryNow();
    await until(items, (now) => said(now).join() === 'before,meanwhile,after');
    expect(away.chats.get(chat).get()).toMatchObject({ chat, role: 'member' });
    await host.send(chat, 'and on').sent;
    await until(away.chats.get(chat), (now) => now?.last?.content === 'and on');
  });

  test('what is unread is counted, mentions apart, and read elsewhere is read here', async () => {
    const ida = await company.signedUp('ida', { url: server.url });
    const store = new MemoryStore();
    const jon = await company.signedUp('jon', { url: server.url, store });
    const chat = await company.room(ida, jon);
    await ida.send(chat, 'one').sent;
    await ida.send(chat, '@jon, two').sent;
    const { seq } = await ida.send(chat, 'for @jonathan').sent;
    await until(jon.chats.get(chat), (now) => now?.unread === 3);
    expect(jon.chats.get(chat).get()).toMatchObject({ mentions: 1 });
    const phone = company.client({ url: server.url });
    await phone.session.logIn('jon', PASSWORD);
    await until(phone.chats.get(chat), (now) => now?.unread === 3);
    phone.read(chat, seq - 1);
    await until(jon.chats.get(chat), (now) => now?.unread === 1);
    phone.read(chat, seq);
    await until(jon.chats.unread, ({ messages }) => messages === 0);
  });
});

describe('people', () => {
  test('who types is told, and who is there', async () => {
    const kim = await company.signedUp('kim', { url: server.url });
    const leo = await company.signedUp('leo', { url: server.url });
    const chat = await company.room(kim, leo);
    await until(kim.presence('leo'), (presence) => presence?.online === true);
    kim.typing(chat, true);
    await until(leo.typingIn(chat), (users) => users.includes('kim'));
    await kim.send(chat, 'done').sent;
    await until(leo.typingIn(chat), (users) => users.length === 0);
  });

  test('what somebody blocked says in a room is flagged, until they are unblocked', async () => {
    const mia = await company.signedUp('mia', { url: server.url });
    const ned = await company.signedUp('ned', { url: server.url });
    const chat = await company.room(mia, ned);
    await ned.send(chat, 'nonsense').sent;
    const { items } = mia.timeline(chat);
    await until(items, (now) => message(now, 'nonsense')?.hidden === false);
    await mia.friends.block('ned');
    await until(items, (now) => message(now, 'nonsense')?.hidden === true);
    await mia.friends.unblock('ned');
    await until(items, (now) => message(now, 'nonsense')?.hidden === false);
  });
});
