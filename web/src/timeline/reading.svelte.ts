/** How far one has read in the chat that is open, and where the line above what is new stands. */

import type { Arrival } from '@hubbub/client';
import { attention } from '../state/attention.svelte';
import { hub } from '../state/hub';
import type { ChatRoom } from '../state/room.svelte';
import type { Row } from './rows';
import { lineAfter, lineOnOpening, NO_LINE, type Line } from './unread_line';

interface Scroller {
  scrollToKey: (key: string, share?: number) => Promise<boolean>;
}

export class Reading {
  line: Line = $state.raw(NO_LINE);
  /** Whether the place to read on from was found: what flits by on the way there is not read. */
  opened = $state(false);
  #atEnd = false;
  #reached = 0; // the last seq that is in view

  constructor(private readonly room: ChatRoom) {
    const { summary } = room;
    if (summary) this.line = lineOnOpening(summary.read, summary.unread);
  }

  /** The list was scrolled, or grew. */
  seen(last: Row | undefined, atEnd: boolean): void {
    this.#atEnd = atEnd;
    if (last?.kind === 'message') this.#reached = last.message.seq ?? 0;
    if (last?.kind === 'notice') this.#reached = last.notice.seq;
    this.settle();
  }

  /** What was in view while the person was here is read; at the end of the chat, all of it. */
  settle(): void {
    const { summary } = this.room;
    if (!this.opened || !attention.here || !summary) return;
    const seq = this.#atEnd ? summary.head : this.#reached;
    if (seq > summary.read) hub.read(this.room.chat, seq);
  }

  /** Somebody else said something, here or in another chat. */
  arrived({ chat, seq }: Arrival['message']): void {
    const looking = attention.here && this.#atEnd;
    if (chat === this.room.chat) this.line = lineAfter(this.line, seq, looking);
  }

  /** One answered: what was new has been taken notice of. */
  answered(): void {
    this.line = NO_LINE;
  }

  /** Go where one reads on: to `seq` if an address named it, else to the line, else to the end, where a list begins. */
  async open(
    seq: number | undefined,
    reveal: (seq: number) => Promise<void>,
    list: () => Scroller | undefined,
  ): Promise<void> {
    const { from } = this.line;
    if (seq !== undefined) await reveal(seq);
    else if (from !== undefined) {
      await this.room.timeline.around(from);
      await list()?.scrollToKey('unread', 0.2);
    }
    this.opened = true;
    this.settle();
  }
}
