// What a page loads of the SDK: the bundle that an application with everything in it has, minified, then compressed.

import { build } from 'vite';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { join } from 'node:path';

const { output } = await build({
  logLevel: 'silent',
  configFile: false,
  build: {
    write: false,
    target: 'es2022',
    modulePreload: false,
    rollupOptions: { input: join(import.meta.dirname, '../src/index.ts'), preserveEntrySignatures: 'strict' },
  },
}).then((built) => (Array.isArray(built) ? built[0] : built));
const { code } = output[0];
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
console.log(
  `minified ${kilobytes(code.length)}, gzip ${kilobytes(gzipSync(code).length)}, brotli ${kilobytes(brotliCompressSync(code).length)}`,
);
