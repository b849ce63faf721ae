/** The first message in ten lines: the README's own snippet, run as a program against a real server. */

import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Server } from './server.js';

const PACKAGE = join(import.meta.dirname, '../..');
const run = promisify(execFile);

let server: Server;
const folder = mkdtempSync(join(PACKAGE, '.readme-')); // inside the package, so that it finds its own name

beforeAll(async () => {
  server = await new Server().start();
  await run('npm', ['run', '--silent', 'build'], { cwd: PACKAGE });
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.stop();
});

test('the snippet of the README sends a message and shows it', async () => {
  const readme = readFileSync(join(PACKAGE, 'README.md'), 'utf8');
  const snippet = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(snippet.trim().split('\n').length).toBeLessThanOrEqual(10);
  const program = join(folder, 'first.mjs');
  writeFileSync(program, snippet.replace('http://127.0.0.1:8080', server.url));
  const running = spawn(process.execPath, ['--experimental-websocket', '--no-warnings', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const part of running.stdout) {
    said += String(part);
    if (said.includes("content: 'hello'") && said.includes("state: 'sent'")) break;
  }
  running.kill();
  expect(said).toContain("content: 'hello'");
  expect(said).toContain("state: 'sent'");
});
