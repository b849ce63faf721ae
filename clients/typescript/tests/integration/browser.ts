/** A real Chromium, driven over its DevTools protocol: tabs that share IndexedDB, Web Locks and BroadcastChannels. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--remote-debugging-port=0',
];

interface Answer {
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly result?: Record<string, unknown>;
}

/** `script` runs in every tab before anything else. */
export class Chromium {
  readonly #profile = mkdtempSync(join(tmpdir(), 'hubbub-chromium-'));
  readonly #answers = new Map<number, (answer: Answer) => void>();
  readonly #script: string;
  #process: ChildProcess | undefined;
  #socket: WebSocket | undefined;
  #last = 0;

  constructor(script: string) {
    this.#script = script;
  }

  async start(): Promise<this> {
    this.#process = spawn('chromium', [...FLAGS, `--user-data-dir=${this.#profile}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const socket = (this.#socket = new WebSocket(await listening(this.#process)));
    await once(socket, 'open');
    socket.addEventListener('message', ({ data }) => {
      const answer = JSON.parse(data as string) as Answer;
      this.#answers.get(answer.id ?? 0)?.(answer);
    });
    return this;
  }

  async stop(): Promise<void> {
    this.#socket?.close();
    if (this.#process !== undefined) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  /** A tab on this page, whatever its policy: the test's own script runs there. */
  async tab(url: string): Promise<Tab> {
    const { targetId } = await this.call('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.call('Target.attachToTarget', { targetId, flatten: true });
    const tab = new Tab(this, targetId as string, sessionId as string);
    await this.call('Page.enable', {}, tab.session);
    await this.call('Page.setBypassCSP', { enabled: true }, tab.session);
    await this.call('Page.addScriptToEvaluateOnNewDocument', { source: this.#script }, tab.session);
    await this.call('Page.navigate', { url }, tab.session);
    await tab.run(
      'while (document.readyState !== "complete") await new Promise((turn) => setTimeout(turn, 10))',
    );
    return tab;
  }

  async call(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = (this.#last += 1);
    const answered = new Promise<Answer>((resolve) => this.#answers.set(id, resolve));
    this.#socket?.send(JSON.stringify({ id, method, params, sessionId }));
    const { error, result = {} } = await answered;
    this.#answers.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}

export class Tab {
  readonly #browser: Chromium;
  readonly #target: string;
  readonly session: string;

  constructor(browser: Chromium, target: string, session: string) {
    this.#browser = browser;
    this.#target = target;
    this.session = session;
  }

  /** Runs the body of an async function in the page; what it returns must be plain data. */
  async run<T>(body: string): Promise<T> {
    const expression = `(async () => { ${body} })()`;
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#browser.call('Runtime.evaluate', options, this.session);
    if (exceptionDetails !== undefined) throw new Error(`in the page: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value: T }).value;
  }

  /** As a person closes it: nothing in it is asked. */
  async close(): Promise<void> {
    await this.#browser.call('Target.closeTarget', { targetId: this.#target });
  }
}

function listening(process: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    process.once('error', () => {
      reject(new Error('this test needs chromium: apt-get install chromium'));
    });
    if (process.stderr === null) throw new Error('no output to read');
    createInterface(process.stderr).on('line', (line) => {
      const url = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}
