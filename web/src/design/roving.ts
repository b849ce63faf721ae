/** Arrow keys in a group of controls: one of them is in the Tab order, the arrows move among all (WAI-ARIA, roving tabindex). */

/** Where `key` leads from `at` among `count`, or undefined if it is no key that moves. */
export function moved(key: string, at: number, count: number, across = false): number | undefined {
  if (count === 0) return undefined;
  switch (key) {
    case 'ArrowDown':
      return across ? undefined : (at + 1) % count;
    case 'ArrowUp':
      return across ? undefined : (at - 1 + count) % count;
    case 'ArrowRight':
      return across ? (at + 1) % count : undefined;
    case 'ArrowLeft':
      return across ? (at - 1 + count) % count : undefined;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}

interface Options {
  /** Which descendants take part. */
  of: string;
  across?: boolean;
}

/** Svelte action for the element around the group. */
export function roving(group: HTMLElement, options: Options) {
  const items = () => [...group.querySelectorAll<HTMLElement>(options.of)];

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = items();
    const at = all.findIndex((item) => item === document.activeElement);
    const next = at < 0 ? undefined : moved(event.key, at, all.length, options.across);
    if (next === undefined) return;
    event.preventDefault();
    all[next]?.focus();
  }

  function onFocus(event: FocusEvent): void {
    const chosen = (event.target as Element).closest<HTMLElement>(options.of);
    if (chosen !== null) only(chosen);
  }

  function only(chosen: HTMLElement | undefined): void {
    for (const item of items()) item.tabIndex = item === chosen ? 0 : -1;
  }

  const watch = new MutationObserver(() => {
    const all = items();
    if (!all.some((item) => item.tabIndex === 0)) only(all[0]);
    else only(all.find((item) => item === document.activeElement) ?? all.find((item) => item.tabIndex === 0));
  });

  group.addEventListener('keydown', onKey);
  group.addEventListener('focusin', onFocus);
  watch.observe(group, { childList: true, subtree: true });
  only(items().find((item) => item.getAttribute('aria-current') !== null) ?? items()[0]);

  return {
    destroy() {
      group.removeEventListener('keydown', onKey);
      group.removeEventListener('focusin', onFocus);
      watch.disconnect();
    },
  };
}
