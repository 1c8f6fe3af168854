import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunDto } from '../../../shared/contract.ts';
import { config, ended, Home, jobInState, nextEvent, startTraining } from '../testing/home.ts';

let home: Home;
beforeEach(() => void (home = new Home()));
afterEach(() => home.clean());

/** What two runs of one seed must agree on. */
const numbers = (run: RunDto) => ({ steps: run.steps, validations: run.validations, samples: run.lastSamples, baseScore: run.baseScore, bestScore: run.bestScore, bestStep: run.bestStep, gain: run.gain });

async function undisturbed(): Promise<ReturnType<typeof numbers>> {
  const services = home.services({ home: home.path('quiet') });
  const { jobId, runId } = await startTraining(services);
  expect((await ended(services, jobId)).state).toBe('succeeded');
  const run = await services.call('runs.get', { id: runId });
  await services.close();
  return numbers(run);
}

test('a training prepares the SVD cache, records every step, and ends in an expert with its provenance', async () => {
  const services = home.services();
  const { jobId, runId } = await startTraining(services);
  const kinds = (await services.call('jobs.list', { offset: 0, limit: 10 })).map((job) => job.kind);
  expect(kinds).toContain('svd');
  const job = await ended(services, jobId);
  expect(job).toMatchObject({ state: 'succeeded', progress: { done: 12, total: 12 } });
  const run = await services.call('runs.get', { id: runId });
  expect(run.steps.map((metric) => metric.step)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  expect(run.validations.map((metric) => metric.step)).toEqual([2, 4, 6, 8, 10, 12]);
  expect(run).toMatchObject({ state: 'succeeded', baseScore: 0.25, expertId: job.expertId, datasetName: 'sums' });
  expect(run.command).toBe('npm run -s singular -- train --model toy --data sums --grader exact --name expert --raw --tag arith --preset quick --set steps=12 --set validateEvery=2 --set checkpointEvery=3');
  const expert = await services.call('experts.get', { id: job.expertId! });
  expect(expert).toMatchObject({ name: 'expert', modelId: 'toy', tags: ['arith'], source: 'trained', matrices: 3, parameters: 24, provenance: { runId, seed: 0, grader: 'exact', datasetHash: run.datasetHash } });
  const map = await services.call('experts.zmap', { id: expert.id, bins: 8 });
  expect(map.matrices).toHaveLength(3);
  expect(await services.call('runs.samples', { id: runId, step: 5 })).toHaveLength(1);
});

test('the engine killed in a training, twice at different steps: the job resumes by itself and ends with the same numbers', async () => {
  const quiet = await undisturbed();
  const services = home.services({}, home.faults('svd:2', 'train:5', 'train:11', 'call:svdState'));
  const { jobId, runId } = await startTraining(services);
  expect((await ended(services, jobId)).state).toBe('succeeded');
  expect(numbers(await services.call('runs.get', { id: runId }))).toEqual(quiet);
});

test('three deaths at the same step end the job with a sentence; resuming it later goes on from the checkpoint', async () => {
  const services = home.services({}, home.faults('train:5', 'train:5', 'train:5'));
  const { jobId, runId } = await startTraining(services);
  const failed = await ended(services, jobId);
  expect(failed).toMatchObject({ state: 'failed', error: { code: 'engine-died', message: 'The engine process ended 3 times at steps 4; “Train “expert”” was stopped there.' } });
  await services.call('jobs.resume', { id: jobId });
  expect((await ended(services, jobId)).state).toBe('succeeded');
  expect((await services.call('runs.get', { id: runId })).steps).toHaveLength(12);
});

test('paused and resumed, a training ends with the same numbers', async () => {
  const quiet = await undisturbed();
  const services = home.services({}, home.holds('train:4'));
  const { jobId, runId } = await startTraining(services);
  await nextEvent(services, 'run.step', ({ metric }) => metric.step === 4);
  await services.call('jobs.pause', { id: jobId });
  const paused = await jobInState(services, jobId, ['paused']);
  expect(paused.progress.done).toBe(4);
  await services.call('jobs.resume', { id: jobId });
  expect((await ended(services, jobId)).state).toBe('succeeded');
  expect(numbers(await services.call('runs.get', { id: runId }))).toEqual(quiet);
});

test('stopped and kept, running or paused: the best so far becomes an expert', async () => {
  const services = home.services({}, { CHILD_ENGINE_STEP_MS: '10' });
  const first = await startTraining(services, { steps: 1000 });
  await nextEvent(services, 'run.step', ({ metric }) => metric.step === 3);
  await services.call('jobs.keep', { id: first.jobId });
  expect((await ended(services, first.jobId)).state).toBe('succeeded');
  const second = await startTraining(services, { steps: 1000 });
  await nextEvent(services, 'run.step', ({ runId, metric }) => runId === second.runId && metric.step === 3);
  await services.call('jobs.pause', { id: second.jobId });
  await jobInState(services, second.jobId, ['paused']);
  await services.call('jobs.keep', { id: second.jobId });
  expect((await ended(services, second.jobId)).state).toBe('succeeded');
  const { experts } = await services.call('experts.list', { search: '', tags: [], sort: 'name', offset: 0, limit: 10 });
  expect(experts.map((expert) => expert.name)).toEqual(['expert', 'expert 2']);
});

test('a cancelled training leaves no expert; what waits behind it runs', async () => {
  const services = home.services({}, { CHILD_ENGINE_STEP_MS: '10' });
  const first = await startTraining(services, { steps: 1000 }, 'first');
  const second = await startTraining(services, {}, 'second');
  await nextEvent(services, 'run.step', ({ runId }) => runId === first.runId);
  expect((await services.call('jobs.list', { offset: 0, limit: 10 })).find((job) => job.id === second.jobId)).toMatchObject({ state: 'queued', queuePosition: 1 });
  await services.call('jobs.cancel', { id: first.jobId });
  expect((await ended(services, first.jobId)).state).toBe('cancelled');
  expect((await ended(services, second.jobId)).state).toBe('succeeded');
  expect((await services.call('experts.list', { search: '', tags: [], sort: 'name', offset: 0, limit: 10 })).experts.map((expert) => expert.name)).toEqual(['second']);
});

test('closed in a training and opened again, the job is taken up where it was and ends with the same numbers', async () => {
  const quiet = await undisturbed();
  const before = home.services({}, home.holds('train:5'));
  const { jobId, runId } = await startTraining(before);
  await nextEvent(before, 'run.step', ({ metric }) => metric.step === 5);
  await before.close();
  const after = home.services();
  expect((await ended(after, jobId)).state).toBe('succeeded');
  expect(numbers(await after.call('runs.get', { id: runId }))).toEqual(quiet);
});

test('a command line beside the window leaves the window’s jobs alone, and waits for its heavy one', async () => {
  const window = home.services({}, home.holds('train:1'));
  const theirs = await startTraining(window, {}, 'theirs');
  await nextEvent(window, 'run.step', () => true);
  const cli = home.services({ shell: 'cli' });
  const ours = await startTraining(cli, {}, 'ours');
  expect((await cli.call('jobs.list', { offset: 0, limit: 10 })).find((job) => job.id === theirs.jobId)?.state).toBe('running');
  home.goOn();
  expect((await ended(cli, ours.jobId)).state).toBe('succeeded');
  const jobs = await window.call('jobs.list', { offset: 0, limit: 10 });
  const [first, second] = [theirs, ours].map(({ jobId }) => jobs.find((job) => job.id === jobId)!);
  expect(first).toMatchObject({ state: 'succeeded' });
  expect(second.startedAt).toBeGreaterThanOrEqual(first.endedAt!);
});

test('what cannot be trained is refused before it is queued', async () => {
  const services = home.services();
  await services.ready();
  const [dataset] = await services.call('datasets.list', {});
  const base = { modelId: 'toy', raw: true, datasetId: dataset.id, grader: 'exact', name: 'x', preset: 'custom', config: config() };
  const refused = (changes: object): Promise<unknown> => services.dispatch('train.start', { ...base, ...changes });
  await expect(refused({ config: config({ layers: [0, 7] }) })).rejects.toMatchObject({ code: 'bad-input', message: '“layers” names layer 7, but toy has the layers 0 to 1.' });
  await expect(refused({ grader: 'nonsense' })).rejects.toMatchObject({ code: 'bad-input' });
  await expect(refused({ modelId: 'none' })).rejects.toMatchObject({ code: 'not-found' });
  await expect(refused({ config: { ...config(), speed: 1 } })).rejects.toMatchObject({ code: 'bad-input', message: '“speed” is not a setting of “config”.' });
  expect((await services.call('runs.list', { offset: 0, limit: 10 })).total).toBe(0);
});
