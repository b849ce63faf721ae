/** A bad network between a client and its server: slow, or silent. TCP on loopback. */

import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';

const TICK_MS = 20;

export class Proxy {
  readonly #target: () => number;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #bytesPerTick: number;
  #carried = 0;

  /** `target` is the port behind it; what goes through is `bytesPerSecond` in each direction of each connection. */
  constructor(target: () => number, bytesPerSecond = Infinity) {
    this.#target = target;
    this.#bytesPerTick = (bytesPerSecond * TICK_MS) / 1_000;
    this.#server = createServer((near) => {
      const far = connect(this.#target(), '127.0.0.1');
      this.#pipe(near, far);
      this.#pipe(far, near);
    });
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not started');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Bytes that went through. */
  get carried(): number {
    return this.#carried;
  }

  /** Nothing goes through any more, and nobody is told: what a phone in a tunnel sees. New connections are as good as ever. */
  swallow(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('data').resume();
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pipe(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('error', () => from.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    from.on('data', (bytes: Buffer) => {
      void this.#carry(bytes, from, to);
    });
  }

  async #carry(bytes: Buffer, from: Socket, to: Socket): Promise<void> {
    from.pause();
    for (let at = 0; at < bytes.length; at += this.#bytesPerTick) {
      const part = bytes.subarray(at, Math.min(at + this.#bytesPerTick, bytes.length));
      this.#carried += part.length;
      if (!to.destroyed) to.write(part);
      if (this.#bytesPerTick !== Infinity) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    from.resume();
  }
}
