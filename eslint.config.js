import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import tseslint from 'typescript-eslint';
import svelteConfig from './web/svelte.config.js';

const BUILD_NODES = 'The page runs under Trusted Types: build nodes, never markup.';

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', 'clients/typescript/src/wire.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-definitions': 'off', // unions of tagged records read better as types
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }], // how a field is left out
      'max-lines': ['error', 400],
    },
  },
  // Components: svelte-check has the types, so the rules that need them are not run a second time here.
  {
    files: ['**/*.svelte'],
    extends: [tseslint.configs.strict, svelte.configs.recommended],
    languageOptions: { parserOptions: { parser: tseslint.parser, svelteConfig } },
    rules: {
      'max-lines': ['error', 250],
      'no-undef': 'off', // TypeScript knows better
      'prefer-const': 'off', // svelte/prefer-const knows of $props
      'svelte/no-at-html-tags': 'error',
      'svelte/no-navigation-without-resolve': 'off', // a rule for SvelteKit
    },
  },
  {
    files: ['bench/cross/*.js'],
    languageOptions: { globals: { __ENV: 'readonly', console: 'readonly', open: 'readonly' } }, // of k6
  },
  {
    files: ['web/scripts/**/*.mjs', 'clients/typescript/scripts/**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['console', 'crypto', 'fetch', 'process', 'setTimeout', 'URL'].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['web/src/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'setHTMLUnsafe', 'createContextualFragment'].map(
          (property) => ({ property, message: BUILD_NODES }),
        ),
      ],
    },
  },
);
