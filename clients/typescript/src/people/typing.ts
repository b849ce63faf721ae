/** Who types where, and telling the others that one does oneself. */

import type { Clock } from '../clock.js';
import { Cell, type Readable } from '../observable.js';

const LASTS_MS = 6_000; // ends by itself (protocol.md §2)
const AGAIN_MS = 3_000; // said again while it goes on, so that it does not end for the others

/** The users that type, by chat. */
export class Typing {
  readonly #clock: Clock;
  readonly #say: (chat: string, on: boolean) => void;
  readonly #chats = new Map<string, Cell<readonly string[]>>();
  readonly #ends = new Map<string, () => void>();
  readonly #said = new Map<string, number>();

  /** `say` tells the server. */
  constructor(clock: Clock, say: (chat: string, on: boolean) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  /** Who types in a chat, in the order they began. */
  in(chat: string): Readable<readonly string[]> {
    return this.#cell(chat);
  }

  /** This user pressed a key, or stopped writing: call it as often as that happens. */
  mine(chat: string, on: boolean): void {
    const now = this.#clock.monotonic();
    const said = this.#said.get(chat);
    if (on && said !== undefined && now - said < AGAIN_MS) return;
    if (!on && said === undefined) return;
    if (on) this.#said.set(chat, now);
    else this.#said.delete(chat);
    this.#say(chat, on);
  }

  // What the client tells

  heard(chat: string, user: string, on: boolean): void {
    const key = JSON.stringify([chat, user]);
    this.#ends.get(key)?.();
    this.#ends.delete(key);
    const others = this.#cell(chat)
      .get()
      .filter((each) => each !== user);
    if (!on && others.length === this.#cell(chat).get().length) return;
    this.#cell(chat).set(on ? [...others, user] : others);
    if (on)
      this.#ends.set(
        key,
        this.#clock.after(LASTS_MS, () => {
          this.heard(chat, user, false);
        }),
      );
  }

  clear(): void {
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
    for (const cell of this.#chats.values()) cell.set([]);
  }

  #cell(chat: string): Cell<readonly string[]> {
    const cell = this.#chats.get(chat) ?? new Cell<readonly string[]>([]);
    this.#chats.set(chat, cell);
    return cell;
  }
}
