import { describe, expect, it } from 'vitest';
import { completed, matchPeople, startedAt } from '../src/composer/completion';
import { lengthOf, wrapped } from '../src/composer/wrapping';
import { emojiLines } from '../build/emoji';
import { readEmoji, searchEmoji, withRecent } from '../src/emoji/search';

describe('what is being typed', () => {
  it.each([
    ['hi @al', { kind: 'mention', query: 'al', from: 3 }],
    ['@', { kind: 'mention', query: '', from: 0 }],
    ['see :smi', { kind: 'emoji', query: 'smi', from: 4 }],
    ['看 :笑脸', { kind: 'emoji', query: '笑脸', from: 2 }],
  ])('%s', (text, started) => {
    expect(startedAt(text, text.length)).toEqual(started);
  });

  it.each(['a@b', 'at 10:30', ':s', 'done: x', '@al now'])('%s starts nothing', (text) => {
    expect(startedAt(text, text.length)).toBeUndefined();
  });

  it('is completed in place, with one space after it', () => {
    const started = startedAt('hi @al there', 6);
    expect(started && completed('hi @al there', started, 6, '@alice')).toEqual({
      text: 'hi @alice there',
      caret: 10,
    });
  });

  it('finds people by either name, the beginning first', () => {
    const all = [
      { user: 'x', name: 'Karl Alder' },
      { user: 'alice', name: 'Zoe' },
      { user: 'y', name: 'Natal' },
      { user: 'z', name: 'Bob' },
    ];
    expect(matchPeople(all, 'al').map(({ user }) => user)).toEqual(['alice', 'x', 'y']);
  });
});

describe('marks', () => {
  it('go around what is selected, and away again', () => {
    const bold = wrapped({ text: 'so good', from: 3, to: 7 }, '**');
    expect(bold).toEqual({ text: 'so **good**', from: 5, to: 9 });
    expect(wrapped(bold, '**')).toEqual({ text: 'so good', from: 3, to: 7 });
  });

  it('lengths are counted as the server counts them', () => {
    expect(lengthOf('a😀b')).toBe(3);
  });
});

describe('emoji', () => {
  const all = readEmoji(
    emojiLines([
      { emoji: '😀', label: 'grinning face', tags: ['smile'], group: 0, order: 2 },
      { emoji: '😄', label: 'smiling face', group: 0, order: 1 },
      { emoji: '👍️', label: 'thumbs up', tags: ['yes'], group: 1, order: 3 },
      { emoji: '❤️', label: 'red heart', group: 8, order: 4 },
      { emoji: '🏻', label: 'light skin tone', group: 2, order: 5 },
      { emoji: '🇦', label: 'regional indicator A' },
    ]),
  );

  it('are those that stand for themselves, in order, written one way', () => {
    expect(all.map(({ sign }) => sign)).toEqual(['😄', '😀', '👍', '❤️']);
    expect(all.at(-1)?.group).toBe(7);
  });

  it('are found by name first, then by what they mean', () => {
    expect(searchEmoji(all, 'smil').map(({ sign }) => sign)).toEqual(['😄', '😀']);
    expect(searchEmoji(all, 'YES').map(({ sign }) => sign)).toEqual(['👍']);
    expect(searchEmoji(all, ' ')).toEqual([]);
  });

  it('used last come first, each once', () => {
    expect(withRecent(['a', 'b', 'c'], 'c', 3)).toEqual(['c', 'a', 'b']);
    expect(withRecent(['a', 'b', 'c'], 'd', 3)).toEqual(['d', 'a', 'b']);
  });
});
