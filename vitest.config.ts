/** Suites: `unit` beside the sources (with the window's state classes), `parity`, `command-line` and `fault` in tests/. */
import { existsSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** Where no Vulkan loader is installed, WebGPU's tests find the one beside Debian's chromium. Read when a worker starts. */
const software: Record<string, string> = process.platform === 'linux' && existsSync('/usr/lib/chromium/libvulkan.so.1')
  ? { LD_LIBRARY_PATH: [process.env['LD_LIBRARY_PATH'], '/usr/lib/chromium'].filter(Boolean).join(':') }
  : {};

const common = { environment: 'node', pool: 'forks', testTimeout: 30_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  test: {
    // Two workers: the engine's own threads want the cores too.
    maxWorkers: 2,
    projects: [
      { test: { ...common, name: 'unit', include: ['src/{shared,engine,main,preload}/**/*.test.ts', 'scripts/**/*.test.ts', 'native-models/**/*.test.ts', 'bench/**/*.test.ts'] } },
      { plugins: [svelte({ configFile: false })], resolve: { conditions: ['browser'] }, test: { ...common, name: 'window', include: ['src/renderer/**/*.test.ts'] } },
      { test: { ...common, name: 'parity', env: software, include: ['tests/parity/**/*.test.ts'], testTimeout: 120_000 } },
      { test: { ...common, name: 'command-line', include: ['tests/command-line/**/*.test.ts'], testTimeout: 120_000 } },
      { test: { ...common, name: 'fault', include: ['tests/fault/**/*.test.ts'], testTimeout: 120_000 } },
    ],
  },
});
