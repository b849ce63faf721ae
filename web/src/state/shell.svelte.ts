/** Where one is and what lies over it: the route, dialogs, short messages, and what is said to screen readers. */

import type { MessageItem } from '@hubbub/client';
import { readRoute, writeRoute, type Route } from '../app/route';
import type { ChatRoom } from './room.svelte';
import { codeOf, faultWords } from './faults';

export interface Question {
  title: string;
  text: string;
  action: string;
  danger?: boolean;
}

export type Overlay =
  | { kind: 'settings' }
  | { kind: 'switcher' }
  | { kind: 'shortcuts' }
  | { kind: 'newRoom' }
  | { kind: 'firstMessage'; user: string }
  | { kind: 'invite' }
  | { kind: 'details' }
  | { kind: 'readers'; message: MessageItem }
  | { kind: 'question'; question: Question; answer: (yes: boolean) => void };

const SHORT_MS = 5_000; // how long a short message stays; long enough to read one sentence twice

class Shell {
  route: Route = $state.raw({ view: 'chats' });
  overlay: Overlay | undefined = $state.raw();
  /** The chat that is open. */
  room: ChatRoom | undefined = $state.raw();
  note: string | undefined = $state();
  /** Told to screen readers; a repeated sentence is told again. */
  spoken = $state({ text: '', turn: 0 });
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Follow the address; returns what stops it. */
  start(): () => void {
    const follow = () => {
      this.route = readRoute(location.hash);
    };
    follow();
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('hashchange', follow);
    };
  }

  go(route: Route): void {
    location.hash = writeRoute(route);
    this.route = route;
    if (this.overlay?.kind !== 'question') this.overlay = undefined;
  }

  /** The chat one is in, if any. */
  get chat(): string | undefined {
    return this.route.view === 'chat' ? this.route.chat : undefined;
  }

  open(overlay: Overlay): void {
    this.overlay = overlay;
  }

  close(): void {
    if (this.overlay?.kind === 'question') this.overlay.answer(false);
    this.overlay = undefined;
  }

  /** Resolves to whether the person said yes. */
  ask(question: Question): Promise<boolean> {
    const before = this.overlay;
    return new Promise((resolve) => {
      const answer = (yes: boolean) => {
        this.overlay = before;
        resolve(yes);
      };
      this.overlay = { kind: 'question', question, answer };
    });
  }

  tell(note: string): void {
    clearTimeout(this.#timer);
    this.note = note;
    this.#timer = setTimeout(() => (this.note = undefined), SHORT_MS);
  }

  speak(text: string): void {
    this.spoken = { text, turn: this.spoken.turn + 1 };
  }

  /** Do something; if it fails, say why. Returns whether it worked. */
  async attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.tell(faultWords(codeOf(error)));
      return false;
    }
  }
}

export const shell = new Shell();
