import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { emoji } from './build/emoji.js';
import { shellFiles } from './build/shell_files.js';

const server = process.env['HUBBUB_URL'] ?? 'http://127.0.0.1:8080';

/** Emoji are told apart by name: the service worker does not fetch them ahead. */
function chunkFileNames({ facadeModuleId }: { facadeModuleId: string | null }): string {
  return `assets/${facadeModuleId?.includes('virtual:emoji') ? 'emoji-' : ''}[name]-[hash].js`;
}

export default defineConfig({
  plugins: [svelte(), emoji(), shellFiles()],
  resolve: { conditions: ['hubbub-source', ...defaultClientConditions] }, // the SDK's own TypeScript: nothing to build first
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the page's policy allows no data: URLs
    reportCompressedSize: false,
    rollupOptions: {
      input: { index: 'index.html', sw: 'src/worker/sw.ts' },
      // The service worker's address must never change, and it must stand at the root to be asked for the page.
      output: {
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        chunkFileNames,
      },
    },
  },
  server: { proxy: { '/api': server, '/ws': { target: server, ws: true } } },
  preview: { proxy: { '/api': server, '/ws': { target: server, ws: true } } },
  test: { include: ['tests/**/*.test.ts'] },
});
