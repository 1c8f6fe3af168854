/** Three suites: `unit` beside the sources (with the window's state classes), `parity` and `fault` in tests/. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const common = { environment: 'node', pool: 'forks', testTimeout: 30_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  test: {
    // Two workers: the engine's own threads want the cores too.
    maxWorkers: 2,
    projects: [
      { test: { ...common, name: 'unit', include: ['src/{shared,engine,main,preload}/**/*.test.ts', 'scripts/**/*.test.ts', 'native-models/**/*.test.ts', 'bench/**/*.test.ts'] } },
      { plugins: [svelte({ configFile: false })], resolve: { conditions: ['browser'] }, test: { ...common, name: 'window', include: ['src/renderer/**/*.test.ts'] } },
      { test: { ...common, name: 'parity', include: ['tests/parity/**/*.test.ts'], testTimeout: 120_000 } },
      { test: { ...common, name: 'fault', include: ['tests/fault/**/*.test.ts'], testTimeout: 120_000 } },
    ],
  },
});
