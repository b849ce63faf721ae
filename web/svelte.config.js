import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

export default {
  preprocess: vitePreprocess({ script: false }),
  compilerOptions: {
    runes: true,
    // Elements are created one by one, never parsed from text: the page runs under `require-trusted-types-for 'script'`.
    fragments: 'tree',
  },
};
