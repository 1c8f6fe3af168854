/**
 * Self-adaptation in the window, on the bundled model: three tiny experts, a search of two generations shown as it
 * goes, its mix on the desk, the model's own choice of an expert, and the evidence with its figures as files.
 */
import { expectPicture, saveFigure } from './figures.ts';
import { expect, expectAccessible, test } from './fixtures.ts';
import type { RunningShell } from './shell.ts';
import { quickSearch } from '../../src/shared/adaptation.ts';
import { quickPreset } from '../../src/shared/training.ts';

test.use({ homeName: 'adaptation', actionTimeout: 60_000 });
test.describe.configure({ mode: 'serial', timeout: 15 * 60_000 });

const modelId = 'tiny-llama';
const skills = ['math', 'reasoning', 'code'] as const;
const at = (shell: RunningShell, hash: string): string => `${new URL('/', shell.url).href}${hash}`;

async function datasetOf(shell: RunningShell, name: string) {
  await expect.poll(async () => (await shell.call('datasets.list', {})).some((one) => one.source === 'bundled' && one.name === name), { timeout: 60_000 }).toBe(true);
  return (await shell.call('datasets.list', {})).find((one) => one.source === 'bundled' && one.name === name)!;
}
async function ended(shell: RunningShell, jobId: string): Promise<void> {
  await expect.poll(async () => (await shell.call('jobs.list', { limit: 500 })).find((job) => job.id === jobId)?.state, { timeout: 5 * 60_000, intervals: [1000] }).toBe('succeeded');
}
async function train(shell: RunningShell, name: string): Promise<void> {
  const dataset = await datasetOf(shell, name);
  const config = { ...quickPreset, steps: 1, batchSize: 8, maxTokens: 24, validationRows: 8, validateEvery: 1, checkpointEvery: 1, testRows: 8, validationTemperature: 0 };
  const { jobId } = await shell.call('train.start', { modelId, datasetId: dataset.id, grader: dataset.suggestedGrader, name, preset: 'custom', config });
  await ended(shell, jobId);
}

test('a search is put together, shows each generation, and its mix goes on the desk', async ({ desk, page, shell }) => {
  for (const name of skills) await train(shell, name);
  await datasetOf(shell, 'math-hard');
  await desk.goTo('Adapt');
  await expect(page.getByText('How much of each expert does a task want?')).toBeVisible();
  await expectAccessible(page, 'no search yet');
  await page.getByRole('link', { name: 'Adapt to a task' }).click();
  await expect(page.getByRole('checkbox')).toHaveCount(3);
  await expect(page.getByText('Candidates', { exact: true })).toBeVisible();
  await page.getByText('What the presets set differently').click();
  await expect(page.getByRole('row', { name: /^Patience 6 20 6/ })).toBeVisible();
  await page.getByText('More settings').click();
  const set = async (label: string, value: string): Promise<void> => {
    await page.getByLabel(label, { exact: true }).fill(value);
    await page.keyboard.press('Tab');
  };
  await set('Examples', '3');
  await set('Generations at most', '2');
  await set('Smallest α', '3');
  await expect(page.getByText('The smallest α must be below the largest.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start the search' })).toBeDisabled();
  await set('Smallest α', '−0.5');
  await set('Population', '6');
  await set('Selection rows', '8');
  await set('Test rows at most', '24');
  await set('Longest answer', '24');
  await set('Name of the search and its mix', 'Found');
  await expect(page.getByRole('definition').filter({ hasText: /^12$/ })).toBeVisible();
  await expectAccessible(page, 'a new search with everything open');
  await page.getByRole('button', { name: 'Start the search' }).click();

  await expect(page.getByRole('heading', { level: 1, name: /Found/ })).toBeVisible();
  const population = page.getByRole('figure', { name: 'Population' });
  await expect(population.getByRole('img', { name: /^2 generations/ })).toBeVisible({ timeout: 3 * 60_000 });
  await expect(page.getByText(/ran all its generations|converged/)).toBeVisible({ timeout: 3 * 60_000 });
  await expect(page.getByRole('figure', { name: 'Test score' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Finalists' }).getByRole('row')).not.toHaveCount(1);
  await expect(page.getByText('No prompt is in two of them.')).toBeVisible();
  await expect(page.getByText(/adapt --model/)).toBeVisible();

  const total = (await shell.call('searches.list', {})).searches[0];
  const found = await shell.call('searches.get', { id: total.id });
  expect(found.generations).toHaveLength(2);
  const handle = page.getByRole('slider', { name: 'Generation, lowest' });
  await handle.focus();
  await page.keyboard.press('End');
  await expect(handle).toHaveAttribute('aria-valuenow', '2');
  await expect(page.getByText('6 of 12 candidates are inside the ranges')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByText('of all 12 candidates')).toBeVisible();
  for (const title of ['Population', 'Best so far', 'Candidates', 'Test score']) await expectPicture(page, await saveFigure(page, page.getByRole('figure', { name: title, exact: true })));
  const { csv } = await saveFigure(page, page.getByRole('figure', { name: 'Candidates', exact: true }));
  expect(csv.trimEnd().split('\r\n')).toHaveLength(1 + 12);
  await expectAccessible(page, 'a finished search');

  await page.getByRole('region', { name: 'Best of the chosen' }).getByRole('link', { name: 'Use on the desk' }).first().click();
  await expect(page.getByRole('list', { name: 'Strips' }).getByRole('listitem')).toHaveCount(3);
  const best = found.generations.flatMap((one) => one.candidates).sort((a, b) => b.score - a.score || b.tieBreak - a.tieBreak)[0];
  for (const [index, { name }] of found.experts.entries()) await expect(page.getByRole('textbox', { name: `Exact α of ${name}` })).toHaveValue((best.alphas[index] as number).toFixed(2).replace('-', '−').replace('−0.00', '0.00'));
  await page.goto(at(shell, `#/adapt/${found.id}`));
  await page.getByRole('link', { name: 'Put the mix on the desk' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Found' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'found on math-hard' })).toHaveAttribute('href', `#/adapt/${found.id}`);
  await desk.goTo('Adapt');
  await expect(page.getByRole('grid', { name: 'Searches' }).getByText('Found')).toBeVisible();
  await expectAccessible(page, 'the searches');
});

test('a running search is paused, taken up again and ended with the best kept, layer by layer', async ({ desk, page, shell }) => {
  const dataset = await datasetOf(shell, 'reasoning-hard');
  const { experts } = await shell.call('experts.list', { modelId });
  const config = { ...quickSearch, perLayer: true, examples: 4, population: 8, generations: 2000, patience: 0, tolerance: 0, selectionRows: 4, testRows: 8, maxTokens: 24 };
  const { searchId } = await shell.call('searches.start', { modelId, datasetId: dataset.id, grader: dataset.suggestedGrader, expertIds: experts.map(({ id }) => id), name: 'By layer', config });
  await desk.goTo('Adapt');
  await page.getByRole('grid', { name: 'Searches' }).getByText('By layer', { exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: /By layer/ })).toBeVisible();
  const population = page.getByRole('figure', { name: 'Population' });
  await expect(population.getByRole('img', { name: /^[1-9]\d* generations/ })).toBeVisible({ timeout: 2 * 60_000 });
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('paused', { exact: true })).toBeVisible();
  const before = (await shell.call('searches.get', { id: searchId })).generations.length;
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect.poll(async () => (await shell.call('searches.get', { id: searchId })).generations.length, { timeout: 2 * 60_000 }).toBeGreaterThan(before + 1);
  await page.getByRole('button', { name: 'Stop and keep best' }).click();
  await expect(page.getByText(/stopped by hand, the best was kept/)).toBeVisible({ timeout: 2 * 60_000 });
  const heat = page.getByRole('figure', { name: 'α by layer' });
  await expect(heat.getByText('of the chosen mix')).toBeVisible();
  const files = await saveFigure(page, heat);
  await expectPicture(page, files);
  expect(files.csv.trimEnd().split('\r\n')[0]).toBe('Expert,0,1,2,3,4,5');
  await population.getByRole('combobox', { name: /^Layer/ }).click();
  await page.getByRole('option', { name: 'Layer 5' }).click();
  await expectAccessible(page, 'a search by layer');
  await page.getByRole('link', { name: 'Put the mix on the desk' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'By layer' })).toBeVisible();
});

test('the model chooses: a missing dispatcher is made, the first pass is shown, and the faders follow it', async ({ desk, page, shell }) => {
  await desk.goTo('Desk');
  await page.getByRole('radio', { name: 'Embedding' }).click();
  await expect(page.getByText(/not made yet/)).toBeVisible();
  await page.getByRole('button', { name: 'Make it' }).click();
  await expect(page.getByText(/Chooses between/)).toBeVisible({ timeout: 3 * 60_000 });
  const dataset = await datasetOf(shell, 'math');
  const { rows } = await shell.call('datasets.preview', { modelId, raw: true, datasetId: dataset.id, offset: 0, limit: 1 });
  await page.getByRole('textbox', { name: 'Prompt' }).fill(rows[0].prompt);
  await page.getByRole('button', { name: /^Answer/ }).click();
  const pass = page.getByRole('group', { name: 'First pass' });
  await expect(pass.getByText(/% sure/)).toBeVisible({ timeout: 60_000 });
  // folded to a line, so that the answer is in sight; opened by the keyboard it says how sure it was of each
  await expect(pass.getByRole('listitem')).toHaveCount(0);
  await expect(page.getByRole('region', { name: 'The model’s choice' }).locator('.answer')).toBeInViewport({ ratio: 1 });
  await pass.locator('summary').press('Enter');
  await expect(pass.getByRole('listitem')).toHaveCount(4);
  await expect(pass.getByText(/of it$/)).toBeVisible({ timeout: 60_000 });
  await expectAccessible(page, 'the desk with the model’s choice');
  const chosen = await pass.locator('b').innerText();
  await pass.getByRole('button', { name: 'Set the faders so' }).click();
  await expect(page.getByRole('radio', { name: 'Faders' })).toBeChecked();
  if (chosen !== 'base') await expect(page.getByRole('textbox', { name: `Exact α of ${chosen}` })).toHaveValue('1.00');

  // a renamed expert makes it stale, and renewing offers itself
  const { experts } = await shell.call('experts.list', {});
  await shell.call('experts.update', { id: experts[0].id, name: `${experts[0].name} again` });
  await page.getByRole('radio', { name: 'Embedding' }).click();
  await expect(page.getByText('Not up to date:')).toBeVisible();
  await page.getByRole('button', { name: 'Renew it' }).click();
  await expect(page.getByText(/Chooses between/)).toBeVisible({ timeout: 3 * 60_000 });
});

test('a classification expert is trained from the evidence, its confusion is shown, and it answers on the desk', async ({ desk, page, shell }) => {
  await desk.goTo('Evidence');
  await page.getByRole('button', { name: 'Make the classifier dispatcher' }).click();
  const confusion = page.getByRole('figure', { name: 'Classifier dispatcher' });
  await expect(confusion.getByText(/held-out questions/)).toBeVisible({ timeout: 5 * 60_000 });
  const made = (await shell.call('dispatchers.list', { modelId })).find(({ kind }) => kind === 'classifier')!;
  expect(made.accuracy!.mean).toBeGreaterThan(0.95);
  expect(made.stale).toBe(false);

  await desk.goTo('Desk');
  await page.getByRole('radio', { name: 'Classifier' }).click();
  await expect(page.getByText(/Chooses between/)).toBeVisible();
  const dataset = await datasetOf(shell, 'math');
  const { rows } = await shell.call('datasets.preview', { modelId, raw: true, datasetId: dataset.id, offset: 1, limit: 1 });
  await page.getByRole('textbox', { name: 'Prompt' }).fill(rows[0].prompt);
  await page.getByRole('button', { name: /^Answer/ }).click();
  const pass = page.getByRole('group', { name: 'First pass' });
  const expert = made.experts.find(({ name }) => name.startsWith('math'))!;
  await expect(pass.locator('b')).toHaveText(expert.name, { timeout: 60_000 });
  await expect(pass.getByText(/^[\d.]+ \/ [\d.]+\sms$/)).toBeVisible({ timeout: 60_000 });

  const answers = await shell.call('adapt.answer', { modelId, prompts: rows.map(({ prompt }) => prompt), raw: false, strategy: 'classifier', sampling: { maxTokens: 24, temperature: 0 } });
  expect(answers[0]).toMatchObject({ decision: { expertName: expert.name } });
});

test('evidence shows the dispatcher’s confusion, contributions and times, and saves them', async ({ desk, page, shell }) => {
  await desk.goTo('Evidence');
  const confusion = page.getByRole('figure', { name: 'Embedding dispatcher' });
  await expect(confusion.getByText(/held-out questions/)).toBeVisible();
  const dispatcher = (await shell.call('dispatchers.list', { modelId })).find(({ kind }) => kind === 'embedding')!;
  const files = await saveFigure(page, confusion);
  await expectPicture(page, files);
  expect(files.csv.trimEnd().split('\r\n')[0]).toContain(dispatcher.confusion!.labels.join(','));
  await confusion.getByRole('button', { name: 'Its numbers as a table' }).click();
  await expect(confusion.getByRole('row')).toHaveCount(1 + dispatcher.confusion!.counts.filter((row) => row.some((count) => count > 0)).length);
  await expectPicture(page, await saveFigure(page, page.getByRole('figure', { name: 'α by search' })));
  await page.getByRole('button', { name: /^Measure on/ }).click();
  const times = page.getByRole('figure', { name: 'First pass against second' });
  await expect(times.getByRole('img', { name: /Embedding/ })).toBeVisible({ timeout: 2 * 60_000 });
  for (const title of ['First pass against second', 'Score against examples', 'Score against budget']) await expectPicture(page, await saveFigure(page, page.getByRole('figure', { name: title })));
  await expectAccessible(page, 'the evidence');
});

test('a comparison of ways of using experts is opened from its plan, told in words, and stands in the evidence', async ({ desk, page, shell }) => {
  const tasks = [{ dataset: (await datasetOf(shell, 'math')).id }, { dataset: (await datasetOf(shell, 'reasoning')).id }];
  const set = { steps: 1, batchSize: 8, maxTokens: 24, validationRows: 8, validateEvery: 1, checkpointEvery: 1, testRows: 12, validationTemperature: 0 };
  const trained = await shell.call('comparisons.start', { plan: { name: 'Trained', models: [modelId], tasks, methods: [{ name: 'SVF, both', set: { method: 'svf', learningRate: 0.1 } }], seeds: [0], set } });
  await ended(shell, trained.jobId);
  const plan = {
    name: 'Adapted', models: [modelId], tasks: [{ dataset: 'math-hard' }], seeds: [0], set: { maxTokens: 24, testRows: 12 }, experts: { comparison: 'Trained', method: 'SVF, both' },
    methods: [{ name: 'Best single', strategy: { kind: 'best-expert', selectionRows: 8 } }, { name: 'By embedding', strategy: { kind: 'dispatcher', by: 'embedding' } }, { name: 'Few-shot', strategy: { kind: 'search', set: { examples: 2, generations: 2, population: 4, selectionRows: 4 } } }],
  };
  await desk.goTo('Compare');
  await page.getByRole('button', { name: 'New comparison' }).click();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Open a plan…' }).click();
  await (await chooser).setFiles({ name: 'plan.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(plan)) });
  await expect(page.getByRole('combobox', { name: /^Experts of/ })).toHaveText('Trained');
  await expect(page.getByRole('combobox', { name: /^Trained by/ })).toHaveText('SVF, both');
  await expect(page.getByRole('checkbox', { name: /^By embedding/ })).toBeChecked();
  await expectAccessible(page, 'a new comparison of strategies');
  await page.getByRole('button', { name: 'Start the comparison' }).click();
  await expect(page.getByText(/3 of 3 cells done/)).toBeVisible({ timeout: 4 * 60_000 });
  await expect(page.getByText('what “SVF, both” trained in')).toBeVisible();
  const results = page.getByRole('region', { name: 'Results' });
  for (const method of ['Best single', 'By embedding', 'Few-shot']) await results.getByRole('button', { name: method }).click();
  await expect(results.getByText(/^chose /)).toBeVisible();
  await expect(results.getByText(/of held-out questions; test questions went to .*first pass .* ms/)).toBeVisible();
  await expect(results.getByText(/2 generations, \d+ answers/)).toBeVisible();
  await expectAccessible(page, 'a comparison of strategies');

  await desk.goTo('Evidence');
  await expect(page.getByRole('heading', { name: /^In comparisons/ })).toBeVisible();
  await expect(page.getByRole('figure', { name: 'math-hard · tiny-llama' }).getByRole('img', { name: /Few-shot/ })).toBeVisible();
  await expect(page.getByRole('figure', { name: 'First pass against second' }).getByRole('img', { name: /Embedding, math-hard/ })).toBeVisible();
  const { csv } = await saveFigure(page, page.getByRole('figure', { name: 'Score against budget' }));
  expect(csv).toContain('\nmath-hard,Few-shot,Few-shot,0,');
  await expectAccessible(page, 'the evidence of a comparison');
});
