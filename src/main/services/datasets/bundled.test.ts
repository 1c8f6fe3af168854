import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStores } from '../../db/index.ts';
import { homeLayout } from '../basics/home.ts';
import type { Services } from '../index.ts';
import { readManifest } from '../models/manifest.ts';
import { Home, startTraining } from '../testing/home.ts';

let home: Home;
beforeEach(() => void (home = new Home()));
afterEach(() => home.clean());

const names = async (services: Services): Promise<[string, number][]> => {
  await services.ready();
  return (await services.call('datasets.list', {})).map(({ name, rows }) => [name, rows]);
};

/** What the first version left: two datasets of one skill, and its list of names. */
function firstVersion(imported: readonly string[], kept: readonly string[]): void {
  const stores = openStores({ file: homeLayout(home.home).database });
  for (const name of kept) {
    stores.datasets.begin({ id: `old ${name}`, name, source: 'bundled', fileName: 'train.jsonl', path: '/old', columns: [], mapping: { kind: 'prompt-only', prompt: 'p' }, suggestedGrader: 'exact', description: '', createdAt: 1 });
    stores.datasets.append(`old ${name}`, [{ row: 0, messages: [], reference: null, data: {} }]);
    stores.datasets.finish(`old ${name}`, { hash: 'old', unusable: [], unusableCount: 0 });
  }
  stores.settings.set('bundled.datasets', imported);
  stores.close();
}

test('two models that share a skill have its dataset once, with the rows of every split', async () => {
  const shared = { name: 'sums', grader: 'exact', files: { train: 'rows.jsonl', test: 'test.jsonl' }, harder: { name: 'sums-hard', files: { train: 'rows.jsonl' } } };
  writeFileSync(join(home.nativeModels, 'index.json'), JSON.stringify({ models: [{ id: 'toy', folder: 'toy', datasets: [shared] }, { id: 'other', folder: 'other', datasets: [shared] }] }));
  expect(readManifest(home.nativeModels).datasets.map(({ name }) => name)).toEqual(['sums', 'sums-hard']);
  const services = home.services();
  expect(await names(services)).toEqual([['sums', 25], ['sums-hard', 20]]);
  const [dataset] = await services.call('datasets.list', {});
  const rows = (await services.dispatch('datasets.preview', { modelId: 'toy', raw: true, datasetId: dataset.id, offset: 19, limit: 3 }) as { rows: { row: number; prompt: string }[] }).rows;
  expect(rows.map(({ row, prompt }) => [row, prompt])).toEqual([[19, '19+1='], [20, '100+1='], [21, '101+1=']]);
});

test('what an earlier version brought in is replaced; what a person removed stays away', async () => {
  firstVersion(['sums', 'sums test'], ['sums', 'sums test']);
  const services = home.services();
  expect(await names(services)).toEqual([['sums', 25], ['everyday', 12]]);
  await services.close();

  const again = home.services();
  const [{ id }] = (await names(again), await again.call('datasets.list', {}));
  await again.call('datasets.remove', { id });
  await again.close();
  home.rows('native/test.jsonl', 7, 100); // other rows ship
  expect(await names(home.services())).toEqual([['everyday', 12]]);
});

test('other rows that ship replace the stored ones, once nothing that waits needs those', async () => {
  const first = home.services({}, { CHILD_ENGINE_STEP_MS: '50' });
  const { jobId } = await startTraining(first, { steps: 500 });
  await first.call('jobs.pause', { id: jobId });
  await first.close();
  home.rows('native/test.jsonl', 7, 100);
  const second = home.services({ shell: 'cli' });
  expect(await names(second)).toEqual([['sums', 25], ['everyday', 12]]);
  await second.call('jobs.cancel', { id: jobId });
  await second.close();
  expect(await names(home.services())).toEqual([['everyday', 12], ['sums', 27]]);
});
