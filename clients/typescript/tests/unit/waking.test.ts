import { afterEach, expect, test, vi } from 'vitest';
import { watchWaking } from '../../src/connection/waking.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

function page(): { window: EventTarget; document: EventTarget & { hidden: boolean } } {
  const made = { window: new EventTarget(), document: Object.assign(new EventTarget(), { hidden: false }) };
  vi.stubGlobal('window', made.window);
  vi.stubGlobal('document', made.document);
  return made;
}

test('a network that comes or goes and a page that is looked at wake the connection, until nobody cares', () => {
  const { window, document } = page();
  let woken = 0;
  const stop = watchWaking(() => (woken += 1));
  for (const type of ['online', 'offline', 'pageshow']) window.dispatchEvent(new Event(type));
  document.dispatchEvent(new Event('visibilitychange'));
  document.hidden = true;
  document.dispatchEvent(new Event('visibilitychange'));
  expect(woken).toBe(4);
  stop();
  window.dispatchEvent(new Event('online'));
  expect(woken).toBe(4);
});

test('where there is no page, nothing wakes it', () => {
  const stop = watchWaking(() => {
    throw new Error('woken');
  });
  expect(stop).not.toThrow();
});
