/** Suites: `unit` beside the sources (with the window's state classes), `parity`, `command-line` and `fault` in tests/. */
import { existsSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** Where no Vulkan loader is installed, WebGPU's tests find the one beside Debian's chromium. Read when a worker starts. */
const software: Record<string, string> = process.platform === 'linux' && existsSync('/usr/lib/chromium/libvulkan.so.1')
  ? { LD_LIBRARY_PATH: [process.env['LD_LIBRARY_PATH'], '/usr/lib/chromium'].filter(Boolean).join(':') }
  : {};

/** Limits stand for "it does not hang": a machine with other things to do is no failure. */
const common = { environment: 'node', pool: 'forks', testTimeout: 180_000, hookTimeout: 180_000, expect: { poll: { timeout: 60_000 } } } as const;
/** Suites that start processes and train models. */
const long = { ...common, testTimeout: 600_000, hookTimeout: 600_000 } as const;

export default defineConfig({
  test: {
    // Two workers: the engine's own threads want the cores too.
    maxWorkers: 2,
    projects: [
      { test: { ...common, name: 'unit', include: ['src/{shared,engine,main,preload}/**/*.test.ts', 'scripts/**/*.test.ts', 'native-models/**/*.test.ts', 'bench/**/*.test.ts'] } },
      { plugins: [svelte({ configFile: false })], resolve: { conditions: ['browser'] }, test: { ...common, name: 'window', include: ['src/renderer/**/*.test.ts'] } },
      { test: { ...long, name: 'parity', env: software, include: ['tests/parity/**/*.test.ts'] } },
      { test: { ...long, name: 'command-line', include: ['tests/command-line/**/*.test.ts'] } },
      { test: { ...long, name: 'fault', include: ['tests/fault/**/*.test.ts'] } },
    ],
  },
});
