/**
 * The pictures of README, taken from the real window. `npm run pictures [-- --prompt TEXT]`: three experts are trained on
 * the bundled model with the quick preset, put on the desk, and asked, and a mix of them is searched for; prints what each
 * training and the search gained.
 * `npm run pictures -- --home FOLDER`: those of a comparison and of the evidence, from a home in which
 * docs/results/training-plan.json and adaptation-plan.json were run. Both write into docs/pictures.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium, type Page } from '@playwright/test';
import { quickSearch } from '../../src/shared/adaptation.ts';
import { quickPreset } from '../../src/shared/training.ts';
import { chromiumFlags, findChromium, noChromium } from './browser.ts';
import { startShell, type RunningShell } from './shell.ts';

const folder = fileURLToPath(new URL('../../docs/pictures', import.meta.url));
const { prompt, home } = parseArgs({ options: { prompt: { type: 'string' }, home: { type: 'string' } } }).values;
const alphas: Record<string, string> = { math: '1', reasoning: '0.2', code: '-0.2' };

async function main(): Promise<void> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error(noChromium);
  mkdirSync(folder, { recursive: true });
  const shell = await startShell({ name: 'pictures', ...(home !== undefined && { home }) });
  const browser = await chromium.launch({ executablePath, args: chromiumFlags });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(shell.url);
    if (home !== undefined) await results(shell, page);
    else {
      await trainAll(shell, page);
      await desk(shell, page);
      await search(shell, page);
    }
  } finally {
    await browser.close();
    await shell.stop();
  }
}

async function trainAll(shell: RunningShell, page: Page): Promise<void> {
  const datasets = await shell.call('datasets.list', {});
  for (const name of Object.keys(alphas)) {
    const dataset = datasets.find((entry) => entry.source === 'bundled' && entry.name === name);
    if (!dataset) throw new Error(`no bundled training rows of ${name} among ${datasets.map((entry) => entry.name).join(', ')}`);
    const { runId, jobId } = await shell.call('train.start', {
      modelId: 'tiny-llama', datasetId: dataset.id, grader: dataset.suggestedGrader, name, preset: 'quick', config: quickPreset,
    });
    await page.goto(`${new URL('/', shell.url).href}#/train/${runId}`);
    await shell.event('job.changed', (job) => job.id === jobId && ['succeeded', 'failed', 'cancelled'].includes(job.state), 15 * 60_000);
    const run = await shell.call('runs.get', { id: runId });
    console.log(name, JSON.stringify({ state: run.state, baseScore: run.baseScore, bestScore: run.bestScore, gain: run.gain, seconds: run.seconds, steps: run.steps.length }));
    if (name === 'math') await inBothThemes(shell, page, 'train');
  }
}

async function desk(shell: RunningShell, page: Page): Promise<void> {
  const { experts } = await shell.call('experts.list', { sort: 'name' });
  for (const name of Object.keys(alphas)) {
    const expert = experts.find((entry) => entry.name === name);
    if (!expert) throw new Error(`no expert ${name}`);
    await page.goto(`${new URL('/', shell.url).href}#/mix?add=${expert.id}`);
    const alpha = page.getByRole('textbox', { name: `Exact α of ${name}` });
    await alpha.fill(alphas[name]);
    await alpha.press('Enter');
  }
  if (prompt) {
    await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt);
    await page.getByRole('button', { name: /^Answer/ }).click();
  } else await page.getByRole('button', { name: /next row/i }).click();
  await page.getByRole('region', { name: 'Mix', exact: true }).getByText(/\d+ tokens/).waitFor({ timeout: 60_000 });
  await page.waitForTimeout(1500);
  await inBothThemes(shell, page, 'desk');
  await page.goto(`${new URL('/', shell.url).href}#/experts/${experts[0]?.id ?? ''}`);
  await page.getByRole('heading', { name: /z over the whole model/ }).waitFor();
  await inBothThemes(shell, page, 'expert');
}

async function search(shell: RunningShell, page: Page): Promise<void> {
  const task = (await shell.call('tasks.list', {})).find(({ name }) => name === 'math-hard');
  if (!task) throw new Error('no task “math-hard”');
  const { experts } = await shell.call('experts.list', { sort: 'name' });
  const { searchId, jobId } = await shell.call('searches.start', { modelId: 'tiny-llama', taskId: task.id, expertIds: experts.map(({ id }) => id), name: 'math-hard', config: { ...quickSearch, optimiser: 'cem', patience: 0 } });
  await page.goto(`${new URL('/', shell.url).href}#/adapt/${searchId}`);
  await shell.event('job.changed', (job) => job.id === jobId && ['succeeded', 'failed', 'cancelled'].includes(job.state), 15 * 60_000);
  const { state, test } = await shell.call('searches.get', { id: searchId });
  console.log('search', JSON.stringify({ state, test }));
  await page.getByRole('heading', { name: /^Finalists/ }).waitFor();
  await inBothThemes(shell, page, 'adapt');
}

async function results(shell: RunningShell, page: Page): Promise<void> {
  const training = (await shell.call('comparisons.list', {})).find(({ name }) => name === 'training');
  if (!training) throw new Error(`no comparison “training” in ${shell.home}`);
  await page.goto(`${new URL('/', shell.url).href}#/comparisons/${training.id}`);
  await page.getByRole('button', { name: 'Save as CSV' }).waitFor();
  await inBothThemes(shell, page, 'comparison');
  await page.goto(`${new URL('/', shell.url).href}#/evidence`);
  await page.getByText('Embedding dispatcher').first().waitFor();
  await inBothThemes(shell, page, 'evidence');
}

async function inBothThemes(shell: RunningShell, page: Page, name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await shell.call('settings.set', { theme });
    await page.waitForTimeout(600);
    await page.screenshot({ path: path.join(folder, `${name}-${theme}.png`) });
  }
}

await main();
