/**
 * The Markdown of a chat: paragraphs whose line ends count, fenced code, quotes and flat lists. No headings, no tables,
 * no images, no HTML: a line that is none of the above is a paragraph.
 */

import type { Block } from './ast';
import { parseInline } from './inline';

const FENCE = /^(`{3,})[ \t]*([\w+#.-]{0,24})[ \t]*$/u;
const QUOTE = /^> ?/u;
const BULLET = /^[-*•] +(?=\S)/u;
const NUMBER = /^(\d{1,6})[.)] +(?=\S)/u;
const DEEPEST_QUOTE = 4; // beyond it `>` is text: nobody reads further, and no stack is at risk

export function parseMarkdown(source: string, depth = 0): Block[] {
  const blocks: Block[] = [];
  const lines = source.replace(/\r\n?/gu, '\n').split('\n');
  for (let at = 0; at < lines.length;) at = readBlock(lines, at, depth, blocks);
  return blocks;
}

function readBlock(lines: readonly string[], at: number, depth: number, into: Block[]): number {
  const line = lines[at] ?? '';
  if (line.trim() === '') return at + 1;
  if (FENCE.test(line)) return readCode(lines, at, into);
  if (depth < DEEPEST_QUOTE && QUOTE.test(line)) return readQuote(lines, at, depth, into);
  if (BULLET.test(line)) return readList(lines, at, BULLET, into);
  if (NUMBER.test(line)) return readList(lines, at, NUMBER, into);
  return readParagraph(lines, at, depth, into);
}

function readCode(lines: readonly string[], at: number, into: Block[]): number {
  const [, fence = '```', language = ''] = FENCE.exec(lines[at] ?? '') ?? [];
  let end = at + 1;
  while (end < lines.length && (lines[end] ?? '').trim() !== fence) end += 1;
  into.push({ kind: 'code', language, text: lines.slice(at + 1, end).join('\n') });
  return end + 1;
}

function readQuote(lines: readonly string[], at: number, depth: number, into: Block[]): number {
  const end = endOf(lines, at, (line) => QUOTE.test(line));
  const inside = lines.slice(at, end).map((line) => line.replace(QUOTE, ''));
  into.push({ kind: 'quote', children: parseMarkdown(inside.join('\n'), depth + 1) });
  return end;
}

function readList(lines: readonly string[], at: number, marker: RegExp, into: Block[]): number {
  const end = endOf(lines, at, (line) => marker.test(line));
  const items = lines.slice(at, end).map((line) => parseInline(line.replace(marker, '')));
  const start = Number(marker.exec(lines[at] ?? '')?.[1] ?? 1);
  into.push({ kind: 'list', ordered: marker === NUMBER, start, items });
  return end;
}

function readParagraph(lines: readonly string[], at: number, depth: number, into: Block[]): number {
  const end = endOf(lines, at + 1, (line) => line.trim() !== '' && !startsOther(line, depth));
  into.push({ kind: 'paragraph', children: parseInline(lines.slice(at, end).join('\n')) });
  return end;
}

function startsOther(line: string, depth: number): boolean {
  return (
    FENCE.test(line) || (depth < DEEPEST_QUOTE && QUOTE.test(line)) || BULLET.test(line) || NUMBER.test(line)
  );
}

function endOf(lines: readonly string[], from: number, belongs: (line: string) => boolean): number {
  let end = from;
  while (end < lines.length && belongs(lines[end] ?? '')) end += 1;
  return end;
}
