import { describe, expect, it } from 'vitest';
import { chooseLanguage, chooseLocale } from '../src/i18n/choose';
import { daysBetween, Formats } from '../src/i18n/formats';

const NOW = new Date(2026, 10, 24, 14, 5).getTime();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('the language', () => {
  it.each([
    [['zh-CN', 'en'], null, 'zh-Hans'],
    [['zh'], null, 'zh-Hans'],
    [['fr', 'en-GB'], null, 'en'],
    [['fr'], null, 'en'],
    [['en'], 'zh-Hans', 'zh-Hans'],
    [['zh'], 'en', 'en'],
    [[], 'tlh', 'en'],
  ])('of %j, chosen %s, is %s', (wanted, chosen, language) => {
    expect(chooseLanguage(wanted, chosen)).toBe(language);
  });

  it('keeps the region the browser asks for', () => {
    expect(chooseLocale('en', ['de', 'en-GB'])).toBe('en-GB');
    expect(chooseLocale('zh-Hans', ['en-US'])).toBe('zh-Hans');
  });
});

describe('times', () => {
  const english = new Formats('en-GB');
  const chinese = new Formats('zh-CN');

  it('are brief in a list', () => {
    expect(english.brief(NOW - HOUR, NOW)).toBe('13:05');
    expect(english.brief(NOW - 2 * DAY, NOW)).toBe('Sun');
    expect(english.brief(NOW - 30 * DAY, NOW)).toBe('25 Oct');
    expect(english.brief(NOW - 400 * DAY, NOW)).toBe('20/10/25');
  });

  it('name the days', () => {
    expect(english.day(NOW, NOW)).toBe('Today');
    expect(english.day(NOW - DAY, NOW)).toBe('Yesterday');
    expect(english.day(NOW - 2 * DAY, NOW)).toBe('Sunday 22 November');
    expect(chinese.day(NOW - DAY, NOW)).toBe('昨天');
  });

  it('say how long ago', () => {
    expect(english.ago(NOW - 5 * 60_000, NOW)).toBe('5 minutes ago');
    expect(english.ago(NOW - 3 * HOUR, NOW)).toBe('3 hours ago');
    expect(english.ago(NOW - 25 * HOUR, NOW)).toBe('yesterday');
    expect(english.ago(NOW + HOUR, NOW)).toBe('this minute'); // the other clock is ahead
  });

  it('say until when', () => {
    expect(english.until(NOW + HOUR, NOW)).toBe('15:05');
    expect(english.until(NOW + DAY, NOW)).toBe('25 Nov 14:05');
  });

  it('count days by the calendar, not by hours', () => {
    expect(daysBetween(new Date(2026, 10, 23, 23, 59).getTime(), NOW)).toBe(1);
  });

  it('fit a badge', () => {
    expect([english.badge(7), english.badge(100)]).toEqual(['7', '99+']);
  });
});
