/**
 * The whole training method in the window, on the bundled model with two steps: a training of an adapter with several
 * seeds, an expert's page with its control, a comparison from its plan to its report, and figures saved as files.
 */
import { readFileSync } from 'node:fs';
import { expectPicture, saveFigure } from './figures.ts';
import { expect, expectAccessible, test } from './fixtures.ts';
import type { RunningShell } from './shell.ts';
import { quickPreset, type TrainingConfig } from '../../src/shared/training.ts';

test.use({ homeName: 'training-method', actionTimeout: 60_000 });
test.describe.configure({ timeout: 15 * 60_000 });

const small: Partial<TrainingConfig> = { steps: 2, batchSize: 8, maxTokens: 24, validationRows: 8, validateEvery: 1, checkpointEvery: 1, testRows: 24, validationTemperature: 0 };
const at = (shell: RunningShell, hash: string): string => `${new URL('/', shell.url).href}${hash}`;

async function ready(shell: RunningShell): Promise<{ modelId: string; datasetId: string }> {
  await expect.poll(async () => (await shell.call('models.list', {})).some((model) => model.id === 'tiny-llama' && !model.unusable), { timeout: 60_000 }).toBe(true);
  await expect.poll(async () => (await shell.call('datasets.list', {})).some((one) => one.source === 'bundled' && one.name === 'math'), { timeout: 60_000 }).toBe(true);
  const dataset = (await shell.call('datasets.list', {})).find((one) => one.source === 'bundled' && one.name === 'math')!;
  return { modelId: 'tiny-llama', datasetId: dataset.id };
}

/** Trains through the contract and waits for its end. */
async function train(shell: RunningShell, name: string, set: Partial<TrainingConfig>): Promise<{ runId: string; expertId: string }> {
  const { modelId, datasetId } = await ready(shell);
  const { jobId, runId } = await shell.call('train.start', { modelId, datasetId, grader: 'number', name, preset: 'custom', config: { ...quickPreset, ...small, ...set } });
  await expect.poll(async () => (await shell.call('jobs.list', { limit: 500 })).find((job) => job.id === jobId)?.state, { timeout: 6 * 60_000, intervals: [1000] }).toBe('succeeded');
  const { expertId } = await shell.call('runs.get', { id: runId });
  return { runId, expertId: expertId! };
}

test('the set-up shows only what applies, says which rows do what, and explains what cannot be combined', async ({ desk, page, shell }) => {
  const { datasetId } = await ready(shell);
  await desk.goTo('Train');
  await page.goto(at(shell, `#/train?dataset=${datasetId}`));
  await expect(page.getByText('Tested once on')).toBeVisible();
  await expect(page.getByText(/rows of neither/)).toBeVisible();
  await page.getByText('More settings').click();
  await expect(page.getByLabel('Rank', { exact: true })).toHaveCount(0);
  await page.getByRole('combobox', { name: /^Method/ }).click();
  await page.getByRole('option', { name: /^LoRA/ }).click();
  await expect(page.getByLabel('Rank', { exact: true })).toHaveValue('16');
  await expect(page.getByRole('combobox', { name: /^Parametrisation/ })).toHaveCount(0);
  await page.getByRole('combobox', { name: /^Reward baseline/ }).click();
  await page.getByRole('option', { name: /group/ }).click();
  await expect(page.getByText('The group baseline needs at least two answers per prompt.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled();
  await page.getByLabel('Answers per prompt', { exact: true }).fill('4');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled();
  const layer = page.getByRole('button', { name: 'Layer 1', exact: true });
  await layer.focus();
  await page.keyboard.press('Space');
  await expect(layer).toHaveAttribute('aria-pressed', 'false');
  await expectAccessible(page, 'the set-up with everything open');
});

test('an adapter of two seeds has its curves, trials, rows and cost, and no place on the desk', async ({ desk, page, shell }) => {
  const { runId, expertId } = await train(shell, 'Adapter', { method: 'lora', modules: 'query-value', rank: 4, seeds: 2, learningRate: 1e-3 });
  await desk.goTo('Train');
  await page.goto(at(shell, `#/train/${runId}`));
  await page.getByRole('tab', { name: 'How sure it is' }).click();
  await expect(page.getByRole('region', { name: 'Trials' }).getByRole('row')).toHaveCount(4);
  await expect(page.getByText('No prompt is in two of them.')).toBeVisible();
  const figure = page.getByRole('figure', { name: 'Score against the base' });
  await expect(figure.locator('path.mean')).toHaveCount(1);
  const files = await saveFigure(page, figure);
  await expectPicture(page, files);
  expect(files.csv).toContain('"Gain, points"');
  expect(files.csv).toContain('kept');
  await figure.getByRole('button', { name: 'Its numbers as a table' }).click();
  await expect(figure.getByRole('rowheader')).not.toHaveCount(0);
  await expectAccessible(page, 'a run with trials and a table');

  await page.goto(at(shell, `#/experts/${expertId}`));
  await expect(page.getByText(/The desk mixes numbers per singular value/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Put on the desk' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Export…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(dialog.getByText('Written to').first()).toBeVisible({ timeout: 60_000 });
  await page.keyboard.press('Escape');
  await expectAccessible(page, 'an adapter’s page');
  await page.goto(at(shell, '#/experts?method=lora'));
  await expect(page.getByRole('grid', { name: 'Experts' }).getByText('LoRA').first()).toBeVisible();
});

test('an expert’s page says how much to believe, and its control is one click', async ({ desk, page, shell }) => {
  const { expertId } = await train(shell, 'Believed', { learningRate: 0.1 });
  await train(shell, 'Other', { learningRate: 0.1, seed: 7 });
  await desk.goTo('Experts');
  await page.goto(at(shell, `#/experts/${expertId}`));
  await expect(page.getByRole('heading', { name: 'How much to believe' })).toBeVisible();
  await expect(page.getByText('No prompt is in two of them.')).toBeVisible();
  await page.getByRole('button', { name: 'Score with z shuffled' }).click();
  await expect(page.getByRole('button', { name: 'Shuffle again' })).toBeVisible({ timeout: 3 * 60_000 });
  await expect(page.getByRole('img', { name: /Shuffled, seed 0/ })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Command' })).toContainText('train --model tiny-llama');

  for (const title of ['How much to believe', 'z over the whole model', 'By layer', 'By rank']) {
    const files = await saveFigure(page, page.getByRole('figure', { name: title, exact: true }));
    await expectPicture(page, files);
    if (title.startsWith('z over')) expect(files.svg).toContain('href="data:image/png;base64,');
  }
  await page.getByRole('combobox', { name: /Other expert/ }).click();
  await page.getByRole('option', { name: 'Other' }).click();
  await expect(page.getByRole('figure', { name: 'Believed minus Other' })).toBeVisible();
  await expectAccessible(page, 'an expert with its control');

  await page.getByRole('link', { name: 'Experts', exact: true }).first().click();
  await page.getByRole('link', { name: 'Compare z…' }).click();
  const likeness = page.getByRole('figure', { name: 'Likeness of experts' });
  await expectPicture(page, await saveFigure(page, likeness));
  await likeness.getByRole('button', { name: 'Its numbers as a table' }).click();
  await expect(likeness.getByRole('row')).toHaveCount(3);
  await expectAccessible(page, 'the likeness of experts');
});

test('a model’s spectrum is drawn, and the same numbers are a table', async ({ desk, page, shell }) => {
  await ready(shell);
  await shell.call('models.prepare', { id: 'tiny-llama' });
  await expect.poll(async () => (await shell.call('models.list', {})).find((model) => model.id === 'tiny-llama')?.svd.state, { timeout: 2 * 60_000 }).toBe('ready');
  await desk.goTo('Models');
  await page.getByRole('button', { name: 'Actions for tiny-llama' }).click();
  await page.getByRole('menuitem', { name: /Spectrum/ }).click();
  const figure = page.getByRole('figure', { name: 'Spectrum' });
  await expectPicture(page, await saveFigure(page, figure));
  await figure.getByRole('button', { name: 'Its numbers as a table' }).click();
  await expect(figure.getByRole('row')).toHaveCount(1 + (await shell.call('models.spectrum', { id: 'tiny-llama' })).matrices.length);
  await expectAccessible(page, 'the spectrum of a model');
});

test('a comparison is put together, runs, fills its table, and is taken away', async ({ desk, page, shell }) => {
  const { datasetId } = await ready(shell);
  await desk.goTo('Compare');
  await expect(page.getByText('Which method does better, and how sure is that?')).toBeVisible();
  await expectAccessible(page, 'no comparison yet');
  await page.getByRole('button', { name: 'Put one together' }).click();
  await expect(page.getByRole('heading', { level: 1, name: /New/ })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start the comparison' })).toBeEnabled();
  await expectAccessible(page, 'a new comparison');
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the plan' }).click()]);
  expect(JSON.parse(readFileSync(await saved.path(), 'utf8'))).toMatchObject({ name: 'Methods compared', seeds: [0, 1, 2] });

  const plan = {
    name: 'Two methods', models: ['tiny-llama'], tasks: [{ dataset: datasetId }], seeds: [0], set: { ...small },
    methods: [{ name: 'SVF, both', set: { method: 'svf', learningRate: 0.1 } }, { name: 'LoRA, next token', set: { method: 'lora', objective: 'next-token', modules: 'query-value', rank: 4, learningRate: 1e-3 } }],
  };
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Open a plan…' }).click();
  await (await chooser).setFiles({ name: 'plan.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(plan)) });
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Two methods');
  await expect(page.getByRole('group', { name: 'Trainings of the plan' }).getByRole('rowheader')).toHaveCount(2);
  await page.getByRole('button', { name: 'Start the comparison' }).click();
  await expect(page.getByRole('heading', { level: 1, name: /Two methods/ })).toBeVisible();
  await expect(page.getByText(/2 of 2 trainings done/)).toBeVisible({ timeout: 6 * 60_000 });

  const results = page.getByRole('region', { name: 'Results' });
  await results.getByRole('button', { name: 'SVF, both' }).click();
  await expect(results.getByRole('link', { name: 'its run' })).toHaveCount(1);
  await expectPicture(page, await saveFigure(page, page.getByRole('figure', { name: 'Score by method' })));
  const [table] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as CSV' }).click()]);
  const csv = readFileSync(await table.path(), 'utf8');
  expect(csv).toContain('"SVF, both"');
  expect(csv.trimEnd().split('\r\n')).toHaveLength(4);
  const [report] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Report as Markdown' }).click()]);
  expect(readFileSync(await report.path(), 'utf8')).toContain('Two methods');
  await expectAccessible(page, 'a comparison');

  await results.getByRole('button', { name: 'Keep its expert' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Kept of it');
  await page.getByRole('dialog').getByRole('button', { name: 'Keep', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: /Kept of it/ })).toBeVisible();
  await desk.goTo('Compare');
  await expect(page.getByRole('grid', { name: 'Comparisons' }).getByText('Two methods')).toBeVisible();
  await expectAccessible(page, 'the comparisons');
});
