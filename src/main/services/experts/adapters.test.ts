import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ExpertDto, RunDto } from '../../../shared/contract.ts';
import type { TrainingConfig } from '../../../shared/training.ts';
import type { Services } from '../index.ts';
import { config, ended, Home, startTraining } from '../testing/home.ts';

let home: Home;
beforeEach(() => void (home = new Home()));
afterEach(() => home.clean());

async function train(services: Services, changes: Partial<TrainingConfig>, name: string): Promise<{ expert: ExpertDto; run: RunDto }> {
  const { jobId, runId } = await startTraining(services, { steps: 4, ...changes }, name);
  const job = await ended(services, jobId);
  expect(job.error).toBeUndefined();
  return { expert: await services.call('experts.get', { id: job.expertId! }), run: await services.call('runs.get', { id: runId }) };
}

test('an adapter is trained without an SVD, kept, evaluated and exported; on the desk and in mixes it is refused with one sentence', async () => {
  const services = home.services();
  const { expert } = await train(services, { method: 'lora', rank: 4, dropout: 0.1 }, 'ada');
  expect((await services.call('jobs.list', { offset: 0, limit: 20 })).map(({ kind }) => kind)).not.toContain('svd');
  expect(expert).toMatchObject({ method: 'lora', parameters: 16, matrices: 1, test: { rows: 4 }, rowsUsed: { train: { rows: 20, from: 'train rows of “sums”' }, test: { rows: 5 } } });
  expect((await services.dispatch('experts.list', { method: 'lora' }) as { total: number }).total).toBe(1);
  expect((await services.dispatch('experts.list', { method: 'svf' }) as { total: number }).total).toBe(0);

  const message = '“ada” is a LoRA adapter and has no z: it cannot be mixed, only evaluated, compared and exported.';
  const parts = [{ expertId: expert.id, alpha: 1 }];
  await expect(services.dispatch('mixes.save', { name: 'm', modelId: 'toy', parts })).rejects.toMatchObject({ code: 'conflict', message });
  await expect(services.dispatch('desk.answer', { modelId: 'toy', prompt: 'x', parts, sampling: {} })).rejects.toMatchObject({ code: 'conflict', message });
  for (const call of ['experts.control', 'experts.zmap'] as const) await expect(services.dispatch(call, { id: expert.id })).rejects.toMatchObject({ code: 'conflict' });

  const [dataset] = await services.call('datasets.list', {});
  const task = { modelId: 'toy', raw: true, datasetId: dataset.id, grader: 'exact', sampling: {} };
  await expect(services.dispatch('evaluate.start', { ...task, adapterId: expert.id, parts })).rejects.toMatchObject({ code: 'bad-input' });
  const { jobId, runId } = await services.dispatch('evaluate.start', { ...task, adapterId: expert.id }) as { jobId: string; runId: string };
  await ended(services, jobId);
  // of a dataset with test rows, those alone
  expect(await services.call('runs.get', { id: runId })).toMatchObject({ validations: [{ rows: 5 }], command: expect.stringContaining('--adapter ada') as string });

  const { path, merged } = await services.call('experts.export', { id: expert.id, merged: home.path('merged') });
  expect(JSON.parse(readFileSync(join(path, 'adapter_config.json'), 'utf8'))).toMatchObject({ peft_type: 'LORA', r: 4, lora_alpha: 32 });
  expect(existsSync(merged!)).toBe(true);
  expect((await services.call('experts.duplicate', { id: expert.id }))).toMatchObject({ method: 'lora', parameters: 16 });
});

test('several seeds are one run: its trials, the rows it used, and the command that repeats it', async () => {
  const services = home.services({}, home.faults('train:3', 'train:3'));
  const { expert, run } = await train(services, { seeds: 2, seed: 5, klSweep: [0.1, 0], layers: [1, 0], validationShare: 0.5 }, 'two');
  expect(run.trials.map(({ seed, chosen }) => [seed, chosen])).toEqual([[5, true], [6, false]]);
  expect(run.steps.map(({ trial, step }) => [trial, step])).toEqual([[0, 1], [0, 2], [0, 3], [0, 4], [1, 1], [1, 2], [1, 3], [1, 4]]);
  expect(run).toMatchObject({ cost: { trainableParameters: 24 }, rowsUsed: { validation: { from: '50 % of the train rows of “sums”' } } });
  expect(expert).toMatchObject({ baseScore: run.test?.base.mean, score: run.test?.score.mean, provenance: { seed: 5, steps: 4 } });
  for (const part of ['--set klSweep=0.1,0', '--set layers=1,0', '--set seeds=2', '--set validationShare=0.5']) expect(run.command).toContain(part);
});

test.each([
  [{ baseline: 'group' as const }, '“baseline” group compares the answers to one prompt, so “samplesPerPrompt” must be at least 2.'],
  [{ method: 'lora' as const, parametrisation: 'reference' as const }, '“parametrisation” reference is a form of SVF’s z; “method” is lora.'],
  [{ batchSize: 10, samplesPerPrompt: 4 }, '“batchSize” (10) must be a multiple of “samplesPerPrompt” (4).'],
  [{ method: 'ia3' as const, modules: 'mlp' as const }, '“modules” and “layers” name no matrix of this model; it has 2 layers.'],
])('%j is refused before anything is queued', async (changes, message) => {
  const services = home.services();
  await services.ready();
  const [dataset] = await services.call('datasets.list', {});
  const start = services.dispatch('train.start', { modelId: 'toy', raw: true, datasetId: dataset.id, grader: 'exact', name: 'x', preset: 'custom', config: config(changes) });
  await expect(start).rejects.toMatchObject({ code: 'bad-input', message });
  expect((await services.dispatch('jobs.list', {}) as { kind: string }[]).filter(({ kind }) => kind === 'train')).toEqual([]);
});

test('a file whose rows are all for testing, or have no answers to imitate, is refused', async () => {
  const services = home.services();
  await services.ready();
  const start = async (lines: string[], mapping: object, changes: Partial<TrainingConfig> = {}): Promise<unknown> => {
    const { id } = await services.dispatch('datasets.import', { path: home.write('x.jsonl', lines.join('\n')), name: 'x', mapping }) as { id: string };
    return services.dispatch('train.start', { modelId: 'toy', raw: true, datasetId: id, grader: 'contains:a', name: 'x', preset: 'custom', config: config(changes) });
  };
  const tests = ['a', 'b'].map((prompt) => JSON.stringify({ prompt, answer: '1', split: 'test' }));
  await expect(start(tests, { kind: 'prompt-answer', prompt: 'prompt', answer: 'answer' })).rejects.toMatchObject({ message: 'The dataset “x” has no rows to train on: all of them are for testing.' });
  await expect(start(['{"prompt":"a"}', '{"prompt":"b"}'], { kind: 'prompt-only', prompt: 'prompt' }, { objective: 'next-token' })).rejects.toMatchObject({ message: '“objective” next-token imitates answers, and the dataset “x” has none.' });
});

test('the shuffled control is stored with its expert; where the test rows are not known it is refused', async () => {
  const services = home.services();
  const { expert } = await train(services, {}, 'z');
  const { jobId } = await services.call('experts.control', { id: expert.id, seed: 3 });
  expect(await ended(services, jobId)).toMatchObject({ state: 'succeeded', kind: 'control', expertId: expert.id });
  expect((await services.call('experts.get', { id: expert.id })).control).toMatchObject({ seed: 3, rows: 5 });
  const { path } = await services.call('experts.export', { id: expert.id });
  const imported = await services.call('experts.import', { path });
  await expect(services.call('experts.control', { id: imported.id, seed: 0 })).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('was not trained here') as string });
  const [dataset] = await services.call('datasets.list', {});
  await services.call('datasets.remove', { id: dataset.id });
  await expect(services.call('experts.control', { id: expert.id, seed: 0 })).rejects.toMatchObject({ code: 'not-found' });
});

test('the spectrum needs the SVD cache; differences and distances are of z', async () => {
  const services = home.services();
  await services.ready();
  await expect(services.call('models.spectrum', { id: 'toy' })).rejects.toMatchObject({ code: 'conflict', message: 'toy has no SVD cache yet; prepare it first.' });
  const a = (await train(services, { seed: 1 }, 'a')).expert;
  const b = (await train(services, { seed: 2 }, 'b')).expert;
  const { ranks, matrices } = await services.call('models.spectrum', { id: 'toy' });
  expect(ranks).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(matrices).toHaveLength(3);
  expect(matrices[0].shares[0]).toBeCloseTo(64 / 204);
  expect(matrices[0].shares.at(-1)).toBe(1);
  const first = async (id: string): Promise<number> => (await services.call('experts.zmap', { id, bins: 8 })).matrices[0].cells[0];
  const difference = await services.call('experts.difference', { a: a.id, b: b.id, bins: 8 });
  expect(difference.matrices[0].cells[0]).toBeCloseTo(await first(b.id) - await first(a.id), 5);
  const { cosine } = await services.call('experts.distances', { ids: [a.id, b.id] });
  // every z of the small engine is one number throughout
  expect(cosine.flat()).toEqual([1, 1, 1, 1].map((value) => expect.closeTo(value, 6) as number));
});
