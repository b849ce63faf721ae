import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Node 20 has the browser's WebSocket behind a flag; the SDK brings none of its own.
    poolOptions: { forks: { execArgv: ['--experimental-websocket'], maxForks: 2 } },
    projects: [
      { test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], pool: 'threads' } },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
