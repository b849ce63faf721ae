import { describe, expect, test } from 'vitest';
import { Outbox, type Pending, UNDECIDED_MAX } from '../../src/chats/outbox.js';
import { HubbubError, MemoryStore } from '../../src/index.js';
import type { SendRequest, Sent } from '../../src/wire.js';
import { ManualClock, settled } from '../clock.js';

/** A server that answers when it is told to. */
class Server {
  readonly asked: SendRequest[] = [];
  readonly #answers: { resolve: (sent: Sent) => void; reject: (error: HubbubError) => void }[] = [];
  #seq = 0;

  ask = (request: SendRequest): Promise<Sent> => {
    this.asked.push(request);
    return new Promise((resolve, reject) => this.#answers.push({ resolve, reject }));
  };

  async sends(): Promise<void> {
    const { msg_id, to } = this.asked.at(-1) ?? { msg_id: '', to: '' };
    const seq = (this.#seq += 1);
    this.#answers.shift()?.resolve({ type: 'sent', msg_id, chat: to, seq, ts: seq, duplicate: false });
    await settled();
  }

  async refuses(code: HubbubError['code'], retryAfterMs?: number): Promise<void> {
    this.#answers.shift()?.reject(new HubbubError(code, code, retryAfterMs));
    await settled();
  }
}

class Stage {
  readonly server = new Server();
  readonly clock = new ManualClock();
  readonly store: MemoryStore;
  readonly outbox: Outbox;
  cursor = 0;

  constructor(store = new MemoryStore()) {
    this.store = store;
    this.outbox = new Outbox({
      store,
      clock: this.clock,
      ask: this.server.ask,
      cursor: () => this.cursor,
      changed: () => undefined,
      settled: () => undefined,
    });
    this.outbox.start();
  }

  async write(content: string, to = 'room'): Promise<ReturnType<Outbox['post']>> {
    const sending = this.outbox.post({ msgId: content, msgType: 'group', to, content });
    await settled();
    return sending;
  }

  get words(): string[] {
    return this.server.asked.map(({ content }) => content);
  }

  async stored(): Promise<string[]> {
    return ((await this.store.list('outbox')) as Pending[]).map(({ content }) => content);
  }
}

describe('sending', () => {
  test('a message is stored before it is sent, and until it is decided', async () => {
    const stage = new Stage();
    const sending = stage.outbox.post({ msgId: 'one', msgType: 'group', to: 'room', content: 'one' });
    expect(stage.words).toEqual([]);
    await settled();
    expect(await stage.stored()).toEqual(['one']);
    expect(stage.words).toEqual(['one']);
    await stage.server.sends();
    expect(await stage.stored()).toEqual([]);
    expect(await sending.sent).toMatchObject({ seq: 1 });
  });

  test('to one recipient one after the other, to others at the same time', async () => {
    const stage = new Stage();
    for (const word of ['one', 'two']) await stage.write(word);
    await stage.write('elsewhere', 'another');
    expect(stage.words).toEqual(['one', 'elsewhere']);
    await stage.server.sends();
    expect(stage.words).toEqual(['one', 'elsewhere', 'two']);
  });

  test('a sent message is shown until its entry is there, also when that was there first', async () => {
    const stage = new Stage();
    await stage.write('one');
    await stage.server.sends();
    expect(stage.outbox.pending.get()).toMatchObject([{ sent: { seq: 1 } }]);
    stage.outbox.arrived('room', 1);
    expect(stage.outbox.pending.get()).toEqual([]);
    stage.cursor = 2;
    await stage.write('two');
    await stage.server.sends();
    expect(stage.outbox.pending.get()).toEqual([]);
  });

  test('beyond the bound nothing is taken', () => {
    const stage = new Stage();
    for (let count = 0; count < UNDECIDED_MAX; count++)
      stage.outbox.post({ msgId: `${count}`, msgType: 'group', to: 'room', content: '' });
    expect(() => stage.outbox.post({ msgId: 'more', msgType: 'group', to: 'room', content: '' })).toThrow(
      HubbubError,
    );
    expect(stage.outbox.pending.get()).toHaveLength(UNDECIDED_MAX);
  });
});

describe('refusals', () => {
  test('what ends by itself is waited out, under the same msg_id, and nothing overtakes', async () => {
    const stage = new Stage();
    for (const word of ['one', 'two']) await stage.write(word);
    await stage.server.refuses('rate_limited', 400);
    await stage.clock.settle(399);
    expect(stage.words).toEqual(['one']);
    await stage.clock.settle(1);
    expect(stage.words).toEqual(['one', 'one']);
    expect(new Set(stage.server.asked.map(({ msg_id }) => msg_id)).size).toBe(1);
  });

  test('a message that was refused fails and stays; those behind it are sent', async () => {
    const stage = new Stage();
    const { sent } = await stage.write('one');
    await stage.write('two');
    await stage.server.refuses('muted');
    await expect(sent).rejects.toMatchObject({ code: 'muted' });
    expect(stage.outbox.pending.get()[0]).toMatchObject({ content: 'one', error: { code: 'muted' } });
    expect(stage.words).toEqual(['one', 'two']);
    expect(await stage.stored()).toEqual(['one', 'two']);
  });

  test('it can be tried again, or given up', async () => {
    const stage = new Stage();
    await stage.write('one');
    await stage.server.refuses('muted');
    await stage.outbox.retry('one');
    expect(stage.words).toEqual(['one', 'one']);
    await stage.server.refuses('muted');
    await stage.outbox.discard('one');
    expect(stage.outbox.pending.get()).toEqual([]);
    expect(await stage.stored()).toEqual([]);
  });

  test('a message that is on its way is not given up: nobody could call it back', async () => {
    const stage = new Stage();
    await stage.write('one');
    await stage.outbox.discard('one');
    expect(stage.outbox.pending.get()).toHaveLength(1);
  });

  test('without a connection everything stays, and is sent when there is one', async () => {
    const stage = new Stage();
    await stage.write('one');
    await stage.server.refuses('stopped');
    await stage.write('two');
    await stage.server.refuses('stopped');
    stage.outbox.start();
    await settled();
    expect(stage.words.at(-1)).toBe('one');
    await stage.server.sends();
    expect(stage.words.at(-1)).toBe('two');
  });
});

describe('another page', () => {
  test('takes over what was undecided, in the order it was written', async () => {
    const stage = new Stage();
    for (const word of ['b', 'a', 'c']) await stage.write(word);
    const next = new Stage(stage.store);
    await next.outbox.load();
    await settled();
    expect(next.outbox.pending.get().map(({ content }) => content)).toEqual(['b', 'a', 'c']);
    expect(next.words).toEqual(['b']);
  });

  test('hears how it went with a message that the leading one sent or was refused', async () => {
    const leading = new Stage();
    const follower = new Stage(leading.store);
    follower.outbox.stop();
    const first = await follower.write('one');
    const second = await follower.write('two');
    await leading.outbox.load();
    await settled();
    await leading.server.sends();
    follower.outbox.settled('one', {
      type: 'sent',
      msg_id: 'one',
      chat: 'room',
      seq: 1,
      ts: 1,
      duplicate: false,
    });
    expect(await first.sent).toMatchObject({ seq: 1 });
    await leading.server.refuses('muted');
    await follower.outbox.load();
    await expect(second.sent).rejects.toMatchObject({ code: 'muted' });
  });

  test('a message that is not stored yet is not lost when another one changed the store', async () => {
    const stage = new Stage();
    const sending = stage.outbox.post({ msgId: 'one', msgType: 'group', to: 'room', content: 'one' });
    const loading = stage.outbox.load();
    await Promise.all([loading, settled()]);
    expect(stage.outbox.pending.get()).toMatchObject([{ msgId: sending.msgId }]);
  });
});
