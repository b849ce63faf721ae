/** A real `hubbub serve` in a process of its own, on a free port of loopback, with its own data folder. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = join(import.meta.dirname, '../../../../.venv/bin/hubbub');

const CHEAP = {
  HUBBUB_LOG_FORMAT: 'json',
  HUBBUB_AUTH_ARGON2_MEMORY_KIB: '8',
  HUBBUB_AUTH_ARGON2_TIME: '1',
  HUBBUB_LIMITS_SIGNUPS_PER_ADDRESS: '0',
};

/** `settings` are environment variables. */
export class Server {
  readonly #data = mkdtempSync(join(tmpdir(), 'hubbub-'));
  readonly #settings: Readonly<Record<string, string>>;
  #process: ChildProcess | undefined;
  #port = 0;

  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.#settings = settings;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts, on the port it had before if it had one, and waits until it serves. */
  async start(): Promise<this> {
    const ports = ['--host', '127.0.0.1', '--port', String(this.#port), '--internal-port', '0'];
    const outer = Object.entries(process.env).filter(([name]) => !name.startsWith('HUBBUB_'));
    this.#process = spawn(PROGRAM, ['serve', '--data', this.#data, ...ports], {
      cwd: this.#data,
      env: { ...Object.fromEntries(outer), ...CHEAP, ...this.#settings },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await this.#serving(this.#process);
    return this;
  }

  /** SIGKILL: nothing is written, nobody is told. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    await this.#end('SIGKILL');
    rmSync(this.#data, { recursive: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const ending = this.#process;
    if (ending === undefined) return;
    this.#process = undefined;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
  }

  #serving(process: ChildProcess): Promise<void> {
    const said: string[] = [];
    return new Promise((resolve, reject) => {
      if (process.stderr === null) throw new Error('no log to read');
      createInterface(process.stderr).on('line', (line) => {
        if (said.length < 1_000) said.push(line);
        const log = (line.startsWith('{') ? JSON.parse(line) : {}) as { message?: string; url?: string };
        if (log.message !== 'serving' || log.url === undefined) return;
        this.#port = Number(new URL(log.url).port);
        resolve();
      });
      process.once('exit', () => {
        reject(new Error(`the server did not start:\n${said.join('\n')}`));
      });
    });
  }
}
