import type { WebSocketLike, WebSocketMaker } from '../src/index.js';
import type { Welcome } from '../src/wire.js';

type Listener = (event: never) => void;

/** A WebSocket whose other end is the test. */
export class FakeSocket implements WebSocketLike {
  readonly sent: Record<string, unknown>[] = [];
  readonly #listeners: Record<string, Listener[]> = {};
  closedWith: number | undefined;

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }

  close(code?: number): void {
    this.closedWith = code;
  }

  addEventListener(type: string, listener: Listener): void {
    (this.#listeners[type] ??= []).push(listener);
  }

  opens(): void {
    this.#emit('open', {});
  }

  says(word: object): void {
    this.#emit('message', { data: JSON.stringify(word) });
  }

  saysText(data: unknown): void {
    this.#emit('message', { data });
  }

  ends(code: number): void {
    this.#emit('close', { code });
  }

  fails(): void {
    this.#emit('error', {});
  }

  /** Opens, and welcomes whoever said hello. */
  welcomes(welcome: Partial<Welcome> = {}): void {
    this.opens();
    this.says({ ...WELCOME, ...welcome });
  }

  /** Requests of a kind, without hello. */
  requests(type: string): Record<string, unknown>[] {
    return this.sent.filter((each) => each['type'] === type);
  }

  #emit(type: string, event: object): void {
    for (const listener of this.#listeners[type] ?? []) listener(event as never);
  }
}

export const WELCOME: Welcome = {
  type: 'welcome',
  id: 0,
  user: 'me',
  device: 'd',
  session: 's',
  epoch: 'e',
  server_time: 1_000_000,
  heartbeat_ms: 30_000,
  chats: [],
  more: false,
  gone: [],
};

/** Makes sockets, and remembers them. */
export class Sockets {
  readonly all: FakeSocket[] = [];

  get maker(): WebSocketMaker {
    const { all } = this;
    return class extends FakeSocket {
      constructor() {
        super();
        all.push(this);
      }
    };
  }

  get last(): FakeSocket {
    const last = this.all.at(-1);
    if (last === undefined) throw new Error('nobody dialled');
    return last;
  }
}
