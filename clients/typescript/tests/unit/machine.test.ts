/** Plays: what happens to a client, and what it does. */

import { describe, expect, test } from 'vitest';
import { type Action, AT_REST, type Happening, type Machine, step } from '../../src/connection/machine.js';

class Play {
  machine: Machine = AT_REST;
  now = 0;
  chance = 0.5;
  maxAttempts = 100;

  /** What the client does when this happens, one after the other: the last one's actions. */
  after(...events: (Happening | Happening['type'])[]): string[] {
    let actions: readonly Action[] = [];
    for (const event of events) {
      const happening = (typeof event === 'string' ? { type: event } : event) as Happening;
      [this.machine, actions] = step(this.machine, happening, this);
    }
    return actions.map(told);
  }
}

function told(action: Action): string {
  if (action.type === 'wait') return `wait ${action.ms}`;
  return action.type === 'halt' && action.code !== undefined ? `halt ${action.code}` : action.type;
}

function connected(): Play {
  const play = new Play();
  play.after('start', 'welcomed');
  return play;
}

function lost(code: number): Happening {
  return { type: 'lost', code };
}

describe('the three states', () => {
  test('from rest to connected', () => {
    const play = new Play();
    expect(play.after('start')).toEqual(['hangUp', 'dial']);
    expect(play.machine.status).toBe('connecting');
    expect(play.after('welcomed')).toEqual([]);
    expect(play.machine.status).toBe('connected');
  });

  test('after a loss: a random wait, then another attempt', () => {
    const play = connected();
    expect(play.after(lost(1006))).toEqual(['hangUp', 'wait 500']);
    expect(play.machine).toMatchObject({ status: 'connecting', waiting: true, attempt: 1 });
    expect(play.after('due')).toEqual(['dial']);
    expect(play.after({ type: 'failed', reason: 'down' })).toEqual(['hangUp', 'wait 1000']);
    expect(play.after('due', { type: 'failed', reason: 'down' })).toEqual(['hangUp', 'wait 2000']);
  });

  test('what bye asked for is obeyed, also when the connection is cut after it', () => {
    for (const code of [1012, 1006]) {
      const play = connected();
      play.after({ type: 'bye', code: 1012, reconnectInMs: 1234 });
      expect(play.after(lost(code))).toEqual(['hangUp', 'wait 1234']);
    }
  });

  test('a bye that says stop stops, also when the connection is cut after it', () => {
    const play = connected();
    play.after({ type: 'bye', code: 4501 });
    expect(play.after(lost(1006))).toEqual(['hangUp', 'halt 4501']);
    expect(play.machine.status).toBe('disconnected');
  });

  test('4500 renews the token first, until there is one', () => {
    const play = connected();
    play.after(lost(4500));
    expect(play.after('due')).toEqual(['renew']);
    play.after({ type: 'failed', reason: 'down' });
    expect(play.after('due')).toEqual(['renew']);
    expect(play.after('renewed')).toEqual(['dial']);
    expect(play.after(lost(1006), 'due')).toEqual(['dial']);
  });

  test('no token to be had stops', () => {
    const play = connected();
    play.after(lost(4500), 'due');
    expect(play.after({ type: 'refused', reason: 'log in' })).toEqual(['hangUp', 'halt']);
  });

  test('4503 comes back after a minute, or sooner if bye said so', () => {
    expect(connected().after(lost(4503))).toEqual(['hangUp', 'wait 60000']);
    const play = connected();
    play.after({ type: 'bye', code: 4503, reconnectInMs: 90_000 });
    expect(play.after(lost(4503))).toEqual(['hangUp', 'wait 60000']);
  });

  test('attempts count from zero after 60 s connected, not before', () => {
    const play = connected();
    play.after(lost(1006), 'due', 'welcomed');
    play.now += 59_999;
    expect(play.after(lost(1006))).toEqual(['hangUp', 'wait 1000']);
    play.after('due', 'welcomed');
    play.now += 60_000;
    expect(play.after(lost(1006))).toEqual(['hangUp', 'wait 500']);
  });

  test('after the last attempt it stops and says so; whoever hurries starts it again', () => {
    const play = new Play();
    play.maxAttempts = 1;
    play.after('start', { type: 'failed', reason: 'down' }, 'due');
    expect(play.after({ type: 'failed', reason: 'down' })).toEqual(['hangUp', 'halt']);
    expect(play.machine).toMatchObject({ status: 'disconnected', tired: true });
    expect(play.after('hurry')).toEqual(['hangUp', 'dial']);
  });

  test('a client that was stopped is not started by a new network', () => {
    const play = connected();
    expect(play.after('stop')).toEqual(['hangUp', 'halt 1000']);
    expect(play.after('hurry')).toEqual([]);
  });

  test('hurry ends a wait, and disturbs nothing else', () => {
    const play = connected();
    expect(play.after('hurry')).toEqual([]);
    play.after(lost(1006));
    expect(play.after('hurry')).toEqual(['hangUp', 'dial']);
    expect(play.after('hurry')).toEqual([]);
  });

  test.each<Happening>([
    { type: 'due' },
    { type: 'welcomed' },
    { type: 'lost', code: 1006 },
    { type: 'renewed' },
    { type: 'bye' },
  ])('at rest, $type is late news', (event) => {
    const play = new Play();
    expect(play.after(event)).toEqual([]);
    expect(play.machine).toBe(AT_REST);
  });
});
