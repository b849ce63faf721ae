/** The keys of the history: up and down among messages, and what can be done with the chosen one. */

import type { MessageItem } from '@hubbub/client';
import type { ChatRoom } from '../state/room.svelte';

interface Deed {
  may: (message: MessageItem, room: ChatRoom) => boolean;
  run: (message: MessageItem, room: ChatRoom, node: HTMLElement) => void;
}

const DEEDS: Readonly<Record<string, Deed>> = {
  r: {
    may: (_message, room) => room.maySpeak,
    run: (message, room) => {
      room.answering.reply(message);
    },
  },
  e: {
    may: (message, room) => message.mine && room.maySpeak,
    run: (message, room) => {
      room.answering.edit(message);
    },
  },
  '+': {
    may: (_message, room) => room.maySpeak,
    run: (message, room, beside) => {
      room.reacting = { message, beside };
    },
  },
  Delete: {
    may: (message, room) => room.mayDelete(message),
    run: (message, room) => void room.askToDelete(message),
  },
};

export class HistoryKeys {
  constructor(
    private readonly room: ChatRoom,
    private readonly viewport: () => HTMLElement | undefined,
  ) {}

  take(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || typesText(event.target)) return;
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown')
      this.step(event, event.key === 'ArrowUp' ? -1 : 1);
    else this.act(event);
  }

  focus(key: string): void {
    const node = this.nodes().find((each) => each.dataset['key'] === key);
    this.room.chosen = key;
    node?.focus({ preventScroll: true });
  }

  private step(event: KeyboardEvent, by: 1 | -1): void {
    const nodes = this.nodes();
    const at = nodes.findIndex((node) => node.contains(document.activeElement));
    const next = at < 0 ? nodes.at(-1) : nodes[at + by];
    if (!next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest' });
  }

  private act(event: KeyboardEvent): void {
    const node = (event.target as Element).closest<HTMLElement>('article');
    const deed = DEEDS[event.key];
    if (node === null || deed === undefined || event.target !== node) return;
    const message = this.room.items.find((item) => item.key === node.dataset['key']);
    if (message?.kind !== 'message' || message.seq === null || message.deleted) return;
    if (!deed.may(message, this.room)) return;
    event.preventDefault();
    deed.run(message, this.room, node);
  }

  private nodes(): HTMLElement[] {
    return [...(this.viewport()?.querySelectorAll<HTMLElement>('article') ?? [])];
  }
}

function typesText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|TEXTAREA)$/u.test(target.tagName))
  );
}
