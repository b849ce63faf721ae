import { expect, test } from 'vitest';
import { RULES, ruleFor } from '../../src/connection/closing.js';

test.each([
  [1000, 'stop'],
  [1001, 'reconnect'],
  [1002, 'stop'],
  [1003, 'stop'],
  [1006, 'reconnect'],
  [1007, 'stop'],
  [1009, 'stop'],
  [1011, 'reconnect'],
  [1012, 'reconnect'],
  [3000, 'reconnect'],
  [4000, 'reconnect'],
  [4001, 'reconnect'],
  [4002, 'reconnect'],
  [4003, 'reconnect'],
  [4029, 'reconnect'],
  [4499, 'reconnect'],
  [4500, 'renew'],
  [4501, 'stop'],
  [4502, 'stop'],
  [4503, 'later'],
  [4504, 'stop'],
  [4999, 'stop'],
])('after %i: %s', (code, then) => {
  expect(ruleFor(code).then).toBe(then);
});

test('every row says to a person why the connection ended', () => {
  expect(Object.values(RULES).filter(({ text }) => text === '')).toEqual([]);
});
