/** What was written and not sent, by chat. Kept in this browser, for each user apart. */

import { readStored, writeStored } from './stored';

const KEPT_MAX = 100; // chats with a draft; beyond it the oldest is forgotten

class Drafts {
  #user = '';
  #all: Record<string, string> = $state({});

  use(user: string): void {
    this.#user = user;
    this.#all = readStored(`drafts.${user}`, {});
  }

  of(chat: string): string {
    return this.#all[chat] ?? '';
  }

  keep(chat: string, text: string): void {
    if (this.of(chat) === text) return;
    const { [chat]: _before, ...others } = this.#all;
    const kept = Object.entries(text.trim() === '' ? others : { ...others, [chat]: text });
    this.#all = Object.fromEntries(kept.slice(-KEPT_MAX));
    writeStored(`drafts.${this.#user}`, this.#all);
  }

  /** The user logged out: nothing stays behind. */
  forget(): void {
    this.#all = {};
    writeStored(`drafts.${this.#user}`, {});
  }
}

export const drafts = new Drafts();
