import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CallResult } from '../../../shared/contract.ts';
import { ended, Home, startTraining } from '../testing/home.ts';

let home: Home;
beforeEach(() => void (home = new Home()));
afterEach(() => home.clean());

test('an evaluation leaves score, interval, rows and answers to each in its run', async () => {
  const services = home.services();
  await services.ready();
  const [dataset] = await services.call('datasets.list', {});
  const { jobId, runId } = await services.dispatch('evaluate.start', { modelId: 'toy', raw: true, datasetId: dataset.id, grader: 'exact', sampling: {}, limit: 5, samples: 2 }) as { jobId: string; runId: string };
  expect((await ended(services, jobId)).state).toBe('succeeded');
  expect(await services.call('runs.get', { id: runId })).toMatchObject({ kind: 'evaluate', bestScore: 1, validations: [{ score: 1, rows: 5, samples: 2 }] });
});

test('an evaluation of a mix says of what it was, keeps the names of then, and is paired with the base', async () => {
  const services = home.services();
  await ended(services, (await startTraining(services)).jobId);
  const { experts: [expert] } = await services.dispatch('experts.list', {}) as CallResult<'experts.list'>;
  const [dataset] = await services.call('datasets.list', {});
  const evaluate = { modelId: 'toy', raw: true, datasetId: dataset.id, grader: 'exact', sampling: {}, limit: 5, withBase: true };
  const { jobId, runId } = await services.dispatch('evaluate.start', { ...evaluate, parts: [{ expertId: expert.id, alpha: 0.5 }] }) as { jobId: string; runId: string };
  const silent = await services.dispatch('evaluate.start', { ...evaluate, parts: [{ expertId: expert.id, alpha: 0 }], name: 'Silent' }) as { jobId: string; runId: string };
  for (const id of [jobId, silent.jobId]) expect((await ended(services, id)).state).toBe('succeeded');
  await services.call('experts.update', { id: expert.id, name: 'renamed' });
  const run = await services.call('runs.get', { id: runId });
  expect(run).toMatchObject({
    name: `“${expert.name}” on ${dataset.name}`, baseScore: 0, bestScore: 1, bestStep: 1, gain: { mean: 1 }, test: { base: { mean: 0 }, score: { mean: 1 } }, validations: [{ step: 0, score: 0 }, { step: 1, score: 1, best: true }],
    evaluated: { parts: [{ expertId: expert.id, name: expert.name, alpha: 0.5 }], form: 'base-anchored' },
  });
  expect(run.command).toContain('--with-base');
  // with every α at 0 there is only the base
  const base = await services.call('runs.get', { id: silent.runId });
  expect(base).toMatchObject({ name: 'Silent', evaluated: { parts: [] }, validations: [{ step: 0 }] });
  expect(base.test).toBeUndefined();
  const listed = async (wish: object): Promise<string[]> => (await services.call('runs.list', { offset: 0, limit: 10, ...wish })).runs.map(({ id }) => id);
  expect(await listed({ kind: 'evaluate' })).toEqual([silent.runId, runId]);
  expect(await listed({ expertId: expert.id })).toEqual([runId]);
  expect(await listed({ kind: 'train' })).toHaveLength(1);
});
