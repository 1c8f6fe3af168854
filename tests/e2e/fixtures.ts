/**
 * `test` with the real local shell in a real Chromium. A file that needs a home of its own says so with
 * `test.use({ homeName: 'something' })`; files that do not name one share a home.
 * A test fails when the page logged an error, threw, or broke its content policy.
 */
import { test as base, expect, type Page } from '@playwright/test';
import { findChromium, noChromium } from './browser.ts';
import { startShell, type RunningShell } from './shell.ts';

export { expect };
export { expectAccessible } from './accessibility.ts';

interface WorkerFixtures { homeName: string; shell: RunningShell }
interface TestFixtures {
  chromiumIsThere: undefined;
  /** what the page complained about; a test that provokes an error empties it */
  complaints: string[];
  /** the window, opened through the printed address */
  desk: Desk;
}

const browserPath = findChromium();

export const test = base.extend<TestFixtures, WorkerFixtures>({
  homeName: ['shared', { option: true, scope: 'worker' }],
  // eslint-disable-next-line no-empty-pattern -- Playwright reads what a fixture needs from this pattern
  chromiumIsThere: [async ({}, use, info) => {
    info.skip(!browserPath, noChromium);
    await use(undefined);
  }, { auto: true }],
  shell: [async ({ homeName }, use) => {
    const shell = await startShell({ name: homeName });
    await use(shell);
    await shell.stop();
  }, { scope: 'worker', timeout: 240_000 }],
  complaints: async ({ page }, use) => {
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(`threw: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`logged: ${message.text()}`);
    });
    await use(complaints);
    expect(complaints, 'what the page complained about').toEqual([]);
  },
  desk: async ({ page, shell, complaints: _complaints }, use) => {
    const desk = new Desk(page, shell);
    await desk.open();
    await use(desk);
  },
});

export const screens = ['Desk', 'Train', 'Experts', 'Adapt', 'Compare', 'Evidence', 'Models', 'Jobs', 'Settings'] as const;
export type Screen = (typeof screens)[number];

/** The window as a person uses it: by the names on the screen. */
export class Desk {
  readonly page: Page;
  readonly shell: RunningShell;

  constructor(page: Page, shell: RunningShell) {
    this.page = page;
    this.shell = shell;
  }

  async open(): Promise<void> {
    await this.page.goto(this.shell.url);
    await expect(this.rail).toBeVisible();
  }

  get rail() {
    return this.page.getByRole('navigation', { name: 'Screens' });
  }

  async goTo(screen: Screen): Promise<void> {
    const link = this.rail.getByRole('link', { name: new RegExp(`^${screen}`) });
    await link.click();
    // the screen before this one has a heading too
    await expect(link).toHaveAttribute('aria-current', 'page');
    await expect(this.page.getByRole('heading', { level: 1 })).toBeVisible();
  }
}
