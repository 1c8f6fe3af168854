/** End-to-end tests: the real local shell in a real Chromium, and the desktop window where Electron is present. */
import { defineConfig } from '@playwright/test';
import { chromiumFlags, findChromium } from './tests/e2e/browser.ts';

const executablePath = findChromium();

export default defineConfig({
  testDir: 'tests/e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'test-results',
  // The engine wants the cores: one window at a time.
  workers: 1,
  // limits stand for "it does not hang": a machine with other things to do is no failure
  timeout: 5 * 60_000,
  expect: { timeout: 60_000 },
  retries: 0,
  forbidOnly: true,
  reporter: 'list',
  use: {
    launchOptions: { ...(executablePath ? { executablePath } : {}), args: chromiumFlags },
    viewport: { width: 1360, height: 880 },
    // `npm test -- end-to-end -- --trace retain-on-failure` records; it takes a quarter longer
    trace: 'off',
    screenshot: 'only-on-failure',
  },
});
