import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JobDto } from '../../shared/contract.ts';
import { openStores } from '../db/index.ts';
import type { Services } from '../services/index.ts';
import { ended, Home, jobInState, nextEvent, startTraining } from '../services/testing/home.ts';
import { Elsewhere } from './elsewhere.ts';
import { newOwner } from './owner.ts';

const migrationsFolder = fileURLToPath(new URL('../../../drizzle', import.meta.url));
let home: Home;
beforeEach(() => void (home = new Home()));
afterEach(() => home.clean());

/** A training that a command line holds in its middle, until it is steered or goes on, and a window beside it. */
async function besideATraining(): Promise<{ window: Services; commandLine: Services; jobId: string; runId: string }> {
  const window = home.services();
  await window.ready();
  const commandLine = home.services({ shell: 'cli' }, home.holds('train:5'));
  const started = await startTraining(commandLine);
  await nextEvent(commandLine, 'run.step', ({ metric }) => metric.step === 5);
  return { window, commandLine, ...started };
}
const jobOf = async (services: Services, id: string): Promise<JobDto | undefined> => (await services.call('jobs.list', { offset: 0, limit: 10 })).find((job) => job.id === id);

test('what another instance runs is seen as it goes on, and so is what it made', async () => {
  const { window, jobId, runId } = await besideATraining();
  expect(await jobOf(window, jobId)).toMatchObject({ state: 'running', elsewhere: true });
  const seen: JobDto[] = [];
  window.on('job.changed', (job) => {
    if (job.id === jobId) seen.push(job);
  });
  const made = nextEvent(window, 'experts.changed', () => true);
  home.goOn();
  expect(await ended(window, jobId)).toMatchObject({ state: 'succeeded', progress: { done: 12 } });
  await made;
  expect(seen.at(-1)?.elsewhere).toBeUndefined();
  expect((await window.call('runs.get', { id: runId })).expertId).toBeDefined();
});

test('it is paused from here, and taken up here', async () => {
  const { window, commandLine, jobId } = await besideATraining();
  expect(await window.call('jobs.pause', { id: jobId })).toMatchObject({ state: 'running', elsewhere: true });
  expect((await jobInState(commandLine, jobId, ['paused'])).progress.done).toBeLessThan(12);
  await jobInState(window, jobId, ['paused']);
  await window.call('jobs.resume', { id: jobId });
  expect(await ended(window, jobId)).toMatchObject({ state: 'succeeded', progress: { done: 12 } });
  expect(await ended(commandLine, jobId)).toMatchObject({ state: 'succeeded' });
});

test('it is ended with its best from here, where it runs', async () => {
  const { window, commandLine, jobId, runId } = await besideATraining();
  await window.call('jobs.keep', { id: jobId });
  expect((await ended(window, jobId)).state).toBe('succeeded');
  expect((await commandLine.call('runs.get', { id: runId })).steps.length).toBeLessThan(12);
});

test('it is cancelled from here', async () => {
  const { window, commandLine, jobId } = await besideATraining();
  await window.call('jobs.cancel', { id: jobId });
  expect((await ended(window, jobId)).state).toBe('cancelled');
  expect((await jobOf(commandLine, jobId))?.state).toBe('cancelled');
  await expect(window.call('jobs.pause', { id: jobId })).rejects.toMatchObject({ code: 'conflict' });
});

test('what another instance changes is told, though no job of it runs', async () => {
  const [window, commandLine] = [home.services(), home.services({ shell: 'cli' })];
  await ended(window, (await startTraining(window)).jobId);
  const { experts: [expert] } = await window.call('experts.list', { search: '', tags: [], sort: 'created', offset: 0, limit: 1 });
  const told = nextEvent(window, 'experts.changed', () => true);
  await commandLine.call('experts.update', { id: expert.id, name: 'another name' });
  await told;
});

test('what another instance does to a job that waits here is told here', async () => {
  const window = home.services({}, home.holds('train:3'));
  const begun = nextEvent(window, 'run.step', () => true);
  await startTraining(window, {}, 'first');
  const { jobId } = await startTraining(window, {}, 'second');
  await begun;
  const commandLine = home.services({ shell: 'cli' });
  for (const [call, state] of [['jobs.pause', 'paused'], ['jobs.cancel', 'cancelled']] as const) {
    const told = nextEvent(window, 'job.changed', (job) => job.id === jobId && job.state === state);
    await commandLine.call(call, { id: jobId });
    await told;
  }
});

test('a job that needs what another instance makes begins when that is there', async () => {
  const window = home.services({}, home.holds('svd:2'));
  const theirs = await startTraining(window, {}, 'theirs');
  await nextEvent(window, 'job.changed', ({ kind, progress }) => kind === 'svd' && progress.done > 0);
  const commandLine = home.services({ shell: 'cli' });
  const ours = await startTraining(commandLine, {}, 'ours');
  home.goOn();
  for (const { jobId } of [theirs, ours]) expect((await ended(commandLine, jobId)).state).toBe('succeeded');
});

test('what another instance left half done is finished by the one that needs it', async () => {
  const window = home.services({}, home.holds('svd:2'));
  await startTraining(window, {}, 'theirs');
  await nextEvent(window, 'job.changed', ({ kind, progress }) => kind === 'svd' && progress.done > 0);
  const commandLine = home.services({ shell: 'cli' });
  const ours = await startTraining(commandLine, {}, 'ours');
  await window.close();
  expect((await ended(commandLine, ours.jobId)).state).toBe('succeeded');
});

test('what needs a job that ended and was taken off the list at once begins all the same', async () => {
  const window = home.services({}, home.holds('svd:2'));
  await startTraining(window, {}, 'theirs');
  const { id } = await nextEvent(window, 'job.changed', ({ kind, progress }) => kind === 'svd' && progress.done > 0);
  const commandLine = home.services({ shell: 'cli' });
  const ours = await startTraining(commandLine, {}, 'ours');
  const stores = openStores({ file: home.path('home/singular.sqlite'), migrationsFolder });
  stores.jobs.change(id, { state: 'succeeded', endedAt: Date.now() });
  stores.jobs.clear();
  await jobInState(commandLine, ours.jobId, ['running', 'succeeded', 'failed']);
  stores.close();
});

test('an owner that was taken for dead takes its job back, unless another instance has it', async () => {
  const { window, commandLine, jobId } = await besideATraining();
  const stores = openStores({ file: home.path('home/singular.sqlite'), migrationsFolder });
  stores.jobs.change(jobId, { state: 'interrupted' });
  await expect.poll(() => stores.jobs.get(jobId)?.state).toBe('running');
  stores.jobs.change(jobId, { state: 'interrupted', owner: 'nobody:0' });
  await window.call('jobs.resume', { id: jobId });
  expect(await ended(window, jobId)).toMatchObject({ state: 'succeeded', progress: { done: 12 } });
  expect(await ended(commandLine, jobId)).toMatchObject({ state: 'succeeded' });
  stores.close();
});

test('a job whose owner is gone is left behind, but not at the first silence', () => {
  const stores = openStores({ file: home.path('alone.sqlite'), migrationsFolder });
  const job = (id: string, owner: string): void => {
    stores.jobs.add({ id, kind: 'train', title: id, heavy: true, input: {}, createdAt: Date.now(), progress: { done: 0, total: 1, unit: 'steps' }, runId: null, modelId: null, dependsOn: null, owner });
    stores.jobs.change(id, { state: 'running' });
  };
  const left: string[] = [];
  const elsewhere = new Elsewhere({ store: stores.jobs, owner: 'here', clock: Date.now, runsHere: (id) => id === 'mine', told: () => undefined, changed: () => undefined, leftBehind: ({ id }) => void left.push(id) });
  job('mine', 'nobody:0');
  job('theirs', newOwner());
  job('orphan', 'nobody:1');
  for (let beat = 1; beat <= 3; beat++) {
    expect(left).toEqual([]);
    elsewhere.findLeftBehind();
  }
  expect(left).toEqual(['orphan']);
  stores.close();
});
