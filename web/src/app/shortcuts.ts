/** Keys that work anywhere. */

import { neighbour } from '../chats/order';
import { chats } from '../state/chats.svelte';
import { preferences } from '../state/preferences.svelte';
import { shell } from '../state/shell.svelte';

const wideEnough = () => matchMedia('(min-width: 1100px)').matches;

export function onShortcut(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const run = shortcut(event);
  if (run === undefined) return;
  event.preventDefault();
  run();
}

function shortcut(event: KeyboardEvent): (() => void) | undefined {
  const { key, altKey, shiftKey } = event;
  if ((event.ctrlKey || event.metaKey) && !altKey) {
    if (key.toLowerCase() === 'k')
      return () => {
        shell.open({ kind: 'switcher' });
      };
    return key === '.' ? toggleDetails : undefined;
  }
  if (shell.overlay !== undefined) return undefined;
  if (altKey && key === 'ArrowDown')
    return () => {
      walk(1, shiftKey);
    };
  if (altKey && key === 'ArrowUp')
    return () => {
      walk(-1, shiftKey);
    };
  if (key === '?' && !typesText(event.target))
    return () => {
      shell.open({ kind: 'shortcuts' });
    };
  return undefined;
}

/** Beside the chat where there is room, else over it. */
export function toggleDetails(): void {
  if (wideEnough()) preferences.details = !preferences.details;
  else if (shell.chat !== undefined) shell.open({ kind: 'details' });
}

function walk(step: 1 | -1, onlyUnread: boolean): void {
  const next = neighbour(chats.list, shell.chat, step, onlyUnread);
  if (next) shell.go({ view: 'chat', chat: next.chat });
}

function typesText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|TEXTAREA)$/u.test(target.tagName))
  );
}
