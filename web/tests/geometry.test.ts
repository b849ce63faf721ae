import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anchorsIn,
  edges,
  Heights,
  rowAt,
  scrollTo,
  scrollToNearest,
  spanOf,
  type Sized,
} from '../src/timeline/geometry';

const row = (key: string, estimate = 20): Sized => ({ key, estimate });
const rows = (count: number, from = 0): Sized[] =>
  Array.from({ length: count }, (_, at) => row(`r${from + at}`));

describe('edges', () => {
  it('uses the estimate until a row was measured', () => {
    const heights = new Heights();
    heights.measure('r1', 50);
    expect([...edges(rows(3), heights)]).toEqual([0, 20, 70, 90]);
  });

  it('tells whether a measurement is news', () => {
    const heights = new Heights();
    expect(heights.measure('a', 10)).toBe(true);
    expect(heights.measure('a', 10)).toBe(false);
    expect(heights.measure('a', 11)).toBe(true);
  });
});

describe('rowAt', () => {
  it('finds the row whose upper edge is the last above', () => {
    const tops = Float64Array.from([0, 20, 70, 90]);
    expect([0, 19, 20, 69, 70, 500].map((y) => rowAt(tops, y))).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('agrees with a search from the top, whatever the heights', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), fc.nat(9000), (sizes, y) => {
        const tops = edges(
          sizes.map((size, at) => row(`${at}`, size)),
          new Heights(),
        );
        let expected = 0;
        for (let at = 0; at < sizes.length; at += 1) if ((tops[at] ?? 0) <= y) expected = at;
        expect(rowAt(tops, y)).toBe(expected);
      }),
    );
  });
});

describe('spanOf', () => {
  it('covers the viewport and its margins, and the empty space adds up', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (sizes, share) => {
          const tops = edges(
            sizes.map((size, at) => row(`${at}`, size)),
            new Heights(),
          );
          const total = tops[sizes.length] ?? 0;
          const top = share * total;
          const span = spanOf(tops, top, 500, 100);
          const shown = (tops[span.last] ?? 0) - (tops[span.first] ?? 0);
          expect(span.before + shown + span.after).toBeCloseTo(total);
          expect(span.before).toBeLessThanOrEqual(Math.max(top - 100, 0));
          expect(span.before + shown).toBeGreaterThanOrEqual(Math.min(top + 600, total) - 1e-6);
        },
      ),
    );
  });

  it('is empty for an empty list', () => {
    expect(spanOf(edges([], new Heights()), 0, 500, 100)).toEqual({ first: 0, last: 0, before: 0, after: 0 });
  });

  it('shows a bounded number of rows out of 100,000', () => {
    const span = spanOf(edges(rows(100_000), new Heights()), 1_000_000, 800, 400);
    expect(span.last - span.first).toBeLessThanOrEqual(82);
  });
});

describe('anchors', () => {
  it('keep the reader in place while older rows are put above and measured', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.nat(900),
        fc.array(fc.integer({ min: 5, max: 400 }), { maxLength: 60 }),
        (added, top, measured) => {
          const heights = new Heights();
          const before = rows(60, 100);
          const anchors = anchorsIn(before, edges(before, heights), top, 300);
          const after = [...rows(added, 0), ...before];
          measured.forEach((height, at) => heights.measure(`r${at}`, height));
          const tops = edges(after, heights);
          const to = scrollToNearest(anchors, after, tops) ?? Number.NaN;
          const first = anchors[0];
          const at = after.findIndex((each) => each.key === first?.key);
          expect((tops[at] ?? Number.NaN) - to).toBe(first?.offset);
        },
      ),
    );
  });

  it('hold by the next row if the first one was deleted', () => {
    const before = rows(10);
    const anchors = anchorsIn(before, edges(before, new Heights()), 50, 100);
    const after = before.filter((each) => each.key !== 'r2');
    expect(anchors[0]?.key).toBe('r2');
    expect(scrollToNearest(anchors, after, edges(after, new Heights()))).toBe(30);
  });

  it('know when their row is gone', () => {
    expect(scrollTo({ key: 'x', offset: 0 }, rows(3), edges(rows(3), new Heights()))).toBeUndefined();
  });
});
