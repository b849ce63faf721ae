/** Puts a floating element beside another, inside the viewport, and tells when the user turns away from it. */

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

const GAP = 6;
const EDGE = 8;

/** Below `beside` and flush with its right edge if there is room, else above, never beyond the viewport. */
export function place(
  beside: Box,
  size: { width: number; height: number },
  view: { width: number; height: number },
) {
  const below = beside.top + beside.height + GAP;
  const above = beside.top - size.height - GAP;
  const fits = below + size.height <= view.height - EDGE || above < EDGE;
  const left = beside.left + beside.width - size.width;
  return {
    left: clamp(left, EDGE, view.width - size.width - EDGE),
    top: clamp(fits ? below : above, EDGE, view.height - size.height - EDGE),
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}

interface Options {
  beside: HTMLElement | undefined;
  onaway: () => void;
}

/** Svelte action. The element goes to the top layer, so that no scrolling ancestor cuts it off. */
export function placed(node: HTMLElement, options: Options) {
  node.popover = 'manual';
  node.showPopover();
  const anchor = options.beside;
  let box: Box = { left: 0, top: 0, width: innerWidth, height: innerHeight / 2 };

  function put(): void {
    if (anchor?.isConnected) box = anchor.getBoundingClientRect();
    const { left, top } = place(box, node.getBoundingClientRect(), {
      width: innerWidth,
      height: innerHeight,
    });
    node.style.setProperty('inset', 'auto');
    node.style.setProperty('left', `${left}px`);
    node.style.setProperty('top', `${top}px`);
  }

  function onPointer(event: PointerEvent): void {
    const target = event.target as Node;
    if (!node.contains(target) && !anchor?.contains(target)) options.onaway();
  }

  put();
  const resized = new ResizeObserver(put);
  resized.observe(node);
  document.addEventListener('pointerdown', onPointer, true);
  addEventListener('resize', options.onaway);
  return {
    destroy() {
      resized.disconnect();
      document.removeEventListener('pointerdown', onPointer, true);
      removeEventListener('resize', options.onaway);
    },
  };
}
