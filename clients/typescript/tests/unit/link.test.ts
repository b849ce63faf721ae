import { beforeEach, describe, expect, test } from 'vitest';
import { ASKED_MAX, type ConnectionState, Link, type Owner } from '../../src/connection/link.js';
import { HubbubError } from '../../src/index.js';
import type { Entry, Push } from '../../src/wire.js';
import { ManualClock, settled } from '../clock.js';
import { Sockets } from '../sockets.js';

class Application implements Owner {
  readonly states: ConnectionState[] = [];
  readonly words: (Push | Entry)[] = [];
  tokens: (boolean | 'lost')[] = [];
  noToken: HubbubError | undefined;

  token(renew: boolean): Promise<string> {
    this.tokens.push(renew);
    return this.noToken === undefined ? Promise.resolve('token') : Promise.reject(this.noToken);
  }

  hello(token: string): { type: 'hello'; token: string } {
    return { type: 'hello', token };
  }

  welcomed(): void {
    // What a model does with it is its own tests' affair.
  }

  heard(word: Push | Entry): void {
    this.words.push(word);
  }

  changed(state: ConnectionState): void {
    this.states.push(state);
  }

  lost(): void {
    this.tokens.push('lost');
  }

  get state(): ConnectionState | undefined {
    return this.states.at(-1);
  }
}

let clock: ManualClock;
let sockets: Sockets;
let application: Application;
let link: Link;

beforeEach(() => {
  clock = new ManualClock();
  sockets = new Sockets();
  application = new Application();
  link = new Link(application, {
    url: 'ws://server/ws',
    webSocket: sockets.maker,
    clock,
    chance: () => 0.5,
    maxAttempts: 3,
  });
});

async function connect(): Promise<void> {
  link.start();
  await settled();
  sockets.last.welcomes();
}

describe('connecting', () => {
  test('says hello, and is connected with the welcome', async () => {
    link.start();
    expect(application.state).toEqual({ status: 'connecting', attempt: 1, retryAt: null, reason: '' });
    await settled();
    sockets.last.opens();
    expect(sockets.last.sent).toEqual([{ type: 'hello', token: 'token', id: 0 }]);
    sockets.last.welcomes();
    expect(application.state).toEqual({ status: 'connected' });
  });

  test('says when it will try again, and why, and does', async () => {
    await connect();
    sockets.last.ends(4000);
    expect(application.state).toEqual({
      status: 'connecting',
      attempt: 1,
      retryAt: clock.now() + 500,
      reason: 'the server had an internal error',
    });
    await clock.settle(500);
    expect(sockets.all).toHaveLength(2);
  });

  test('a server that does not answer hello is left after 10 s', async () => {
    link.start();
    await settled();
    sockets.last.opens();
    clock.pass(10_000);
    expect(application.state).toMatchObject({ status: 'connecting', reason: 'logging in took too long' });
  });

  test('a socket that does not open is left after 15 s', async () => {
    link.start();
    await settled();
    clock.pass(15_000);
    expect(application.state).toMatchObject({ status: 'connecting', reason: 'no answer' });
  });

  test('a platform that says error and no close has failed all the same', async () => {
    link.start();
    await settled();
    sockets.last.fails();
    await new Promise((resolve) => setTimeout(resolve, 0));
    await settled();
    expect(application.state).toMatchObject({ status: 'connecting', reason: 'the server does not answer' });
  });

  test('a refused hello renews the token, even if the close does not come', async () => {
    link.start();
    await settled();
    sockets.last.opens();
    sockets.last.says({ type: 'error', id: 0, code: 'unauthenticated', message: '' });
    await clock.settle(10_000);
    await clock.settle(1_000);
    expect(application.tokens).toEqual([false, true, false]);
  });

  test('without a token it stops', async () => {
    application.noToken = new HubbubError('stopped', 'log in');
    link.start();
    await settled();
    expect(application.state).toEqual({ status: 'disconnected', reason: 'log in' });
  });

  test('where a token cannot be had now it tries again', async () => {
    application.noToken = new HubbubError('unreachable', 'no network');
    link.start();
    await settled();
    expect(application.state).toMatchObject({ status: 'connecting', reason: 'no network' });
  });

  test('stops after the last attempt', async () => {
    link.start();
    for (let attempt = 0; attempt <= 3; attempt++) {
      await settled();
      sockets.last.ends(1006);
      await clock.settle(4_000);
    }
    expect(application.state?.status).toBe('disconnected');
    expect(sockets.all).toHaveLength(4);
  });

  test('what belongs to an attempt that was given up is late news', async () => {
    link.start();
    link.stop();
    await settled();
    expect(sockets.all).toEqual([]);
    expect(application.state?.status).toBe('disconnected');
  });

  test('text that is no envelope ends the conversation: it is a bug', async () => {
    await connect();
    sockets.last.saysText('{"no": "type"}');
    expect(application.state).toMatchObject({ status: 'disconnected', code: 4502 });
  });
});

describe('asking', () => {
  test('a reply finds its request', async () => {
    await connect();
    const ping = link.ask({ type: 'ping' }, 1_000);
    const friends = link.ask({ type: 'friends' }, 1_000);
    const [first, second] = sockets.last.sent.slice(1);
    sockets.last.says({ type: 'friends', id: second?.['id'], friends: ['ada'] });
    sockets.last.says({ type: 'pong', id: first?.['id'], unheard: 'of' });
    expect(await ping).toMatchObject({ type: 'pong' });
    expect(await friends).toMatchObject({ friends: ['ada'] });
  });

  test('a refusal rejects with its code', async () => {
    await connect();
    const asked = link.ask({ type: 'join', chat: 'a' }, 1_000);
    const refusal = { type: 'error', code: 'rate_limited', message: 'wait', retry_after_ms: 70 };
    sockets.last.says({ ...refusal, id: sockets.last.sent.at(-1)?.['id'] });
    await expect(asked).rejects.toMatchObject({ code: 'rate_limited', message: 'wait', retryAfterMs: 70 });
  });

  test('what has no answer when the connection goes is asked again, under the same id, in order', async () => {
    await connect();
    void link.ask({ type: 'join', chat: 'a', msg_id: 'm1' }, 100_000);
    void link.ask({ type: 'join', chat: 'b', msg_id: 'm2' }, 100_000);
    const before = sockets.last.requests('join');
    sockets.last.ends(1006);
    await clock.settle(500);
    sockets.last.welcomes();
    expect(sockets.last.requests('join')).toEqual(before);
  });

  test('without an answer a read has none, and a write is undecided, with its msg_id', async () => {
    await connect();
    const read = link.ask({ type: 'friends' }, 1_000);
    const write = link.ask({ type: 'join', chat: 'a', msg_id: 'm1' }, 1_000);
    clock.pass(1_000);
    await expect(read).rejects.toMatchObject({ code: 'no_answer' });
    await expect(write).rejects.toMatchObject({ code: 'undecided', msgId: 'm1' });
  });

  test('when it stops, whoever waits is told, and nobody is taken', async () => {
    await connect();
    const read = link.ask({ type: 'friends' }, 1_000);
    link.stop();
    await expect(read).rejects.toMatchObject({ code: 'stopped' });
    await expect(link.ask({ type: 'friends' }, 1_000)).rejects.toMatchObject({ code: 'stopped' });
  });

  test('requests that wait are bounded', async () => {
    await connect();
    for (let count = 0; count < ASKED_MAX; count++)
      void link.ask({ type: 'ping' }, 1_000).catch(() => undefined);
    await expect(link.ask({ type: 'ping' }, 1_000)).rejects.toMatchObject({ code: 'full' });
  });

  test('a reply to nobody, a push of an unknown kind and unknown fields are ignored', async () => {
    await connect();
    sockets.last.says({ type: 'pong', id: 4_711 });
    sockets.last.says({ type: 'weather', forecast: 'rain' });
    sockets.last.says({ type: 'typing', chat: 'a', user: 'ada', on: true, speed: 9 });
    expect(application.words).toMatchObject([{ type: 'typing', user: 'ada' }]);
  });

  test('an entry of an unknown kind has its place', async () => {
    await connect();
    sockets.last.says({ type: 'pinned', chat: 'a', seq: 7, ts: 1, from: 'ada' });
    expect(application.words).toMatchObject([{ type: 'pinned', seq: 7 }]);
  });
});

describe('the heartbeat', () => {
  test('a server that is silent and does not answer is left', async () => {
    await connect();
    clock.pass(30_000);
    expect(sockets.last.requests('ping')).toHaveLength(1);
    clock.pass(15_000);
    expect(application.state).toMatchObject({ status: 'connecting', reason: 'it broke off' });
  });

  test('an answer keeps the connection', async () => {
    await connect();
    for (let minute = 0; minute < 5; minute++) {
      clock.pass(30_000);
      sockets.last.says({ type: 'pong', id: sockets.last.requests('ping').at(-1)?.['id'] });
    }
    expect(application.state).toEqual({ status: 'connected' });
    expect(sockets.last.requests('ping')).toHaveLength(5);
  });

  test('hurrying asks at once whether the connection is one', async () => {
    await connect();
    link.hurry();
    expect(sockets.last.requests('ping')).toHaveLength(1);
    clock.pass(5_000);
    expect(application.state?.status).toBe('connecting');
  });
});
