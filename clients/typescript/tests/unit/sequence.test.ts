import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CATCH_UP_MAX, HELD_MAX, type Order, Sequencer } from '../../src/chats/sequence.js';
import type { Entry } from '../../src/wire.js';

function entry(seq: number, chat = 'chat'): Entry {
  return { type: 'renamed', chat, seq, ts: seq, from: 'ada', name: `${seq}` };
}

function told(orders: readonly Order[]): string[] {
  return orders.map((order) => {
    if (order.type === 'pass') return `pass ${order.entry.seq}`;
    return order.type === 'fetch'
      ? `fetch ${order.tries}`
      : `anew ${order.after}${order.reset ? ' reset' : ''}`;
  });
}

function at(cursor: number): Sequencer {
  return new Sequencer([['chat', cursor]]);
}

describe('order', () => {
  test('the next entry is passed on, an old one is dropped', () => {
    const order = at(5);
    expect(told(order.entry(entry(6)))).toEqual(['pass 6']);
    expect(told(order.entry(entry(6)))).toEqual([]);
    expect(order.cursor('chat')).toBe(6);
  });

  test('a gap is filled by history, and what came meanwhile follows', () => {
    const order = at(5);
    expect(told(order.entry(entry(8)))).toEqual(['fetch 0']);
    expect(told(order.entry(entry(9)))).toEqual([]);
    expect(told(order.page('chat', [entry(6), entry(7)]))).toEqual(['pass 6', 'pass 7', 'pass 8', 'pass 9']);
  });

  test('a page that brings nothing is asked for again, and counts', () => {
    const order = at(5);
    order.entry(entry(8));
    expect(told(order.page('chat', []))).toEqual(['fetch 1']);
    expect(told(order.page('chat', []))).toEqual(['fetch 2']);
    expect(told(order.page('chat', [entry(6)]))).toEqual(['pass 6', 'fetch 0']);
  });

  test('a page nobody waits for is dropped', () => {
    expect(at(5).page('chat', [entry(6)])).toEqual([]);
    expect(at(5).page('another', [entry(6, 'another')])).toEqual([]);
  });

  test('a chat nobody announced starts with its first entry', () => {
    expect(told(new Sequencer().entry(entry(40)))).toEqual(['pass 40']);
  });

  test('a new chat starts after its head; one that is followed catches up', () => {
    const order = new Sequencer();
    expect(told(order.follow('chat', 7))).toEqual([]);
    expect(order.cursor('chat')).toBe(7);
    expect(told(order.follow('chat', 9))).toEqual(['fetch 0']);
  });

  test('entries held back are bounded; those dropped come by history', () => {
    const order = at(0);
    for (let seq = 2; seq < HELD_MAX + 10; seq++) order.entry(entry(seq));
    const passed = told(order.page('chat', [entry(1)]));
    expect(passed.filter((each) => each.startsWith('pass'))).toHaveLength(HELD_MAX + 1);
    expect(passed.at(-1)).toBe('fetch 0');
  });

  test('after a loss nothing is held or awaited: replay brings it again', () => {
    const order = at(5);
    order.entry(entry(8));
    order.disconnected();
    expect(order.page('chat', [entry(6)])).toEqual([]);
    expect(told(order.entry(entry(6)))).toEqual(['pass 6']);
  });
});

describe('resync', () => {
  test('a small hole is filled', () => {
    expect(told(at(5).resync('chat', 9, false))).toEqual(['fetch 0']);
  });

  test('a hole that is filled already asks for nothing', () => {
    expect(told(at(8).resync('chat', 9, false))).toEqual([]);
  });

  test('a large hole is announced, and the flow goes on behind it', () => {
    const order = at(5);
    const next = 5 + CATCH_UP_MAX + 2;
    expect(told(order.resync('chat', next, false))).toEqual([`anew ${next - 1}`]);
    expect(told(order.entry(entry(next)))).toEqual([`pass ${next}`]);
  });

  test('after a reset the flow goes on where it is told, even below', () => {
    const order = at(500);
    expect(told(order.resync('chat', 4, true))).toEqual(['anew 3 reset']);
    expect(told(order.entry(entry(4)))).toEqual(['pass 4']);
  });

  test('of a chat that is not followed it says where that begins', () => {
    const order = new Sequencer();
    expect(told(order.resync('chat', 4, false))).toEqual([]);
    expect(order.cursor('chat')).toBe(3);
  });
});

test('whatever is lost, repeated, reordered or cut off: a contiguous run, to the end', () => {
  const noise = fc.array(
    fc.record({ seq: fc.integer({ min: 1, max: 30 }), cut: fc.boolean(), page: fc.nat(5) }),
  );
  fc.assert(
    fc.property(noise, (events) => {
      const order = at(0);
      const passed: number[] = [];
      const all = Array.from({ length: 31 }, (_, index) => entry(index + 1));
      const awaited = { page: false };
      const act = (orders: readonly Order[]): void => {
        for (const each of orders) {
          if (each.type === 'pass') passed.push(each.entry.seq);
          if (each.type === 'fetch') awaited.page = true;
        }
      };
      const answer = (count: number): void => {
        const cursor = order.cursor('chat') ?? 0;
        awaited.page = false;
        act(order.page('chat', all.slice(cursor, cursor + count)));
      };
      for (const { seq, cut, page } of events) {
        if (cut) order.disconnected();
        if (cut) awaited.page = false;
        act(order.entry(entry(seq)));
        if (awaited.page && page > 0) answer(page);
      }
      act(order.entry(entry(31)));
      while (awaited.page) answer(7);
      expect(passed).toEqual(all.map(({ seq }) => seq));
    }),
  );
});
