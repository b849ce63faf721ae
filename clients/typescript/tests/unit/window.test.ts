import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Item, ItemMaker } from '../../src/chats/items.js';
import { Window } from '../../src/chats/window.js';
import { deeds, ME, ServerChat } from '../history.js';

const VIEWER = { me: ME, blocked: new Set<string>(), others: { received: 0, read: 0 } };

/** What is shown, whatever the order in which reactions came. */
function shown(window: Window): Item[] {
  return new ItemMaker()
    .items(window.entries, [], VIEWER)
    .map((item) =>
      item.kind === 'message'
        ? { ...item, reactions: [...item.reactions].sort((one, other) => (one.emoji < other.emoji ? -1 : 1)) }
        : item,
    );
}

function windowOf(entries: Parameters<Window['append']>[0]): Window {
  const window = new Window(ME);
  window.append(entries);
  return window;
}

test('caught-up state equals live state', () => {
  fc.assert(
    fc.property(deeds, (all) => {
      const server = new ServerChat();
      for (const deed of all) server.do(deed);
      const live = windowOf(server.pushes);
      const caughtUp = windowOf(server.page({ limit: 1_000 }).entries);
      expect(shown(live)).toEqual(shown(caughtUp));
    }),
  );
});

test('a page from any moment, with pushes from before it and after it, comes to the same', () => {
  fc.assert(
    fc.property(deeds, fc.nat(40), fc.nat(40), fc.nat(40), (all, split, moment, lag) => {
      const server = new ServerChat();
      const [before, after] = [all.slice(0, moment), all.slice(moment)];
      for (const deed of before) server.do(deed);
      const from = Math.min(split, server.head);
      const older = server.page({ limit: 1_000 }).entries.filter(({ seq }) => seq <= from);
      const late = server.pushes.slice(from, Math.max(from, server.head - lag)); // pushed before the page is worked in
      for (const deed of after) server.do(deed);
      const window = windowOf(late.length > 0 ? late : server.pushes.slice(from));
      window.prepend(older);
      window.append(server.pushes);
      const right = windowOf(server.page({ limit: 1_000 }).entries);
      expect(shown(window)).toEqual(shown(right));
    }),
  );
});

test('what is kept as it came is the same after it was read back', () => {
  fc.assert(
    fc.property(deeds, (all) => {
      const server = new ServerChat();
      for (const deed of all) server.do(deed);
      const window = windowOf(server.pushes);
      expect(shown(windowOf(structuredClone([...window.entries])))).toEqual(shown(window));
    }),
  );
});

test('a deletion leaves no words, in the message or in its edits', () => {
  const server = new ServerChat();
  server.do({ do: 'say', who: 0 });
  server.do({ do: 'edit', nth: 0 });
  server.do({ do: 'react', who: 1, nth: 0, emoji: 'a' });
  server.do({ do: 'delete', nth: 0 });
  const window = windowOf(server.pushes);
  expect(JSON.stringify(window.entries)).not.toMatch(/said|edited 2|reactions/);
});

test('entries after a hole or before one are not taken', () => {
  const server = new ServerChat();
  for (let count = 0; count < 9; count++) server.do({ do: 'say', who: 0 });
  const window = windowOf(server.pushes.slice(3, 5));
  window.append(server.pushes.slice(6));
  window.prepend(server.pushes.slice(0, 2));
  expect([window.first, window.last]).toEqual([4, 5]);
  window.append(server.pushes);
  window.prepend(server.pushes);
  expect([window.first, window.last]).toEqual([1, 9]);
});

test('a window that is too large lets the far end go', () => {
  const server = new ServerChat();
  for (let count = 0; count < 9; count++) server.do({ do: 'say', who: 0 });
  const window = windowOf(server.pushes);
  expect(window.keep(9, 'newest')).toBe(false);
  expect(window.keep(5, 'newest')).toBe(true);
  expect([window.first, window.last]).toEqual([5, 9]);
  expect(window.keep(2, 'oldest')).toBe(true);
  expect([window.first, window.last]).toEqual([5, 6]);
  expect(window.at(6)?.seq).toBe(6);
});
