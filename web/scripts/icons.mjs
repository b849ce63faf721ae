/**
 * Draws the installable app's icons (web/public/icon-*.png) from favicon.svg, with Debian's Chromium:
 *
 *     node web/scripts/icons.mjs
 *
 * The maskable one fills its square: launchers cut it to their own shape.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PUBLIC = join(import.meta.dirname, '..', 'public');
const ICONS = {
  'icon-180.png': [180, false],
  'icon-192.png': [192, false],
  'icon-512.png': [512, false],
  'icon-maskable.png': [512, true],
};

const scratch = mkdtempSync(join(tmpdir(), 'hubbub-icons-'));
const drawing = readFileSync(join(PUBLIC, 'favicon.svg'), 'utf8');

for (const [name, [side, filled]] of Object.entries(ICONS)) {
  const svg = (filled ? drawing.replace('rx="15"', '') : drawing).replace(
    '<svg ',
    `<svg width="${side}" height="${side}" `,
  );
  const page = join(scratch, 'icon.html');
  writeFileSync(page, `<style>body{margin:0;background:transparent}svg{display:block}</style>${svg}`);
  execFileSync(
    'chromium',
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--hide-scrollbars',
      '--default-background-color=00000000',
      `--user-data-dir=${join(scratch, 'profile')}`,
      `--window-size=${side},${side}`,
      `--screenshot=${join(PUBLIC, name)}`,
      `file://${page}`,
    ],
    { stdio: 'ignore' },
  );
}
