/** Measures the rows that are in the page: at once when they are put there, and again whenever one changes its height. */

import type { Heights } from './geometry';

export class RowMeter {
  private readonly keys = new Map<HTMLElement, string>();
  private readonly observer: ResizeObserver;

  /** `changed` is called before the browser paints when a row that was measured has another height. */
  constructor(
    private readonly heights: Heights,
    changed: () => void,
  ) {
    this.observer = new ResizeObserver(() => {
      if (this.measure()) changed();
    });
  }

  /** Measure every row in the page; true if a height is news. */
  measure(): boolean {
    let news = false;
    for (const [node, key] of this.keys) {
      if (node.isConnected) news = this.heights.measure(key, node.getBoundingClientRect().height) || news;
    }
    return news;
  }

  /** Svelte action: `use:watch={key}`. */
  readonly watch = (node: HTMLElement, key: string) => {
    this.keys.set(node, key);
    this.observer.observe(node);
    return {
      update: (changed: string) => this.keys.set(node, changed),
      destroy: () => {
        this.keys.delete(node);
        this.observer.unobserve(node);
      },
    };
  };

  stop(): void {
    this.observer.disconnect();
  }
}
