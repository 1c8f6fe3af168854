import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JobDto } from '../../shared/contract.ts';
import type { Services } from '../services/index.ts';
import { ended, Home, jobInState, nextEvent, startTraining } from '../services/testing/home.ts';

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
