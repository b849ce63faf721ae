import { beforeEach, describe, expect, test } from 'vitest';
import { Acknowledger } from '../../src/chats/acknowledge.js';
import { Members } from '../../src/chats/members.js';
import { People } from '../../src/people/people.js';
import { Typing } from '../../src/people/typing.js';
import type { MemberListing } from '../../src/wire.js';
import { ManualClock, settled } from '../clock.js';

let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock();
});

describe('profiles and presences', () => {
  let asked: string[][];
  let people: People;
  let away: boolean;

  beforeEach(() => {
    [asked, away] = [[], false];
    people = new People({
      clock,
      profiles: (users) => {
        asked.push(users);
        if (away) return Promise.reject(new Error('no connection'));
        return Promise.resolve(users.map((user) => ({ user, display_name: user.toUpperCase() })));
      },
      presences: (users) => {
        asked.push(users);
        return Promise.resolve(users.map((user) => ({ user, online: true, last_seen: null })));
      },
      learned: () => undefined,
    });
  });

  test('are asked for together, 200 at a time, and once', async () => {
    const users = Array.from({ length: 250 }, (_, index) => `u${index}`);
    for (const user of [...users, ...users]) people.profile(user);
    expect(people.profile('u0').get()).toEqual({ user: 'u0', displayName: 'u0', avatar: null });
    await clock.settle(20);
    expect(asked.map(({ length }) => length)).toEqual([200, 50]);
    expect(people.profile('u0').get().displayName).toBe('U0');
  });

  test('are asked for again after ten minutes, and with the next connection if there was none', async () => {
    away = true;
    people.profile('ada');
    await clock.settle(20);
    expect(people.profile('ada').get().displayName).toBe('ada');
    away = false;
    people.connected();
    await clock.settle(20);
    expect(people.profile('ada').get().displayName).toBe('ADA');
    await clock.settle(600_001);
    people.profile('ada');
    await clock.settle(20);
    expect(asked).toEqual([['ada'], ['ada'], ['ada']]);
  });

  test('presence is unknown without a connection, and asked for again with one', async () => {
    const presence = people.presence('ada');
    await clock.settle(20);
    expect(presence.get()).toEqual({ online: true, lastSeen: null });
    people.seen({ user: 'ada', online: false, last_seen: 7 });
    expect(presence.get()).toEqual({ online: false, lastSeen: 7 });
    people.disconnected();
    expect(presence.get()).toBeUndefined();
    people.connected();
    await clock.settle(20);
    expect(presence.get()).toEqual({ online: true, lastSeen: null });
  });
});

describe('typing', () => {
  let said: string[];
  let typing: Typing;

  beforeEach(() => {
    said = [];
    typing = new Typing(clock, (chat, on) => said.push(`${chat} ${on ? 'on' : 'off'}`));
  });

  test('of others ends by itself after 6 s, unless it is said again', () => {
    typing.heard('a', 'ada', true);
    clock.pass(5_000);
    typing.heard('a', 'ada', true);
    typing.heard('a', 'ben', true);
    clock.pass(5_999);
    expect(typing.in('a').get()).toEqual(['ada', 'ben']);
    clock.pass(1);
    expect(typing.in('a').get()).toEqual([]);
  });

  test('of oneself is said every 3 s while it goes on, and when it ends', () => {
    for (let key = 0; key < 7; key++) {
      typing.mine('a', true);
      clock.pass(500);
    }
    typing.mine('a', false);
    typing.mine('a', false);
    expect(said).toEqual(['a on', 'a on', 'a off']);
  });
});

describe('receipts', () => {
  test('are reported once a second and chat, and reading covers receiving', async () => {
    const reports: string[] = [];
    const report = (kind: string, chat: string, seq: number): Promise<void> => {
      reports.push(`${kind} ${chat} ${seq}`);
      return Promise.resolve();
    };
    const acknowledger = new Acknowledger(report, clock);
    for (const seq of [1, 3, 2]) acknowledger.note('received', 'a', seq);
    acknowledger.note('received', 'b', 5);
    acknowledger.note('read', 'b', 6);
    acknowledger.note('received', 'b', 6);
    await clock.settle(999);
    expect(reports).toEqual([]);
    await clock.settle(1);
    expect(reports).toEqual(['received a 3', 'read b 6']);
  });

  test('that could not be reported wait for the next connection, unless a later one covers them', async () => {
    const reports: number[] = [];
    let away = true;
    const acknowledger = new Acknowledger((_kind, _chat, seq) => {
      if (away) return Promise.reject(new Error('no connection'));
      reports.push(seq);
      return Promise.resolve();
    }, clock);
    acknowledger.note('read', 'a', 5);
    await clock.settle(1_000);
    acknowledger.note('read', 'a', 7);
    away = false;
    acknowledger.flush();
    await settled();
    expect(reports).toEqual([7]);
  });
});

describe('members', () => {
  const ada: MemberListing = { user: 'ada', display_name: 'Ada', role: 'owner', read: 3, received: 4 };
  const ben: MemberListing = {
    user: 'ben',
    display_name: 'Ben',
    role: 'member',
    read: 1,
    received: 9,
    muted_until: 50,
  };
  let members: Members;
  let asked: number;
  let open: string;

  beforeEach(() => {
    [asked, open] = [0, 'a'];
    members = new Members({
      clock,
      members: () => {
        asked += 1;
        return Promise.resolve({ type: 'members', members: [ada, ben], more: false });
      },
      open: (chat) => chat === open,
      changed: () => undefined,
    });
  });

  test('are not asked for again where nobody looks any more', async () => {
    const stop = members.of('a').subscribe(() => undefined);
    await clock.settle(200);
    stop();
    open = '';
    members.connected();
    await clock.settle(200);
    expect(asked).toBe(1);
    members.of('a');
    await clock.settle(200);
    expect(asked).toBe(2);
  });

  test('are fetched when somebody looks, and again when somebody comes or goes, a few at once', async () => {
    const roster = members.of('a');
    expect(roster.get()).toBeUndefined();
    await clock.settle(200);
    expect(roster.get()?.members[1]).toMatchObject({ user: 'ben', displayName: 'Ben', mutedUntil: 50 });
    for (let count = 0; count < 5; count++) members.changed('a');
    members.changed('nobody looks');
    await clock.settle(200);
    expect(asked).toBe(2);
  });

  test('have read what they answered, and the furthest of the others counts', async () => {
    members.of('a');
    await clock.settle(200);
    expect(members.others('a', 'ada')).toEqual({ received: 9, read: 1 });
    members.receipt('a', 'ben', { received: 8, read: 5 });
    members.wrote('a', 'ben', 12);
    expect(members.others('a', 'ada')).toEqual({ received: 12, read: 12 });
    expect(members.others('nobody looks', 'ada')).toEqual({ received: 0, read: 0 });
  });
});
