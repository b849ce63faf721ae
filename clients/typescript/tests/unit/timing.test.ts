import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { waitMs } from '../../src/connection/backoff.js';
import { Heartbeat } from '../../src/connection/heartbeat.js';
import { ServerTime } from '../../src/session/server_time.js';
import { ManualClock } from '../clock.js';

test('waits are between 0 and min(30 s, 1 s times 2^attempt), and reach both ends', () => {
  fc.assert(
    fc.property(fc.nat(1_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, chance) => {
      expect(waitMs(attempt, chance)).toBeLessThanOrEqual(Math.min(30_000, 1_000 * 2 ** attempt));
      expect(waitMs(attempt, chance)).toBeGreaterThanOrEqual(0);
    }),
  );
  expect([0, 1, 4, 5, 99].map((attempt) => waitMs(attempt, 1))).toEqual([
    1_000, 2_000, 16_000, 30_000, 30_000,
  ]);
  expect(waitMs(99, 0)).toBe(0);
});

describe('the heartbeat', () => {
  test('asks after an interval of silence, and gives up when no answer comes', () => {
    const heart = new Heartbeat(30_000, 0);
    expect(heart.pulse(29_999)).toBe('fine');
    expect(heart.nextCheckIn(29_999)).toBe(1);
    expect(heart.pulse(30_000)).toBe('ping');
    expect(heart.pulse(44_999)).toBe('fine');
    expect(heart.pulse(45_000)).toBe('dead');
  });

  test('any word counts as an answer', () => {
    const heart = new Heartbeat(30_000, 0);
    heart.pulse(30_000);
    heart.heard(40_000);
    expect(heart.pulse(69_999)).toBe('fine');
    expect(heart.pulse(70_000)).toBe('ping');
  });

  test('a timer that comes much too late asks first: a background tab is not dead', () => {
    const heart = new Heartbeat(30_000, 0);
    expect(heart.pulse(600_000)).toBe('ping');
    expect(heart.pulse(600_001)).toBe('fine');
  });

  test('somebody in doubt asks at once, and expects an answer soon', () => {
    const heart = new Heartbeat(30_000, 0);
    expect(heart.doubt(100, 5_000)).toBe('ping');
    expect(heart.doubt(200, 5_000)).toBe('fine');
    expect(heart.nextCheckIn(100)).toBe(5_000);
    expect(heart.pulse(5_100)).toBe('dead');
  });
});

describe("the server's time", () => {
  test('does not move when this machine is set to another', () => {
    const clock = new ManualClock();
    const time = new ServerTime(clock);
    time.told(5_000_000);
    clock.set(1);
    clock.pass(1_000);
    expect(time.now()).toBe(5_001_000);
  });

  test('a Date header corrects what is seconds wrong, and leaves what is more precise', () => {
    const clock = new ManualClock();
    const time = new ServerTime(clock);
    time.told(5_000_700);
    time.hinted(5_000_000);
    expect(time.now()).toBe(5_000_700);
    time.hinted(9_000_000);
    expect(time.now()).toBe(9_000_000);
  });
});
