import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText, type Block, type Inline } from '../src/markdown/ast';
import { isEmojiOnly } from '../src/markdown/emoji_only';
import { parseInline } from '../src/markdown/inline';
import { misleads, safeHref, trimAddress } from '../src/markdown/links';
import { mentions } from '../src/markdown/mentions';
import { parseMarkdown } from '../src/markdown/parse';

/** The tree as one line: **strong** is strong(…). */
function show(inlines: readonly Inline[]): string {
  return inlines
    .map((each) => {
      if (each.kind === 'text') return each.text;
      if (each.kind === 'break') return '⏎';
      if (each.kind === 'code') return `code(${each.text})`;
      if (each.kind === 'mention') return `mention(${each.user})`;
      if (each.kind === 'link') return `link(${each.href} ${show(each.children)})`;
      return `${each.kind}(${show(each.children)})`;
    })
    .join('');
}

describe('inline', () => {
  it.each([
    ['**bold** and *it* and _it_ and ~~no~~', 'strong(bold) and em(it) and em(it) and strike(no)'],
    ['**a *b* c**', 'strong(a em(b) c)'],
    ['||secret||', 'spoiler(secret)'],
    ['`a **b**`', 'code(a **b**)'],
    ['`` a ` b ``', 'code(a ` b)'],
    ['no `end', 'no `end'],
    ['2 * 3 * 4', '2 * 3 * 4'],
    ['snake_case_name', 'snake_case_name'],
    ['__init__.py is strong(…)', 'strong(init).py is strong(…)'],
    ['**open *and* never closed', '**open em(and) never closed'],
    ['**a *b** c*', 'strong(a *b) c*'],
    ['\\*not\\* \\`code\\`', '*not* `code`'],
    ['a\nb', 'a⏎b'],
    ['中文**粗体**中文', '中文strong(粗体)中文'],
  ])('%s', (source, shown) => {
    expect(show(parseInline(source))).toBe(shown);
  });

  it.each([
    ['see https://example.org/a.', 'see link(https://example.org/a https://example.org/a).'],
    [
      '(https://en.wikipedia.org/wiki/Go_(game))',
      '(link(https://en.wikipedia.org/wiki/Go_(game) https://en.wikipedia.org/wiki/Go_(game)))',
    ],
    ['看https://example.org/路径，然后', '看https://example.org/路径，然后'],
    ['看 https://example.org/a，然后', '看 link(https://example.org/a https://example.org/a)，然后'],
    ['[site](https://example.org)', 'link(https://example.org/ site)'],
    ['[*x*](https://example.org)', 'link(https://example.org/ em(x))'],
    ['mail mailto:a@example.org', 'mail link(mailto:a@example.org mailto:a@example.org)'],
  ])('links: %s', (source, shown) => {
    expect(show(parseInline(source))).toBe(shown);
  });

  it.each([
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '[x](vbscript:x)',
    '[x](//evil.example)',
    '[x](file:///etc/passwd)',
    'https://example.org/\u202egnp.exe',
  ])('makes no link of %s', (source) => {
    expect(show(parseInline(source))).not.toContain('link(');
  });

  it.each(['https://bank.example', 'bank.example/login'])('shows where %s really leads', (words) => {
    expect(show(parseInline(`[${words}](https://evil.example)`))).toContain(
      '(link(https://evil.example/ https://evil.example))',
    );
  });

  it('mentions people, not addresses', () => {
    expect(show(parseInline('hi @alice, @corp:bob! a@b.org @carol.'))).toBe(
      'hi mention(alice), mention(corp:bob)! a@b.org mention(carol).',
    );
  });

  it('loses no letter, and takes any text', () => {
    const letters = fc.string({ unit: fc.constantFrom(...Array.from('ab *_~|`[](@)\\\nhttps://x.y')) });
    fc.assert(
      fc.property(letters, (source) => {
        const kept = (text: string) => text.replace(/[^abxy]/gu, '');
        expect(kept(plainText(parseMarkdown(source.replaceAll('||', ''))))).toBe(kept(source));
      }),
    );
  });

  it.each([
    '*',
    '**a',
    '_a ',
    '`',
    '``a`',
    '[',
    '[a](',
    '||a',
    '~~a',
    '> ',
    '@',
    'h',
    'https://',
    '((((',
    '- a\n',
  ])('reads 8,000 characters of %j in no time', (piece) => {
    const source = piece.repeat(8000 / piece.length);
    expect(parseMarkdown(source).length).toBeGreaterThan(0);
  });
});

describe('blocks', () => {
  it('knows code with its language, and code that never ends', () => {
    expect(parseMarkdown('```py\na = 1\n\n# x\n```\nafter')).toEqual([
      { kind: 'code', language: 'py', text: 'a = 1\n\n# x' },
      { kind: 'paragraph', children: [{ kind: 'text', text: 'after' }] },
    ]);
    expect(parseMarkdown('```\n<b>')).toEqual([{ kind: 'code', language: '', text: '<b>' }]);
  });

  it('knows lists and quotes', () => {
    const [list, quote] = parseMarkdown('3. a\n4. b\n> q\n> > r') as [Block, Block];
    expect(list).toMatchObject({ kind: 'list', ordered: true, start: 3 });
    expect(quote).toMatchObject({ kind: 'quote', children: [{ kind: 'paragraph' }, { kind: 'quote' }] });
  });

  it('stops at four quotes', () => {
    expect(plainText(parseMarkdown('> > > > > > deep'))).toBe('> > deep');
  });
});

describe('the words alone', () => {
  it('leave out marks and keep a spoiler secret', () => {
    expect(plainText(parseMarkdown('**a** `b`\n> c ||d|| @eve'))).toBe('a b c ▇▇▇ @eve');
  });

  it('say who is meant, not in code', () => {
    expect(mentions('hello **@bob**', 'bob')).toBe(true);
    expect(mentions('hello @bobby', 'bob')).toBe(false);
    expect(mentions('`@bob`', 'bob')).toBe(false);
  });
});

describe('addresses', () => {
  it('end where the sentence goes on', () => {
    expect(trimAddress('https://a.b/c).')).toBe('https://a.b/c');
    expect(trimAddress('https://a.b/(c)')).toBe('https://a.b/(c)');
  });

  it('must be what they say', () => {
    expect(safeHref('https://a.b')).toBe('https://a.b/');
    expect(safeHref('https://')).toBeUndefined();
    expect(misleads('a.b', 'https://a.b/')).toBe(false);
    expect(misleads('read this', 'https://a.b/')).toBe(false);
  });
});

describe('emoji alone', () => {
  it.each(['👍', '🎉 🎉', '👩‍👩‍👧', '🇨🇳', '👍🏽', '❤️', '1️⃣'])('%s is large', (text) => {
    expect(isEmojiOnly(text)).toBe(true);
  });
  it.each(['', '1', 'ok 👍', '#', '👍👍👍👍👍👍'])('%s is not', (text) => {
    expect(isEmojiOnly(text)).toBe(false);
  });
});
