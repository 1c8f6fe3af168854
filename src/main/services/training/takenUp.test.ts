import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CallInput, CallResult } from '../../../shared/contract.ts';
import type { Services } from '../index.ts';
import { config, ended, Home, jobInState, nextEvent } from '../testing/home.ts';

let home: Home;
beforeEach(() => void (home = new Home()));
afterEach(() => home.clean());

const cli = (env: Record<string, string> = {}): Services => home.services({ shell: 'cli' }, env);
async function start(services: Services, changes: Partial<CallInput<'train.start'>> = {}): Promise<CallResult<'train.start'>> {
  await services.ready();
  const datasetId = (await services.call('datasets.list', {})).find(({ name }) => name === 'sums')?.id ?? '';
  return await services.dispatch('train.start', { modelId: 'toy', raw: true, datasetId, grader: 'exact', name: 'expert', preset: 'custom', config: config(), tags: [], takeUp: true, ...changes }) as CallResult<'train.start'>;
}
const jobs = async (services: Services) => (await services.call('jobs.list', { offset: 0, limit: 50 })).filter(({ kind }) => kind === 'train' || kind === 'svd').map(({ kind, state }) => [kind, state]);

test('stopped while it waits for the SVD cache, a training is taken up with what it waits for', async () => {
  const before = cli(home.holds('svd:1'));
  const { jobId } = await start(before);
  await nextEvent(before, 'job.changed', ({ kind, state }) => kind === 'svd' && state === 'running');
  await before.call('jobs.pause', { id: jobId });
  await before.close();
  const after = cli();
  const again = await start(after);
  expect(again).toMatchObject({ jobId, takenUp: true });
  expect((await ended(after, jobId)).state).toBe('succeeded');
  expect(await jobs(after)).toEqual([['train', 'succeeded'], ['svd', 'succeeded']]);
});

test('only exactly the same is taken up, and only where it has not ended', async () => {
  const services = cli(home.holds('train:1'));
  const first = await start(services);
  await nextEvent(services, 'run.step', () => true);
  await expect(start(services)).rejects.toMatchObject({ code: 'busy' });
  await services.call('jobs.pause', { id: first.jobId });
  await jobInState(services, first.jobId, ['paused']);
  for (const other of [{ name: 'other' }, { config: config({ seed: 1 }) }, { tags: ['x'] }, { takeUp: false }]) {
    const { jobId, takenUp } = await start(services, other);
    expect(takenUp).toBeUndefined();
    await services.call('jobs.cancel', { id: jobId });
  }
  expect(await start(services)).toEqual({ ...first, takenUp: true });
  expect((await ended(services, first.jobId)).state).toBe('succeeded');
  expect((await start(services)).takenUp).toBeUndefined();
});

test('what runs or waits in a living instance stays there', async () => {
  const window = home.services({}, home.holds('train:3'));
  const running = await start(window);
  const waiting = await start(window, { name: 'next' });
  await nextEvent(window, 'run.step', ({ metric }) => metric.step === 3);
  const beside = cli();
  await expect(start(beside)).rejects.toMatchObject({ code: 'busy' });
  await expect(start(beside, { name: 'next' })).rejects.toMatchObject({ code: 'busy' });
  await window.call('jobs.pause', { id: running.jobId });
  await jobInState(window, running.jobId, ['paused']);
  home.goOn();
  await window.call('jobs.resume', { id: running.jobId });
  expect((await ended(window, running.jobId)).progress.done).toBe(12);
  expect((await ended(window, waiting.jobId)).state).toBe('succeeded');
});
