import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, type AST } from 'svelte/compiler';
import { describe, expect, it } from 'vitest';
import { en } from '../src/i18n/en';
import { zhHans } from '../src/i18n/zh-Hans';

const SOURCE = join(import.meta.dirname, '..', 'src');
const SAID = new Set(['aria-label', 'aria-description', 'alt', 'label', 'placeholder', 'title']);
const LETTERS = /\p{L}{2,}/u;

/** Every leaf of a dictionary as path and text; functions are called with plain arguments. */
function leaves(words: object, path = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]: [string, unknown]) =>
    leavesOf(value, `${path}.${key}`),
  );
}

function leavesOf(value: unknown, path: string): [string, string][] {
  if (typeof value === 'function')
    return [[path, String((value as (...all: unknown[]) => unknown)(2, 3, true))]];
  return typeof value === 'object' && value !== null ? leaves(value, path) : [[path, String(value)]];
}

const components = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.svelte'),
);

/** Words written into a component's markup instead of a dictionary. */
function literals(source: string): string[] {
  const found: string[] = [];
  const seen = new Set<unknown>();
  const visit = (node: unknown): void => {
    if (seen.has(node)) return; // the tree points back at itself
    seen.add(node);
    if (Array.isArray(node)) node.forEach(visit);
    if (typeof node !== 'object' || node === null) return;
    const { type, data, name, value } = node as {
      type?: string;
      data?: string;
      name?: string;
      value?: unknown;
    };
    if (type === 'Text' && data !== undefined && LETTERS.test(data)) found.push(data.trim());
    if (type === 'Attribute') found.push(...(SAID.has(name ?? '') ? literalsOf(value) : []));
    else if (type !== 'StyleDirective') Object.values(node).forEach(visit);
  };
  const { fragment }: AST.Root = parse(source, { modern: true });
  visit(fragment);
  return found;
}

function literalsOf(value: unknown): string[] {
  const parts = Array.isArray(value) ? (value as { type: string; data?: string }[]) : [];
  return parts.flatMap(({ type, data = '' }) => (type === 'Text' && LETTERS.test(data) ? [data] : []));
}

describe('both languages', () => {
  it('have the same words to say', () => {
    const paths = (words: object) => leaves(words).map(([path]) => path);
    expect(paths(zhHans)).toEqual(paths(en));
  });

  it('say something everywhere, and Chinese says it in Chinese', () => {
    const SAME = new Set(['.entrance.title', '.message.said', '.admin.switchTitle']); // a name, and nothing but what is put in
    for (const [path, text] of leaves(zhHans)) {
      expect(text.trim(), path).not.toBe('');
      if (!SAME.has(path)) expect(text, path).toMatch(/\p{Script=Han}/u);
    }
    for (const [path, text] of leaves(en)) expect(text, path).not.toMatch(/\p{Script=Han}/u);
  });
});

describe('every word', () => {
  const source = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:svelte|ts)$/u.test(path) && !path.startsWith('i18n'))
    .map((path) => readFileSync(join(SOURCE, path), 'utf8'))
    .join('\n');
  const LOOKED_UP =
    /^\.(?:errors|admin\.acts|admin\.features|entrance\.failure|emoji\.groups)\.|^\.message\.(?:sending|sent|delivered|read|failed)$|^\.people\.(?:owner|admin|member)$/u;

  it('is said somewhere', () => {
    const said = new Set(source.match(/\w+/gu));
    const unsaid = leaves(en).filter(
      ([path]) => !LOOKED_UP.test(path) && !said.has(path.split('.').at(-1) ?? ''),
    );
    expect(unsaid).toEqual([]);
  });
});

describe('components', () => {
  it.each(components)('%s has no words of its own', (path) => {
    expect(literals(readFileSync(join(SOURCE, path), 'utf8'))).toEqual([]);
  });

  it('that had some would be seen', () => {
    expect(literals('<p>Hello</p><input placeholder="Search" />')).toEqual(['Hello', 'Search']);
  });
});
