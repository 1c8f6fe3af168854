/**
 * The main job, in the window, on the bundled model: a dropped file becomes an expert, the expert goes on the desk,
 * the fader goes back to 0 and the base's tokens are there again, the mix is saved and the expert exported,
 * removed, brought back, and imported from its file. Each test is a window of its own over the same home.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, test, type Desk } from './fixtures.ts';
import { quickPreset } from '../../src/shared/training.ts';
import type { RunningShell } from './shell.ts';

test.use({ homeName: 'main-job', actionTimeout: 60_000 });
test.describe.configure({ mode: 'serial', timeout: 15 * 60_000 });

const mathRows = readFileSync(fileURLToPath(new URL('../../native-models/data/math/train.jsonl', import.meta.url)), 'utf8').trimEnd().split('\n').slice(0, 160);
const expertName = 'Sums “of mine” & <b>more</b>';
const exportedName = /Sums.*\.safetensors$/;

/** Drops files on an element as a person does: a drag with files, over and let go. */
async function drop(page: Page, selector: string, name: string, content: string): Promise<void> {
  const transfer = await page.evaluateHandle(([fileName, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], fileName));
    return data;
  }, [name, content]);
  await page.dispatchEvent(selector, 'dragover', { dataTransfer: transfer });
  await page.dispatchEvent(selector, 'drop', { dataTransfer: transfer });
}

async function bundledModel(shell: RunningShell): Promise<string> {
  const usable = async () => (await shell.call('models.list', {})).find((model) => model.source === 'bundled' && !model.unusable);
  await expect.poll(usable).toBeDefined();
  return (await usable())!.id;
}

async function setSetting(page: Page, label: string, value: string): Promise<void> {
  const field = page.getByLabel(label, { exact: true });
  await field.fill(value);
  await field.press('Tab');
  await expect(field).toHaveValue(value);
}

test('a dropped file is recognised, previewed to the letter, and its grader tried', async ({ desk, page, shell }) => {
  await bundledModel(shell);
  await desk.goTo('Train');
  const rows = [...mathRows.slice(0, 20), '{"prompt":"","answer":"1"}', '{"question":"no prompt here"}'];
  await drop(page, '.zone', 'sums.jsonl', rows.join('\n'));

  await expect(page.getByText('sums.jsonl').first()).toBeVisible();
  await expect(page.getByText(/20 usable rows/)).toBeVisible();
  await page.getByText(/2 rows cannot be used/).click();
  await expect(page.getByRole('listitem').filter({ hasText: /^row 2[12]/ })).toHaveCount(2);

  const first = JSON.parse(mathRows[0]) as { prompt: string };
  await expect(page.getByRole('group', { name: 'Row 1 in full' })).toContainText(first.prompt);

  await expect(page.getByRole('radio', { name: 'Number', exact: true })).toBeChecked();
  await page.getByRole('button', { name: 'Test it on rows' }).click();
  await expect(page.getByText(/10 of 10/).first()).toBeVisible({ timeout: 60_000 });
  await expectAccessible(page, 'Train with a file');
});

test('a file that is none of these is refused with one sentence, and nothing is taken', async ({ desk, page, shell }) => {
  await desk.goTo('Train');
  const before = (await shell.call('datasets.list', {})).length;
  await drop(page, '.zone', 'broken.json', '{"rows": [1, 2');
  await expect(page.getByText(/broken\.json/).first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start training' })).toHaveCount(0);
  expect(await shell.call('datasets.list', {})).toHaveLength(before);
});

test('trains, live, through a closed and reopened window', async ({ desk, page, shell }) => {
  await bundledModel(shell);
  await desk.goTo('Train');
  await drop(page, '.zone', 'sums.jsonl', mathRows.join('\n'));
  await page.getByLabel('Name', { exact: true }).fill(expertName);
  await page.getByText('More settings').click();
  for (const [label, value] of [['Steps', '6'], ['Batch', '16'], ['Longest answer', '40'], ['Validation answers', '16'], ['Validate every', '3'], ['Checkpoint every', '2']] as const) {
    await setSetting(page, label, value);
  }
  await expect(page.getByText(/Quick with \d changes/)).toBeVisible();
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page).toHaveURL(/#\/train\/.+/);
  await expect(page.getByRole('heading', { level: 1, name: expertName })).toBeVisible();

  // the window is closed and opened again in the middle
  const address = page.url();
  await page.goto('about:blank');
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1, name: expertName })).toBeVisible();
  await expect(page.getByText('is in the library.')).toBeVisible({ timeout: 8 * 60_000 });
  await expect(page.getByText(/points over the base|points/).first()).toBeVisible();
  await page.getByRole('button', { name: 'Its numbers as a table' }).first().click();
  await expect(page.getByRole('row')).not.toHaveCount(0);
  await expectAccessible(page, 'a training');

  const { experts } = await shell.call('experts.list', {});
  expect(experts.map((expert) => expert.name)).toEqual([expertName]);
  expect(experts[0].provenance.steps).toBeGreaterThan(0);
});

async function ask(page: Page, prompt: string): Promise<{ base: string; mix: string }> {
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt);
  await page.getByRole('button', { name: /^Answer/ }).click();
  const column = (name: string) => page.getByRole('region', { name, exact: true });
  // the figures of the answer before this one stand until the first token of this one
  for (const name of ['Base', 'Mix']) {
    await expect(column(name).locator('.answer')).not.toBeEmpty({ timeout: 60_000 });
    await expect(column(name).getByText(/\d+ tokens/)).toBeVisible({ timeout: 60_000 });
  }
  return answers(page);
}
async function answers(page: Page): Promise<{ base: string; mix: string }> {
  const text = (name: string): Promise<string> => page.getByRole('region', { name, exact: true }).locator('.answer').innerText();
  return { base: await text('Base'), mix: await text('Mix') };
}

test('on the desk the fader decides: at 0 the mix is the base to the token', async ({ desk, page, shell }) => {
  await desk.goTo('Experts');
  await expectAccessible(page, 'the library');
  const [expert] = (await shell.call('experts.list', {})).experts;
  await page.goto(`${new URL('/', shell.url).href}#/experts/${expert.id}`);
  await page.getByRole('button', { name: 'Put on the desk' }).click();
  const fader = page.getByRole('slider', { name: `α of ${expertName}` });
  await expect(fader).toHaveAttribute('aria-valuenow', '1');

  const prompt = 'Leo finds 42 keys and then 8 more. How many keys is that?';
  const loud = await ask(page, prompt);
  expect(loud.base).not.toBe('');
  await expect(page.getByRole('heading', { name: 'What the mix changed' })).toBeVisible();

  // pressed twice in a row it answers: the second press was not meant for Stop
  await page.getByRole('button', { name: /^Answer/ }).dblclick();
  for (const name of ['Base', 'Mix']) await expect(page.getByRole('region', { name, exact: true }).getByText(/\d+ tokens/)).toBeVisible();
  await expect(page.getByText('stopped', { exact: true })).toHaveCount(0);

  await fader.focus();
  await page.keyboard.press('ArrowDown');
  await expect(fader).not.toHaveAttribute('aria-valuenow', '1');
  await fader.dblclick();
  await expect(fader).toHaveAttribute('aria-valuenow', '0');
  await ask(page, prompt);
  // the fader that was let go asks again by itself a moment later, perhaps over this: what counts is where both come to rest
  await expect.poll(() => answers(page)).toEqual({ base: loud.base, mix: loud.base });
  await expectAccessible(page, 'the desk with a strip');
});

test('a mix is saved, found again, and written as a command line', async ({ desk, page, shell, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const [expert] = (await shell.call('experts.list', {})).experts;
  await page.goto(`${new URL('/', shell.url).href}#/mix?add=${expert.id}`);
  await expect(page.getByRole('slider', { name: `α of ${expertName}` })).toBeVisible();
  await page.getByRole('textbox', { name: `Exact α of ${expertName}` }).fill('0.75');
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Prompt' }).fill('it’s $HOME; `id`');
  await page.getByRole('button', { name: 'Copy as command' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('=0.75');

  await page.getByRole('button', { name: 'Save mix' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Three quarters');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Three quarters' })).toBeVisible();
  const mixes = await shell.call('mixes.list', {});
  expect(mixes.map(({ name, parts }) => ({ name, alpha: parts[0]?.alpha }))).toEqual([{ name: 'Three quarters', alpha: 0.75 }]);
  await desk.goTo('Jobs');
  await desk.goTo('Desk');
  await expect(page.getByRole('heading', { level: 1, name: 'Three quarters' })).toBeVisible();
});

test('an expert is evaluated on a task beside the base, answer by answer, and the base alone from the evidence', async ({ desk, page, shell }) => {
  const [expert] = (await shell.call('experts.list', {})).experts;
  await page.goto(`${new URL('/', shell.url).href}#/experts/${expert.id}`);
  await page.getByRole('button', { name: 'Evaluate…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: /^Task/ }).click();
  await page.getByRole('option', { name: /^math\b(?!-)/ }).click();
  await setSetting(page, 'Rows at most', '40');
  await expect(dialog.getByText('40 answers, and as many of the base')).toBeVisible();
  await expectAccessible(page, 'an evaluation being set up');
  await dialog.getByRole('button', { name: 'Evaluate', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: `“${expertName}” on math` })).toBeVisible();
  await expect(page.getByRole('figure', { name: 'Score' })).toBeVisible({ timeout: 60_000 });
  await expect.poll(async () => (await shell.call('runs.list', { kind: 'evaluate', expertId: expert.id })).runs[0]).toMatchObject({ state: 'succeeded', test: { rows: 40 }, evaluated: { parts: [{ name: expertName, alpha: 1 }] } });
  await expect(page.getByRole('listitem')).toHaveCount(40);
  await page.getByRole('radio', { name: /^Right in both/ }).click();
  await expect(page.getByRole('listitem')).not.toHaveCount(40);
  await expectAccessible(page, 'an evaluation');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'More for this evaluation' }).click().then(() => page.getByRole('menuitem', { name: 'Answers as CSV' }).click())]);
  const csv = path.join(shell.home, 'answers.csv');
  await download.saveAs(csv);
  expect(readFileSync(csv, 'utf8').split('\r\n')[0]).toBe('Row,Prompt,Reference,Answer,Score,Reason,Answer of the base,Score of the base,Reason of the base');

  await desk.goTo('Evidence');
  await page.getByRole('button', { name: 'Evaluate the base…' }).click();
  await setSetting(page, 'Rows at most', '4');
  await page.getByRole('dialog').getByRole('button', { name: 'Evaluate', exact: true }).click();
  await expect(page.getByText('the base model', { exact: true })).toBeVisible();
  await expect(page.getByRole('listitem')).toHaveCount(4, { timeout: 60_000 });
  await desk.goTo('Evidence');
  await expect(page.getByRole('region', { name: 'Evaluations' }).getByRole('row')).toHaveCount(3);
});

test('the expert is exported, downloaded, deleted, brought back, and imported from its file', async ({ desk, page, shell }) => {
  const [expert] = (await shell.call('experts.list', {})).experts;
  await desk.goTo('Experts');
  await page.goto(`${new URL('/', shell.url).href}#/experts/${expert.id}`);
  await expect(page.getByRole('heading', { name: /z over the whole model/ })).toBeVisible();
  await expectAccessible(page, 'an expert');
  await page.getByRole('button', { name: 'Export…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  const link = dialog.getByRole('link', { name: 'Download it' });
  await expect(link).toBeVisible({ timeout: 60_000 });
  await expectAccessible(page, 'the export dialog');
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  expect(download.suggestedFilename()).toMatch(exportedName);
  const file = path.join(shell.home, 'downloaded.safetensors');
  await download.saveAs(file);
  const headerBytes = Number(readFileSync(file).readBigUInt64LE(0));
  expect(JSON.parse(readFileSync(file).subarray(8, 8 + headerBytes).toString('utf8'))).toHaveProperty('__metadata__');
  await dialog.getByRole('button', { name: 'Close' }).first().click();

  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(page.getByText('Undo')).toBeVisible();
  await expect.poll(async () => (await shell.call('experts.list', {})).total).toBe(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(async () => (await shell.call('experts.list', {})).total).toBe(1);

  const bytes = readFileSync(file);
  writeFileSync(path.join(shell.home, 'short.safetensors'), bytes.subarray(0, bytes.length - 100));
  await expect(shell.call('experts.import', { path: path.join(shell.home, 'short.safetensors') })).rejects.toThrow(/short\.safetensors/);
  await page.goto(`${new URL('/', shell.url).href}#/experts`);
  await page.locator('input[type=file]').first().setInputFiles(file);
  await expect.poll(async () => (await shell.call('experts.list', {})).total, { timeout: 60_000 }).toBe(2);
});

test('the jobs say how they ended', async ({ desk, page }: { desk: Desk; page: Page }) => {
  await desk.goTo('Jobs');
  await expect(page.getByText(expertName).first()).toBeVisible();
  await expectAccessible(page, 'jobs that ended');
  await page.getByRole('button', { name: 'Clear what ended' }).click();
  await expect(page.getByText('Nothing long is under way')).toBeVisible();
});

test('a killed engine is said in the window, and the training goes on', async ({ desk, page, shell }) => {
  const modelId = await bundledModel(shell);
  const dataset = (await shell.call('datasets.list', {})).find((one) => one.source === 'file')!;
  await desk.goTo('Train');
  const { runId } = await shell.call('train.start', {
    modelId, datasetId: dataset.id, grader: 'number', name: 'Killed once', preset: 'custom',
    config: { ...quickPreset, steps: 12, batchSize: 16, maxTokens: 40, validationRows: 16, validateEvery: 12, checkpointEvery: 1 },
  });
  await page.goto(`${new URL('/', shell.url).href}#/train/${runId}`);
  await expect(page.getByRole('heading', { level: 1, name: 'Killed once' })).toBeVisible();
  // the page stands, and the training is not at its end: on a slow machine it went on meanwhile
  expect((await shell.event('run.step', (step) => step.runId === runId, 5 * 60_000)).metric.step).toBeLessThan(12);
  const { pid } = (await shell.call('app.info', {})).engine;
  process.kill(pid!, 'SIGKILL');
  await expect(page.getByText(/The engine was started again/).first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('is in the library.')).toBeVisible({ timeout: 5 * 60_000 });
  const run = await shell.call('runs.get', { id: runId });
  expect(run.steps.map((metric) => metric.step)).toEqual([...new Set(run.steps.map((metric) => metric.step))]);
  expect(run.steps).toHaveLength(12);
});
