/** Which message what is being written answers or replaces: one or the other, or none. */

import type { MessageItem } from '@hubbub/client';

export class Answering {
  replying: MessageItem | undefined = $state.raw();
  editing: MessageItem | undefined = $state.raw();

  reply(message: MessageItem): void {
    this.editing = undefined;
    this.replying = message;
  }

  edit(message: MessageItem): void {
    this.replying = undefined;
    this.editing = message;
  }

  stop(): void {
    this.replying = undefined;
    this.editing = undefined;
  }

  concerns(message: MessageItem): boolean {
    return this.replying?.key === message.key || this.editing?.key === message.key;
  }
}
