import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { comparisonPlanSchema } from '../../../shared/comparison.ts';
import type { ComparisonDetailDto } from '../../../shared/contract.ts';
import type { Services } from '../index.ts';
import { ended, Home, jobInState, nextEvent, plan } from '../testing/home.ts';

let home: Home;
beforeEach(() => void (home = new Home()));
afterEach(() => home.clean());

const start = async (services: Services, changes: Parameters<typeof plan>[0] = {}) => services.call('comparisons.start', { plan: plan(changes) });
async function finished(services: Services, { id, jobId }: { id: string; jobId: string }): Promise<ComparisonDetailDto> {
  expect((await ended(services, jobId)).error).toBeUndefined();
  return services.call('comparisons.get', { id });
}
/** What two comparisons of one plan must agree on. */
async function numbers(services: Services, { table, summary }: ComparisonDetailDto): Promise<object> {
  const runs = await Promise.all(table.map(async ({ runId }) => {
    const { steps, validations, bestScore, gain } = await services.call('runs.get', { id: runId! });
    return { steps, validations, bestScore, gain };
  }));
  return { runs, summary, tests: table.map((cell) => cell.test) };
}
async function undisturbed(): Promise<object> {
  const services = home.services({ home: home.path('quiet') });
  const result = await numbers(services, await finished(services, await start(services)));
  await services.close();
  return result;
}

test('a comparison fills its table in the plan’s order, seed by seed, and keeps its experts out of the library', async () => {
  const services = home.services();
  const changes: string[] = [];
  services.on('comparison.changed', ({ id }) => changes.push(id));
  const checked = await services.call('comparisons.check', { plan: plan({ seeds: [0, 1] }) });
  expect(checked).toMatchObject({ cells: 4, trainings: [{ model: 'toy', task: 'sums', method: 'SVF', parameters: 24 }, { method: 'LoRA', parameters: 3 * 16 * 16 }] });
  const started = await start(services, { seeds: [0, 1] });
  expect((await services.call('jobs.list', { offset: 0, limit: 10 })).find(({ id }) => id === started.jobId)).toMatchObject({ kind: 'compare', comparisonId: started.id });
  const detail = await finished(services, started);
  expect(detail).toMatchObject({ state: 'succeeded', cells: 4, done: 4, failed: 0, seconds: 4 });
  expect(detail.table.map(({ method, seed, state }) => [method, seed, state])).toEqual([['SVF', 0, 'done'], ['LoRA', 0, 'done'], ['SVF', 1, 'done'], ['LoRA', 1, 'done']]);
  expect(detail.summary.map(({ method, seeds, normalised }) => [method, seeds, normalised > 0])).toEqual([[null, 2, true], ['SVF', 2, true], ['LoRA', 2, true]]);
  expect(changes.length).toBeGreaterThanOrEqual(8);

  expect((await services.dispatch('experts.list', {}) as { total: number }).total).toBe(0);
  expect((await services.dispatch('runs.list', {}) as { total: number }).total).toBe(0);
  expect((await services.dispatch('experts.list', { comparisonId: started.id }) as { total: number }).total).toBe(4);
  const run = await services.call('runs.get', { id: detail.table[1].runId! });
  expect(run).toMatchObject({ comparisonId: started.id, state: 'succeeded', config: { method: 'lora', steps: 8, seed: 0 }, rowsUsed: { test: { rows: 5, from: 'test rows of “sums”' } } });
  expect(run.command).toContain('--set method=lora');
  const hidden = await services.call('experts.get', { id: detail.table[0].expertId! });
  await expect(services.dispatch('mixes.save', { name: 'm', modelId: 'toy', parts: [{ expertId: hidden.id, alpha: 1 }] })).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('belongs to a comparison') as string });

  const kept = await services.call('comparisons.keep', { id: started.id, cell: 0, name: 'mine' });
  expect(kept).toMatchObject({ name: 'mine', method: 'svf', test: hidden.test });
  expect(kept.comparisonId).toBeUndefined();
  await services.call('comparisons.remove', { id: started.id });
  expect(await services.call('comparisons.list', {})).toEqual([]);
  expect((await services.dispatch('experts.list', {}) as { total: number }).total).toBe(1);
  await expect(services.call('runs.get', { id: detail.table[0].runId! })).rejects.toMatchObject({ code: 'not-found' });
});

test('the engine killed in both cells: the comparison goes on by itself and ends with the same numbers', async () => {
  const quiet = await undisturbed();
  const services = home.services({}, home.faults('svd:2', 'train:svf:5', 'train:svf:8', 'train:lora:2', 'train:lora:7'));
  expect(await numbers(services, await finished(services, await start(services)))).toEqual(quiet);
});

test('the whole application killed in the second cell: the next start finishes with the same numbers', async () => {
  const quiet = await undisturbed();
  const victim = spawn(process.execPath, [fileURLToPath(new URL('../testing/victim.ts', import.meta.url)), home.home, home.nativeModels, 'compare'], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...home.holds('train:lora:5') } });
  const runs = new Set<string>();
  for await (const line of createInterface({ input: victim.stdout })) {
    const told = JSON.parse(line) as { runId: string; step: number };
    if (runs.add(told.runId).size === 2 && told.step === 5) break;
  }
  const gone = once(victim, 'exit');
  victim.kill('SIGKILL');
  await gone;
  const services = home.services();
  const [{ id, jobId }] = await services.call('comparisons.list', {});
  expect(await numbers(services, await finished(services, { id, jobId }))).toEqual(quiet);
});

test('paused, resumed and closed in between, it ends with the same numbers; cancelled, what is finished stays', async () => {
  const quiet = await undisturbed();
  const services = home.services({}, home.holds('train:svf:4'));
  const started = await start(services);
  await nextEvent(services, 'run.step', ({ metric }) => metric.step === 4);
  await services.call('jobs.pause', { id: started.jobId });
  await jobInState(services, started.jobId, ['paused']);
  expect((await services.call('comparisons.get', { id: started.id })).done).toBe(0);
  await services.close();
  const again = home.services({}, home.holds('train:svf:4'));
  await again.call('jobs.resume', { id: started.jobId });
  expect(await numbers(again, await finished(again, started))).toEqual(quiet);

  const other = await start(again, { name: 'other' });
  await nextEvent(again, 'run.step', ({ metric }) => metric.step === 4);
  await expect(again.call('comparisons.remove', { id: other.id })).rejects.toMatchObject({ code: 'conflict' });
  await again.call('jobs.cancel', { id: other.jobId });
  await ended(again, other.jobId);
  expect(await again.call('comparisons.get', { id: other.id })).toMatchObject({ state: 'cancelled', done: 0, failed: 0, table: [{ state: 'waiting' }, { state: 'waiting' }] });
});

test('what refuses one cell is written into it, and the rest goes on', async () => {
  const services = home.services({}, home.faults('train:lora:3', 'train:lora:3', 'train:lora:3'));
  const methods = [
    { name: 'no layers', preset: 'quick' as const, set: { layers: [9] } }, { name: 'refused by the engine', preset: 'quick' as const, set: { weightDecay: 1 } },
    { name: 'deadly', preset: 'quick' as const, set: { method: 'lora' as const } }, { name: 'SVF', preset: 'quick' as const, set: {} },
  ];
  await expect(services.call('comparisons.check', { plan: plan({ methods }) })).rejects.toMatchObject({ code: 'bad-input', message: '“no layers” on toy, sums: “layers” names layer 9, but toy has the layers 0 to 1.' });
  const detail = await finished(services, await start(services, { methods }));
  expect(detail).toMatchObject({ state: 'succeeded', done: 1, failed: 3 });
  expect(detail.table.map(({ state, error }) => [state, error])).toEqual([
    ['failed', '“layers” names layer 9, but toy has the layers 0 to 1.'], ['failed', '“weightDecay” 1 leaves nothing to train.'],
    ['failed', 'The engine process ended 3 times at the same step.'], ['done', undefined],
  ]);
  const { text } = await services.call('comparisons.report', { id: detail.id });
  expect(text).toContain('- toy · sums · deadly · seed 0: The engine process ended 3 times at the same step.');
});

test('a plan that names what is not there is refused before anything is stored', async () => {
  const services = home.services();
  for (const [changes, message] of [
    [{ models: ['nobody'] }, 'There is no model “nobody”.'], [{ tasks: [{ dataset: 'poems', raw: false }] }, 'There is no dataset “poems”.'],
    [{ tasks: [{ dataset: 'sums', grader: 'taste', raw: false }] }, 'There is no grader “taste”.'], [{ seeds: [1, 1] }, 'The plan names the seed “1” twice.'],
  ] as const) await expect(start(services, changes as never)).rejects.toMatchObject({ message });
  await expect(services.dispatch('comparisons.start', { plan: { ...plan(), methods: [{ name: 'a' }, { name: 'a' }] } })).rejects.toMatchObject({ message: 'Two methods have the same name.' });
  expect(await services.call('comparisons.list', {})).toEqual([]);
});

test('a report is the same bytes each time, with its figure beside it, and writes over nothing else', async () => {
  const services = home.services();
  const { id } = await finished(services, await start(services, { seeds: [0, 1], name: 'a <b> | c' }));
  const path = home.path('report.md');
  const notes = '## What it means\n\nNothing.';
  const { text } = await services.call('comparisons.report', { id, path, notes });
  expect(readFileSync(path, 'utf8')).toBe(text);
  expect(readFileSync(home.path('report-gains.svg'), 'utf8')).toMatch(/^<svg [\s\S]*toy · sums[\s\S]*<\/svg>\n$/);
  for (const part of ['# a <b> | c', '### toy · sums', '| base |', '| SVF |', 'Table 1', 'Table 4', 'Table 7', 'Nothing.', '"steps": 8', '24 against 24 (100.0 %)', 'compare ']) expect(text).toContain(part);
  expect((await services.call('comparisons.report', { id, path, notes })).text).toBe(text);
  const mine = home.write('mine.md', 'my own words');
  await expect(services.call('comparisons.report', { id, path: mine })).rejects.toMatchObject({ code: 'conflict' });
  expect(readFileSync(mine, 'utf8')).toBe('my own words');
  const { path: own } = await services.call('comparisons.report', { id });
  expect(existsSync(own)).toBe(true);
});

test('a dataset and a model that a comparison needs are not removed', async () => {
  const services = home.services({}, home.holds('svd:1'));
  const { jobId } = await start(services);
  const [dataset] = await services.call('datasets.list', {});
  await expect(services.call('datasets.remove', { id: dataset.id })).rejects.toMatchObject({ code: 'conflict' });
  await expect(services.call('models.remove', { id: 'toy' })).rejects.toMatchObject({ code: 'conflict' });
  await services.call('jobs.cancel', { id: jobId });
  await ended(services, jobId);
});

test('the plans that the results were made with are plans as they stand', () => {
  for (const name of ['training-plan.json', 'adaptation-plan.json']) {
    const file: unknown = JSON.parse(readFileSync(fileURLToPath(new URL(`../../../../docs/results/${name}`, import.meta.url)), 'utf8'));
    expect(comparisonPlanSchema.safeParse(file).error).toBeUndefined();
  }
});
