/**
 * Inline Markdown in one pass: every character is looked at once, whatever the nesting, so that 8,000 asterisks cost
 * no more than 8,000 letters. What does not close is text.
 */

import type { Emphasis, Inline } from './ast';
import { ADDRESS, misleads, safeHref, trimAddress } from './links';

const MARKERS: readonly (readonly [string, Emphasis])[] = [
  ['**', 'strong'],
  ['__', 'strong'],
  ['~~', 'strike'],
  ['||', 'spoiler'],
  ['*', 'em'],
  ['_', 'em'],
];
const WORD = /[\p{L}\p{N}_]/u;
const MENTION = /@([a-z0-9](?:[a-z0-9_.:-]{0,62}[a-z0-9_])?)/uy;
const LINK = /\[([^[\]\n]{1,300})\]\(([^()\s<>]{1,2000}(?:\([^()\s<>]{0,200}\)[^()\s<>]{0,2000})?)\)/uy;
const ESCAPABLE = /[\\`*_~|[\]()@>#-]/u;

interface Frame {
  marker: string;
  kind: Emphasis;
  children: Inline[];
}

/** Read one run of text. `linked` is false inside a link, where no other link may stand. */
export function parseInline(source: string, linked = true): Inline[] {
  return new Reader(source, linked).read();
}

class Reader {
  private at = 0;
  private plain = '';
  private readonly open: Frame[] = [];
  private readonly root: Inline[] = [];
  private readonly unclosedTicks = new Set<number>();

  constructor(
    private readonly source: string,
    private readonly linked: boolean,
  ) {}

  read(): Inline[] {
    while (this.at < this.source.length) {
      if (!this.special()) this.plain += this.source.charAt(this.at++);
    }
    while (this.open.length > 0) this.abandon();
    this.flush();
    return this.root;
  }

  private special(): boolean {
    switch (this.source.charAt(this.at)) {
      case '\n':
        return this.emit({ kind: 'break' }, 1);
      case '\\':
        return this.escape();
      case '`':
        return this.code();
      case '[':
        return this.linked && this.link();
      case '@':
        return this.mention();
      case 'h':
      case 'H':
      case 'm':
      case 'M':
        return this.linked && this.address();
      default:
        return this.marker();
    }
  }

  private get into(): Inline[] {
    return this.open.at(-1)?.children ?? this.root;
  }

  private flush(): void {
    if (this.plain !== '') this.into.push({ kind: 'text', text: this.plain });
    this.plain = '';
  }

  private emit(inline: Inline, length: number): true {
    this.flush();
    this.into.push(inline);
    this.at += length;
    return true;
  }

  private escape(): boolean {
    const next = this.source.charAt(this.at + 1);
    if (!ESCAPABLE.test(next)) return false;
    this.plain += next;
    this.at += 2;
    return true;
  }

  private code(): boolean {
    const ticks = /`+/uy;
    ticks.lastIndex = this.at;
    const fence = ticks.exec(this.source)?.[0] ?? '`';
    const close = this.closingTicks(fence);
    if (close < 0) {
      this.plain += fence;
      this.at += fence.length;
      return true;
    }
    const text = this.source.slice(this.at + fence.length, close);
    return this.emit(
      { kind: 'code', text: text.replace(/^ (.*[^ ].*) $/su, '$1') },
      close + fence.length - this.at,
    );
  }

  /** Where the run of exactly as many backticks begins, or -1; a length that is not found is not looked for again. */
  private closingTicks(fence: string): number {
    if (this.unclosedTicks.has(fence.length)) return -1;
    const run = /`+/gu;
    run.lastIndex = this.at + fence.length;
    for (let found = run.exec(this.source); found !== null; found = run.exec(this.source)) {
      if (found[0].length === fence.length) return found.index;
    }
    this.unclosedTicks.add(fence.length);
    return -1;
  }

  private link(): boolean {
    LINK.lastIndex = this.at;
    const found = LINK.exec(this.source);
    if (found === null) return false;
    const [whole, words = '', address = ''] = found;
    const href = safeHref(address);
    if (href === undefined || misleads(words, href)) return false;
    return this.emit({ kind: 'link', href, children: parseInline(words, false) }, whole.length);
  }

  private address(): boolean {
    if (WORD.test(this.before())) return false;
    ADDRESS.lastIndex = this.at;
    const found = trimAddress(ADDRESS.exec(this.source)?.[0] ?? '');
    const href = found === '' ? undefined : safeHref(found);
    if (href === undefined) return false;
    return this.emit({ kind: 'link', href, children: [{ kind: 'text', text: found }] }, found.length);
  }

  private mention(): boolean {
    if (/[\w.@]/u.test(this.before())) return false;
    MENTION.lastIndex = this.at;
    const user = MENTION.exec(this.source)?.[1];
    return user !== undefined && this.emit({ kind: 'mention', user }, user.length + 1);
  }

  private before(): string {
    return this.at === 0 ? '' : this.source.charAt(this.at - 1);
  }

  private marker(): boolean {
    const found = MARKERS.find(([marker]) => this.source.startsWith(marker, this.at));
    if (found === undefined) return false;
    const [marker, kind] = found;
    const depth = this.open.findIndex((frame) => frame.marker === marker);
    if (depth >= 0 && this.mayClose(marker)) return this.close(depth, marker.length);
    if (depth < 0 && this.mayOpen(marker)) return this.push({ marker, kind, children: [] });
    this.plain += marker;
    this.at += marker.length;
    return true;
  }

  private mayOpen(marker: string): boolean {
    const after = this.source.charAt(this.at + marker.length);
    if (after === '' || /\s/u.test(after)) return false;
    return !marker.startsWith('_') || !WORD.test(this.before());
  }

  private mayClose(marker: string): boolean {
    if (/\s/u.test(this.before())) return false;
    return !marker.startsWith('_') || !WORD.test(this.source.charAt(this.at + marker.length));
  }

  private push(frame: Frame): true {
    this.flush();
    this.open.push(frame);
    this.at += frame.marker.length;
    return true;
  }

  private close(depth: number, length: number): true {
    while (this.open.length > depth + 1) this.abandon();
    this.flush();
    const frame = this.open.pop();
    if (frame !== undefined) this.into.push({ kind: frame.kind, children: frame.children });
    this.at += length;
    return true;
  }

  /** The innermost marker closed nothing: it is text, and what it held belongs to what is around it. */
  private abandon(): void {
    this.flush();
    const frame = this.open.pop();
    if (frame !== undefined) this.into.push({ kind: 'text', text: frame.marker }, ...frame.children);
  }
}
