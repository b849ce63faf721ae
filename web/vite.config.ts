import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { emoji } from './build/emoji.js';

const server = process.env['HUBBUB_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte(), emoji()],
  resolve: { conditions: ['hubbub-source', ...defaultClientConditions] }, // the SDK's own TypeScript: nothing to build first
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the page's policy allows no data: URLs
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': server, '/ws': { target: server, ws: true } } },
  preview: { proxy: { '/api': server, '/ws': { target: server, ws: true } } },
  test: { include: ['tests/**/*.test.ts'] },
});
