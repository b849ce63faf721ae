import { expect, test } from 'vitest';
import { Cell, Derived } from '../../src/observable.js';

test('a subscriber gets the value at once and every change, until it has had enough', () => {
  const cell = new Cell(1);
  const seen: number[] = [];
  const stop = cell.subscribe((value) => seen.push(value));
  cell.set(2);
  cell.set(2);
  stop();
  cell.set(3);
  expect(seen).toEqual([1, 2]);
  expect(cell.get()).toBe(3);
});

test('a subscriber that another one ended in the same change is not called', () => {
  const cell = new Cell(1);
  const seen: number[] = [];
  const stops: (() => void)[] = [];
  cell.subscribe((value) => {
    if (value === 2) for (const stop of stops) stop();
  });
  stops.push(cell.subscribe((value) => seen.push(value)));
  cell.set(2);
  expect(seen).toEqual([1]);
});

test('many changes in one turn are told once', async () => {
  let source = 0;
  const doubled = new Derived(() => source * 2);
  const seen: number[] = [];
  doubled.subscribe((value) => seen.push(value));
  for (source = 1; source < 5; source++) doubled.invalidate();
  await Promise.resolve();
  expect(seen).toEqual([0, 10]);
});

test('a value that was asked for before its change was told is told all the same', async () => {
  let source = 1;
  const derived = new Derived(() => source);
  const seen: number[] = [];
  derived.subscribe((value) => seen.push(value));
  source = 2;
  derived.invalidate();
  expect(derived.get()).toBe(2);
  await Promise.resolve();
  expect(seen).toEqual([1, 2]);
});
