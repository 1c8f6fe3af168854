/** The window as the local shell serves it: it opens, every screen stands, keyboard and axe included. */
import { expect, expectAccessible, screens, test } from './fixtures.ts';

test('opens from the printed address, and the token leaves the address bar', async ({ desk, page }) => {
  await expect(page).toHaveTitle(/Singular/);
  expect(page.url()).not.toContain('token');
  await page.reload();
  await expect(desk.rail).toBeVisible();
});

test('says that it is refused without the token', async ({ page, shell }) => {
  const response = await page.goto(new URL('/', shell.url).href);
  expect(response?.status()).toBe(403);
  await expect(page.getByText(/open the address that Singular printed/)).toBeVisible();
});

test('has the bundled models and datasets', async ({ desk: _desk, shell }) => {
  await expect.poll(async () => (await shell.call('models.list', {})).some((model) => model.source === 'bundled' && !model.unusable), { timeout: 60_000 }).toBe(true);
  await expect.poll(async () => (await shell.call('datasets.list', {})).filter((dataset) => dataset.source === 'bundled').length, { timeout: 60_000 }).toBeGreaterThanOrEqual(3);
});

test('a page cannot run inline or foreign script', async ({ desk: _desk, page, complaints }) => {
  const ran = await page.evaluate(async () => {
    const outcome: string[] = [];
    const element = document.createElement('div');
    try {
      element.innerHTML = '<img src=x onerror="window.ran = true">';
      outcome.push('innerHTML');
    } catch {
      // Trusted Types refuse text as markup
    }
    for (const source of ['https://example.com/', 'http://127.0.0.1:1/']) {
      await fetch(source).then(() => outcome.push(source), () => undefined);
    }
    return outcome;
  });
  expect(ran).toEqual([]);
  expect(complaints.length).toBeGreaterThan(0);
  complaints.length = 0;
});

for (const screen of screens) {
  test(`${screen}: stands, and axe finds nothing in either theme`, async ({ desk, page }) => {
    await desk.goTo(screen);
    await page.waitForLoadState('networkidle');
    await expectAccessible(page, screen);
  });
}

test('the rail is reached and used with the keyboard', async ({ desk, page }) => {
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  for (const link of await desk.rail.getByRole('link').all()) {
    await page.keyboard.press('Tab');
    await expect(link).toBeFocused();
  }
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/settings$/);
});

test('the palette and the keys are reached with the keyboard, and axe finds nothing on them', async ({ desk: _desk, page }) => {
  await page.keyboard.press('Control+k');
  const input = page.getByRole('dialog', { name: 'Commands' }).getByRole('combobox');
  await expect(input).toBeFocused();
  await expectAccessible(page, 'the palette');
  await input.fill('go to jobs');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/jobs$/);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await expectAccessible(page, 'the keys');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeHidden();
  await page.keyboard.press('g');
  await page.keyboard.press('e');
  await expect(page).toHaveURL(/#\/experts$/);
});

test('the theme is kept, and both themes are really different', async ({ desk, page, shell }) => {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await desk.goTo('Settings');
  await shell.call('settings.set', { theme: 'light' });
  await page.reload();
  await expect(desk.rail).toBeVisible();
  const light = await paper();
  await shell.call('settings.set', { theme: 'dark' });
  await expect.poll(paper).not.toBe(light);
  const dark = await paper();
  await page.reload();
  await expect(desk.rail).toBeVisible();
  await expect.poll(paper).toBe(dark);
  await shell.call('settings.set', { theme: 'system' });
});
