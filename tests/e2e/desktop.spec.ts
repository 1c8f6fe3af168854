/** The desktop window, where the Electron runtime is: the same screens, confined as the shell promises. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron, expect, test as base, type ElectronApplication, type Page } from '@playwright/test';
import { findElectron, noElectron } from './browser.ts';
import { screens } from './fixtures.ts';
import { expectAccessible } from './accessibility.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const electron = findElectron();
const noDisplay = process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'];

const test = base.extend<object, { desktop: { app: ElectronApplication; page: Page; home: string } }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads what a fixture needs from this pattern
  desktop: [async ({}, use) => {
    const built = spawnSync(process.execPath, [path.join(root, 'scripts/build.mjs')], { cwd: root, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(built.stderr);
    const home = mkdtempSync(path.join(os.tmpdir(), 'singular-desktop-'));
    const asRoot = process.platform === 'linux' && process.getuid?.() === 0;
    const app = await _electron.launch({
      executablePath: electron ?? '',
      args: [...(asRoot ? ['--no-sandbox'] : []), root, '--home', home],
      env: { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'NODE_COMPILE_CACHE')) as Record<string, string>, SINGULAR_NODE: process.execPath },
    });
    const page = await app.firstWindow();
    await use({ app, page, home });
    await app.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }, { scope: 'worker', timeout: 180_000 }],
});

test.skip(!electron, noElectron);
test.skip(noDisplay, 'there is no display here: run the tests under xvfb-run');

test('opens on its own secure origin', async ({ desktop: { page } }) => {
  await expect(page.getByRole('navigation', { name: 'Screens' })).toBeVisible();
  expect(page.url()).toMatch(/^app:\/\/singular\//);
  expect(await page.evaluate(() => window.isSecureContext)).toBe(true);
});

test('the page sees the bridge and nothing of Node or Electron', async ({ desktop: { page } }) => {
  const seen = await page.evaluate(() => ({
    bridge: Object.keys((window as unknown as { singular: object }).singular).sort(),
    others: ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron'].filter((name) => name in window),
  }));
  expect(seen).toEqual({ bridge: ['call', 'on', 'pathOf'], others: [] });
});

test('the window is sandboxed and isolated', async ({ desktop: { app } }) => {
  const preferences = await app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0].webContents as unknown as { getLastWebPreferences(): Record<string, unknown> };
    const { sandbox, contextIsolation, nodeIntegration, webSecurity } = contents.getLastWebPreferences();
    return { sandbox, contextIsolation, nodeIntegration, webSecurity };
  });
  expect(preferences).toEqual({ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true });
});

test('refuses navigation, new windows, rights and foreign calls', async ({ desktop: { app, page } }) => {
  const before = page.url();
  await page.evaluate(() => { window.location.href = 'https://example.com/'; });
  await page.evaluate(() => { window.location.href = 'file:///etc/passwd'; });
  const opened = await page.evaluate(() => window.open('https://example.com/') === null);
  const permission = await page.evaluate(async () => (await navigator.permissions.query({ name: 'geolocation' })).state);
  expect(opened).toBe(true);
  expect(permission).toBe('denied');
  expect(page.url()).toBe(before);
  expect(app.windows()).toHaveLength(1);
  const answer = await page.evaluate(() => (window as unknown as { singular: { call(name: string, input: unknown): Promise<unknown> } }).singular.call('__proto__', {}));
  expect(answer).toMatchObject({ error: { code: 'not-found' } });
});

test('speaks with the services', async ({ desktop: { page, home } }) => {
  const answer = await page.evaluate(() => (window as unknown as { singular: { call(name: string, input: unknown): Promise<unknown> } }).singular.call('app.info', {}));
  expect(answer).toMatchObject({ result: { shell: 'desktop', home } });
});

for (const screen of screens) {
  test(`${screen}: stands, and axe finds nothing in either theme`, async ({ desktop: { page } }) => {
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: new RegExp(`^${screen}`) }).click();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectAccessible(page, screen);
  });
}
