/** One WebSocket: whole envelopes as text, in order (protocol.md §1). Browsers speak JSON; Protobuf and TCP are for others. */

import { ABNORMAL } from './closing.js';

/** What the SDK uses of a WebSocket: the browser's, Node's (22, or 20 with `--experimental-websocket`), or that of `ws`. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
}

/** Makes one. */
export type WebSocketMaker = new (url: string, protocols: string[]) => WebSocketLike;

const SUBPROTOCOL = 'hubbub.v1.json';

/** What happens on a socket. After `ended` nothing more happens. */
export interface SocketEvents {
  opened(): void;
  received(data: unknown): void;
  ended(code: number, wasOpen: boolean): void;
}

/** An open socket, or one that is about to be. */
export class Socket {
  readonly #socket: WebSocketLike;
  readonly #events: SocketEvents;
  #over = false;
  #open = false;

  /** Throws what the platform throws for a URL it does not like. */
  constructor(make: WebSocketMaker, url: string, events: SocketEvents) {
    this.#events = events;
    this.#socket = new make(url, [SUBPROTOCOL]);
    this.#socket.addEventListener('open', () => {
      this.#open = true;
      if (!this.#over) events.opened();
    });
    this.#socket.addEventListener('message', (event) => {
      if (!this.#over) events.received(event.data);
    });
    this.#socket.addEventListener('close', (event) => {
      this.#end(event.code || ABNORMAL);
    });
    this.#socket.addEventListener('error', () => {
      setTimeout(() => {
        this.#end(ABNORMAL); // unless `close` came, which says more: Node 20 has none where nothing listens
      }, 0);
    });
  }

  send(envelope: object): void {
    if (!this.#over && this.#open) this.#socket.send(JSON.stringify(envelope));
  }

  /** Ends it from this side, and says so at once: a peer that is gone does not answer a closing handshake. */
  end(code: number): void {
    if (this.#over) return;
    this.drop(code);
    this.#over = false;
    this.#end(code);
  }

  /** Ends it, and nobody is told. */
  drop(code = 1000): void {
    if (this.#over) return;
    this.#over = true;
    try {
      this.#socket.close(code === 1000 || code >= 3000 ? code : 1000);
    } catch {
      return; // closing what is not open yet is an error in some versions of `ws`
    }
  }

  #end(code: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.ended(code, this.#open);
  }
}

/** Where the WebSocket of a server is: http://host becomes ws://host/ws, https:// becomes wss://. */
export function socketUrl(server: URL): string {
  const url = new URL('ws', server);
  url.protocol = server.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
