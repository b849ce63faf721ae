/** Tells the service worker the names of the app's files, so that it can fetch them before they are needed. */

import type { Plugin } from 'vite';

const PLACEHOLDER = '__SHELL_FILES__';
const FETCHED_WHEN_WANTED = '/emoji-'; // a third of all bytes, and no chat needs them

export function shellFiles(): Plugin {
  return {
    name: 'hubbub-shell-files',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const files = Object.keys(bundle).filter((name) => name.startsWith('assets/'));
        const wanted = files.map((name) => `/${name}`).filter((name) => !name.includes(FETCHED_WHEN_WANTED));
        const worker = bundle['sw.js'];
        if (worker?.type !== 'chunk' || !worker.code.includes(PLACEHOLDER))
          this.error('the service worker has no list to fill');
        else worker.code = worker.code.replace(PLACEHOLDER, JSON.stringify(wanted.sort()));
      },
    },
  };
}
