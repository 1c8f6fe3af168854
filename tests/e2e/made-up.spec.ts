/**
 * The window over made-up services (src/renderer/testing), served as it is written: what the keyboard reaches, where the
 * focus goes, and what moves on a page while a search runs. Nothing here waits for a model.
 */
import { test as base, type Page } from '@playwright/test';
import { createServer, type ViteDevServer } from 'vite';
import { findChromium, noChromium } from './browser.ts';
import { expect } from './fixtures.ts';

base.use({ actionTimeout: 5000 });
base.describe.configure({ timeout: 60_000 });

const test = base.extend<{ chromiumIsThere: undefined }, { server: ViteDevServer }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads what a fixture needs from this pattern
  chromiumIsThere: [async ({}, use, info) => {
    info.skip(!findChromium(), noChromium);
    await use(undefined);
  }, { auto: true }],
  // eslint-disable-next-line no-empty-pattern -- as above
  server: [async ({}, use) => {
    // packages may lie behind a link, outside of the folder
    const server = await createServer({ configFile: 'vite.config.ts', logLevel: 'error', server: { port: 0, hmr: false, fs: { strict: false } } });
    await server.listen();
    await use(server);
    await server.close();
  }, { scope: 'worker', timeout: 120_000 }],
});

/** The services in the page, as the preload would expose them (src/renderer/bridge/desktop.ts). */
interface MadeUp { call(name: string, input: unknown): Promise<unknown>; on(event: string, listener: (payload: unknown) => void): () => void }
interface Host extends Window { singular: MadeUp; shift: number; toStage(next: number): Promise<void> }
declare const window: Host;

async function open(page: Page, server: ViteDevServer, hash: string): Promise<void> {
  await page.goto(`${server.resolvedUrls!.local[0]}testing/index.html${hash}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible({ timeout: 60_000 });
}
const focused = (page: Page): Promise<string> => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? '');
async function addExperts(page: Page, count: number): Promise<void> {
  const add = page.getByRole('button', { name: 'Add an expert' });
  const items = page.locator('.add-item:not([data-disabled])');
  // the empty desk gives way to the first strip, its picker too
  await add.click();
  await items.first().click();
  await add.click();
  for (let at = 1; at < count; at++) await items.nth(at).click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('list', { name: 'Strips' }).getByRole('listitem')).toHaveCount(count);
}
async function command(page: Page, typed: string, name: string | RegExp): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Commands' }).getByRole('combobox').fill(typed);
  await expect(page.getByRole('option', { name })).toBeVisible();
  await page.getByRole('option', { name }).click();
}

test('a strip is one stop of the Tab key, arrows reach what is in it, and / goes to the prompt', async ({ page, server }) => {
  await open(page, server, '#/mix');
  await addExperts(page, 8);
  const faders = page.getByRole('slider', { name: /^α of/ });
  await faders.first().focus();
  for (let at = 1; at < 8; at++) {
    await page.keyboard.press('Tab');
    await expect(faders.nth(at)).toBeFocused();
  }
  const name = (await faders.nth(7).getAttribute('aria-label'))!.replace('α of ', '');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('textbox', { name: `Exact α of ${name}` })).toBeFocused();
  await page.keyboard.type('0.4');
  await page.keyboard.press('Enter');
  await expect(faders.nth(7)).toHaveAttribute('aria-valuenow', '0.4');
  await page.keyboard.press('ArrowRight');
  expect(await focused(page)).toBe(`Mute ${name}`);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.type('9');
  await page.keyboard.press('Escape');
  await expect(faders.nth(7)).toBeFocused();
  await expect(faders.nth(7)).toHaveAttribute('aria-valuenow', '0.4');
  await page.keyboard.press('ArrowLeft');
  expect(await focused(page)).toBe(`More for ${name}`);
  await page.keyboard.press('/');
  await expect(page.getByRole('textbox', { name: 'Prompt' })).toBeFocused();
  await page.keyboard.type('1/2');
  await expect(page.getByRole('textbox', { name: 'Prompt' })).toHaveValue('1/2');
});

test('the palette saves, exports and evaluates the mix from any screen, and begins searches and comparisons', async ({ page, server }) => {
  await open(page, server, '#/mix');
  await addExperts(page, 2);
  await page.goto(`${server.resolvedUrls!.local[0]}testing/index.html#/jobs`);
  await expect(page.getByRole('heading', { level: 1, name: 'Jobs' })).toBeVisible();
  for (const [typed, option, title] of [['save', 'Desk: save the mix…', 'Save the mix'], ['export', 'Desk: export the mix…', 'Export the mix'], ['mix', 'Desk: evaluate the mix on a task…', /^Evaluate/]] as const) {
    await command(page, typed, option);
    const dialog = page.getByRole('dialog', { name: title });
    await expect(dialog).toBeVisible();
    await expect.poll(() => dialog.evaluate((node) => node.contains(document.activeElement))).toBe(true);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await page.goto(`${server.resolvedUrls!.local[0]}testing/index.html#/jobs`);
    await expect(page.getByRole('heading', { level: 1, name: 'Jobs' })).toBeVisible();
  }
  await command(page, 'new search', /^New search/);
  await expect(page).toHaveURL(/#\/adapt\/new$/);
  await command(page, 'new comparison', /^New comparison/);
  await expect(page).toHaveURL(/#\/comparisons\/new$/);
});

test('the focus is never nowhere: after a mix is saved, and while a button is busy, which is not pressed twice', async ({ page, server }) => {
  await open(page, server, '?wait=mixes.export#/mix');
  await addExperts(page, 2);
  const save = page.getByRole('button', { name: 'Save mix' });
  await save.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(save).toBeFocused();
  await expect(save).toHaveAttribute('aria-disabled', 'true');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeHidden();

  await page.getByRole('button', { name: 'Export…' }).click();
  await page.evaluate(() => {
    const { call } = window.singular;
    window.singular.call = (name, input) => {
      document.body.dataset['calls'] = `${document.body.dataset['calls'] ?? ''} ${name}`;
      return call(name, input);
    };
  });
  await page.getByRole('dialog').getByRole('button', { name: 'Export' }).focus();
  await page.keyboard.press('Enter');
  const writing = page.getByRole('button', { name: 'Writing…' });
  await expect(writing).toBeFocused();
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Name' }).press('Enter');
  expect(await page.evaluate(() => document.body.dataset['calls'])).toBe(' mixes.export');
});

test('a running search moves nothing on its page, neither with its first generation nor at its end, and a resting pointer picks nothing', async ({ page, server }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await open(page, server, '#/jobs');
  await page.evaluate(async () => {
    const api = window.singular;
    const { call, on } = api;
    const read = async (id: string): Promise<Record<string, unknown> & { generations: unknown[] }> => ((await call('searches.get', { id })) as { result: Record<string, unknown> & { generations: unknown[] } }).result;
    const [running, whole] = [await read('s0'), await read('s2')];
    const { start, generations, state, budget, rowsUsed, finalists, chosen, stopped, test, mixId, mixName, ...others } = whole;
    const about = { ...others, id: 's0', jobId: running['jobId'], name: 'grows' };
    const stages = [about, { ...about, start, rowsUsed, budget, generations: generations.slice(0, 1) }, { ...about, start, rowsUsed, budget, generations, finalists, chosen, stopped, test, mixId, mixName, state }].map((one) => ({ generations: [], finalists: [], state: 'running', ...one }));
    const listeners: (() => void)[] = [];
    let stage = 0;
    api.call = async (name, input) => (name === 'searches.get' ? { result: stages[stage] } : call(name, input));
    api.on = (event, listener) => {
      if (event === 'searches.changed') listeners.push(() => listener(null));
      return on(event, listener);
    };
    Object.assign(window, {
      shift: 0,
      toStage: async (next: number) => {
        // the job is known to have ended before the search is read again
        if (next === 2) await call('jobs.keep', { id: running['jobId'] });
        if (next === 2) await new Promise((resolve) => setTimeout(resolve, 100));
        stage = next;
        for (const listener of listeners) listener();
      },
    });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shift += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift' });
    window.location.hash = '#/adapt/s0';
  });
  await expect(page.getByText('They come with the first generation.')).toBeVisible();
  await page.waitForTimeout(500);
  const shiftOf = async (stage: number): Promise<number> => {
    await page.evaluate((next) => {
      window.shift = 0;
      return window.toStage(next);
    }, stage);
    await page.waitForTimeout(700);
    return page.evaluate(() => window.shift);
  };
  expect(await shiftOf(1)).toBeLessThan(0.02);
  await expect(page.getByRole('figure', { name: 'Population' }).getByRole('img', { name: /^1 generation/ })).toBeVisible();

  const heat = page.getByRole('figure', { name: 'α by layer' });
  const row = page.getByRole('region', { name: 'Best of the chosen' }).getByRole('row').nth(2);
  await row.scrollIntoViewIfNeeded();
  await row.hover();
  await expect(heat.getByText('of the candidate that is pointed at')).toBeVisible();
  await page.mouse.move(3, 3);
  await expect(heat.getByText('of the best so far')).toBeVisible();

  await page.evaluate(() => document.getElementById('content')!.scrollTo(0, 0));
  expect(await shiftOf(2)).toBeLessThan(0.02);
  await expect(page.getByRole('figure', { name: 'Test score' })).toBeVisible();
  await expect(heat.getByText('of the chosen mix')).toBeVisible();
  // a row that comes under a pointer which rests is not meant
  const box = (await row.boundingBox())!;
  const y = 400;
  await page.mouse.move(box.x + 60, y);
  await page.evaluate((by) => document.getElementById('content')!.scrollBy(0, by), box.y + box.height / 2 - y);
  await expect.poll(() => page.evaluate(() => document.querySelector('tr.picked:hover') !== null)).toBe(true);
  await expect(heat.getByText('of the chosen mix')).toBeVisible();
  await page.mouse.move(box.x + 64, y);
  await expect(heat.getByText('of the candidate that is pointed at')).toBeVisible();
});

test('while a dispatcher answers, strips and picture are of faders that wait, and the KL is not said to be theirs', async ({ page, server }) => {
  await open(page, server, '#/mix');
  await addExperts(page, 2);
  const strip = page.getByRole('list', { name: 'Strips' }).getByRole('listitem').first();
  const picture = page.getByRole('group', { name: 'z′ over the whole model' });
  await expect(strip).not.toHaveClass(/quiet/);
  await expect(picture).toBeVisible();
  await page.getByRole('radio', { name: 'Prompt' }).click();
  await expect(strip).toHaveClass(/quiet/);
  await expect(picture).toBeHidden();
  await expect(page.getByRole('group', { name: 'z′ of the faders, which wait' })).toContainText('not heard');
  await page.getByRole('textbox', { name: 'Prompt' }).fill('What is 3 + 4?');
  await page.getByRole('button', { name: /^Answer/ }).click();
  await expect(page.getByRole('group', { name: 'First pass' })).toContainText('94 % sure');
  await expect(page.getByRole('region', { name: 'Master' })).toContainText(/KL to base\s*–/);
  await page.getByRole('radio', { name: 'Faders' }).click();
  await expect(strip).not.toHaveClass(/quiet/);
});
