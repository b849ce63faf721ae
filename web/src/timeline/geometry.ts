/**
 * Where rows of different heights stand in a list of which only a window is in the page. Pure: no element, no event.
 *
 * A row's height is estimated until it was measured once. An `Anchor` names a row and where its upper edge stands in
 * the viewport; whatever happens above it (rows added, removed, measured), scrolling to the same anchor moves nothing
 * the reader looks at.
 */

export interface Sized {
  key: string;
  /** Pixels, before it was ever measured. */
  estimate: number;
}

export interface Anchor {
  key: string;
  /** Pixels from the upper edge of the viewport down to the row's upper edge; negative if the row begins above. */
  offset: number;
}

export interface Span {
  /** Rows `first` … `last` - 1 are in the page, with this many pixels of nothing before and after them. */
  first: number;
  last: number;
  before: number;
  after: number;
}

/** Measured heights by key. They outlive the rows: a row scrolled away and back is not estimated again. */
export class Heights {
  private readonly measured = new Map<string, number>();

  /** Remember a height; true if it is news. */
  measure(key: string, height: number): boolean {
    if (this.measured.get(key) === height) return false;
    this.measured.set(key, height);
    return true;
  }

  of(row: Sized): number {
    return this.measured.get(row.key) ?? row.estimate;
  }

  /** Forget everything: the width changed, so every line breaks elsewhere. */
  clear(): void {
    this.measured.clear();
  }
}

/** Upper edges of all rows, and as the last element the height of the whole list. */
export function edges(rows: readonly Sized[], heights: Heights): Float64Array {
  const found = new Float64Array(rows.length + 1);
  rows.forEach((row, at) => {
    found[at + 1] = (found[at] ?? 0) + heights.of(row);
  });
  return found;
}

/** The row at `y` pixels from the top of the list: the last one whose upper edge is not below it. */
export function rowAt(tops: Float64Array, y: number): number {
  let low = 0;
  let high = Math.max(tops.length - 2, 0);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tops[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What must be in the page to show `height` pixels from `top`, and `margin` more on either side. */
export function spanOf(tops: Float64Array, top: number, height: number, margin: number): Span {
  const count = tops.length - 1;
  const total = tops[count] ?? 0;
  if (count === 0) return { first: 0, last: 0, before: 0, after: 0 };
  const first = rowAt(tops, top - margin);
  const last = Math.min(rowAt(tops, top + height + margin) + 1, count);
  return { first, last, before: tops[first] ?? 0, after: total - (tops[last] ?? total) };
}

/** The first row that reaches into a viewport scrolled to `top`. */
export function anchorAt(rows: readonly Sized[], tops: Float64Array, top: number): Anchor | undefined {
  const at = rowAt(tops, Math.max(top, 0));
  const row = rows[at];
  return row && { key: row.key, offset: (tops[at] ?? 0) - top };
}

/** How far to scroll for the anchor to stand where it stood; undefined if its row is gone. */
export function scrollTo(anchor: Anchor, rows: readonly Sized[], tops: Float64Array): number | undefined {
  const at = rows.findIndex((row) => row.key === anchor.key);
  return at < 0 ? undefined : (tops[at] ?? 0) - anchor.offset;
}

/** As `scrollTo`, and if the row itself was removed, by the nearest following row that is still there. */
export function scrollToNearest(
  anchors: readonly Anchor[],
  rows: readonly Sized[],
  tops: Float64Array,
): number | undefined {
  for (const anchor of anchors) {
    const top = scrollTo(anchor, rows, tops);
    if (top !== undefined) return top;
  }
  return undefined;
}

/** Anchors of the rows in the viewport, the uppermost first: should one be deleted, the next one holds. */
export function anchorsIn(rows: readonly Sized[], tops: Float64Array, top: number, height: number): Anchor[] {
  const found: Anchor[] = [];
  for (let at = rowAt(tops, Math.max(top, 0)); at < rows.length; at += 1) {
    const edge = tops[at] ?? 0;
    const row = rows[at];
    if (row === undefined || edge > top + height) break;
    found.push({ key: row.key, offset: edge - top });
  }
  return found;
}
