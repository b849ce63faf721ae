import { describe, expect, test } from 'vitest';
import { HubbubError, MemoryStore, type TokenSource } from '../../src/index.js';
import { Accounts } from '../../src/session/accounts.js';
import { Credentials, FRESH_MS } from '../../src/session/credentials.js';
import { ServerTime } from '../../src/session/server_time.js';
import { ManualClock } from '../clock.js';
import { Locks } from '../locks.js';

const LIFE_MS = 900_000;

/** The server's end of /sessions/refresh: a refresh token is good once. */
class Provider {
  readonly clock = new ManualClock();
  used: string[] = [];
  status = 201;
  #count = 0;

  fetch = (_url: string, init: RequestInit): Promise<Response> => {
    const { refresh_token } = JSON.parse(init.body as string) as { refresh_token: string };
    const reused = this.used.includes(refresh_token);
    this.used.push(refresh_token);
    if (this.status !== 201) return Promise.resolve(new Response('{}', { status: this.status }));
    if (reused) return Promise.reject(new Error('a refresh token was used twice'));
    return Promise.resolve(Response.json(this.tokens(), { status: 201 }));
  };

  tokens(): { user: string; token: string; expires_at: number; refresh_token: string } {
    const count = (this.#count += 1);
    return {
      user: 'me',
      token: `t${count}`,
      expires_at: this.clock.now() + LIFE_MS,
      refresh_token: `r${count}`,
    };
  }
}

class Tab {
  readonly time: ServerTime;
  readonly credentials: Credentials;

  constructor(provider: Provider, store: MemoryStore, locks: Locks, source?: TokenSource) {
    this.time = new ServerTime(provider.clock);
    const accounts = new Accounts(new URL('http://server/'), provider.fetch, provider.clock, () => undefined);
    const exclusively = async <T>(work: () => Promise<T>): Promise<T> =>
      (await locks.request('tokens', {}, work)) as T;
    this.credentials = new Credentials(accounts, store, this.time, exclusively, source);
  }
}

async function signedIn(
  source?: TokenSource,
): Promise<{ provider: Provider; tab: Tab; another: () => Promise<Tab> }> {
  const [provider, store, locks] = [new Provider(), new MemoryStore(), new Locks()];
  const tab = new Tab(provider, store, locks, source);
  await tab.credentials.adopt(provider.tokens());
  const another = async (): Promise<Tab> => {
    const made = new Tab(provider, store, locks, source);
    await made.credentials.load();
    return made;
  };
  return { provider, tab, another };
}

describe('a token', () => {
  test('is used while it is good for a minute, then renewed', async () => {
    const { provider, tab } = await signedIn();
    expect(await tab.credentials.fresh()).toBe('t1');
    provider.clock.pass(LIFE_MS - FRESH_MS);
    expect(await tab.credentials.fresh()).toBe('t1');
    provider.clock.pass(1);
    expect(await tab.credentials.fresh()).toBe('t2');
  });

  test("is as old as the server says, whatever this machine's clock is set to", async () => {
    const { provider, tab } = await signedIn();
    tab.time.told(provider.clock.now());
    provider.clock.set(provider.clock.now() + 10 * LIFE_MS);
    expect(await tab.credentials.fresh()).toBe('t1');
    provider.clock.set(0);
    provider.clock.pass(LIFE_MS);
    expect(await tab.credentials.fresh()).toBe('t2');
  });

  test('is renewed once, however many ask, in however many tabs', async () => {
    const { provider, tab, another } = await signedIn();
    const other = await another();
    provider.clock.pass(LIFE_MS);
    const all = [tab, other, tab, other].map(({ credentials }) => credentials.fresh());
    expect(await Promise.all(all)).toEqual(['t2', 't2', 't2', 't2']);
    expect(provider.used).toEqual(['r1']);
  });
});

describe('a renewal', () => {
  test('that is refused ends the session', async () => {
    const { provider, tab, another } = await signedIn();
    provider.status = 401;
    await expect(tab.credentials.renew()).rejects.toMatchObject({ code: 'stopped' });
    expect(tab.credentials.present).toBe(false);
    expect((await another()).credentials.present).toBe(false);
  });

  test('that fails for now can be tried again', async () => {
    const { provider, tab } = await signedIn();
    provider.status = 503;
    await expect(tab.credentials.renew()).rejects.toMatchObject({ code: 'unreachable' });
    provider.status = 201;
    provider.used = [];
    expect(await tab.credentials.renew()).toBe('t2');
  });

  test('comes from the identity provider where there is one', async () => {
    let answer: () => Promise<string> = () => Promise.resolve('external');
    const { tab } = await signedIn(() => answer());
    expect(await tab.credentials.renew()).toBe('external');
    answer = () => Promise.reject(new TypeError('no network'));
    await expect(tab.credentials.renew()).rejects.toMatchObject({ code: 'unreachable' });
    answer = () => Promise.reject(new HubbubError('stopped', 'log in there'));
    await expect(tab.credentials.renew()).rejects.toMatchObject({ code: 'stopped', message: 'log in there' });
  });
});
