/** Tasks: who makes them, what a run freezes of one, and how their rows are read, over the child engine. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { quickSearch } from '../../../shared/adaptation.ts';
import { comparisonPlanSchema } from '../../../shared/comparison.ts';
import type { CallInput, DatasetDto } from '../../../shared/contract.ts';
import type { TaskDto } from '../../../shared/task.ts';
import type { Services } from '../index.ts';
import { config, ended, Home, plan } from '../testing/home.ts';

let home: Home;
beforeEach(() => void (home = new Home()));
afterEach(() => home.clean());

const list = (services: Services): Promise<TaskDto[]> => services.call('tasks.list', {});
const save = async (services: Services, input: CallInput<'tasks.save'>): Promise<TaskDto> => await services.dispatch('tasks.save', input) as TaskDto;
async function sums(services: Services): Promise<DatasetDto> {
  await services.ready();
  const [dataset] = await services.call('datasets.list', {});
  return dataset;
}
/** 40 rows with two columns that could be asked, and a name in the template. */
const asked = { mapping: { kind: 'prompt-answer', prompt: 'answer', answer: 'answer', template: 'Say {prompt}' }, grader: 'exact', raw: true } as const;
async function train(services: Services, input: Omit<CallInput<'train.start'>, 'modelId' | 'preset' | 'config' | 'name'>, name = 'expert') {
  const started = await services.dispatch('train.start', { modelId: 'toy', name, preset: 'custom', config: config({ steps: 2 }), ...input }) as { jobId: string; runId: string };
  expect((await ended(services, started.jobId)).error).toBeUndefined();
  return services.call('runs.get', { id: started.runId });
}

test('a bundled dataset is a task once; a person’s changes to it stay, and one that was removed stays away', async () => {
  const services = home.services();
  const [task] = await list(services);
  expect(task).toMatchObject({ name: 'sums', source: 'bundled', datasetName: 'sums', rows: 25, grader: 'exact', raw: false, splits: { by: 'dataset' } });
  await save(services, { id: task.id, name: 'mine', datasetId: task.datasetId, ...asked });
  await services.close();

  home.rows('native/test.jsonl', 7, 100); // other rows ship
  const again = home.services();
  await again.ready();
  expect(await list(again)).toMatchObject([{ id: task.id, name: 'mine', source: 'saved', rows: 27, mapping: asked.mapping }]);
  await again.call('tasks.remove', { id: task.id });
  await again.close();
  expect(await list(home.services())).toEqual([]);
});

test('a published dataset is a task as soon as it is brought in, another one under a name of its own; plain rows are none', async () => {
  const services = home.services();
  const { mapping } = await sums(services);
  const gsm8k = (row: number): string => JSON.stringify({ prompt: `${row}+1=`, answer: `${row} + 1 #### ${row + 1}` });
  for (const [name, line] of [['gsm8k.jsonl', gsm8k(1)], ['more.jsonl', gsm8k(2)], ['plain.jsonl', JSON.stringify({ prompt: 'p', answer: 'a' })]]) {
    const path = home.write(name, line);
    await services.call('datasets.import', { path, name, mapping });
    await services.call('datasets.import', { path, name, mapping }); // the same again
  }
  expect((await list(services)).map(({ name, source, datasetName }) => [name, source, datasetName])).toEqual([
    ['GSM8K', 'recognised', 'gsm8k.jsonl'], ['GSM8K (more.jsonl)', 'recognised', 'more.jsonl'], ['sums', 'bundled', 'sums'],
  ]);
});

test('names are unique, and what cannot be read or graded is refused before it is stored', async () => {
  const services = home.services();
  const { id: datasetId } = await sums(services);
  const [bundled] = await list(services);
  await expect(save(services, { name: 'sums', datasetId })).rejects.toMatchObject({ code: 'conflict', message: 'A task named “sums” is already there; choose another name.' });
  await expect(save(services, { name: 'a', datasetId, grader: 'magic' })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('magic') as string });
  await expect(save(services, { name: 'a', datasetId, mapping: { kind: 'prompt-only', prompt: 'nothing' } })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('as the task reads them; row 1: “nothing” is empty') as string });
  await expect(save(services, { name: 'a', datasetId, splits: { by: 'shares', validation: 0.5, test: 0.5, seed: 0 } })).rejects.toMatchObject({ message: expect.stringContaining('no row to train on') as string });
  await expect(save(services, { id: 'none', name: 'a', datasetId })).rejects.toMatchObject({ code: 'not-found' });
  const own = await save(services, { name: 'a', datasetId });
  await expect(services.dispatch('tasks.rename', { id: own.id, name: 'sums' })).rejects.toMatchObject({ code: 'conflict' });
  expect(await services.dispatch('tasks.rename', { id: own.id, name: 'b' })).toMatchObject({ id: own.id, name: 'b' });
  expect((await list(services)).map(({ name }) => name)).toEqual(['b', bundled.name]);
});

test('a dataset goes with the task that came with it, but not while a person’s own is made of it', async () => {
  const services = home.services();
  const { id } = await sums(services);
  const own = await save(services, { name: 'own', datasetId: id });
  await expect(services.call('datasets.remove', { id })).rejects.toMatchObject({ code: 'conflict', message: '“sums” is what the task “own” is made of; remove that first.' });
  await services.call('tasks.remove', { id: own.id });
  await services.call('datasets.remove', { id });
  expect(await list(services)).toEqual([]);
});

test('a run keeps the task’s name and how it read its rows, whatever becomes of the task; its command repeats exactly that', async () => {
  const services = home.services();
  const { id: datasetId } = await sums(services);
  const splits = { by: 'shares', validation: 0.2, test: 0.4, seed: 3 } as const;
  const task = await save(services, { name: 'own', datasetId, ...asked, splits });
  const run = await train(services, { taskId: task.id });
  expect(run).toMatchObject({ task: 'own', grader: 'exact', raw: true, reading: { mapping: asked.mapping, splits }, rowsUsed: { train: { rows: 10 }, validation: { rows: 5 }, test: { rows: 10, from: 'test rows of “sums”, divided by the task' } } });
  expect(run.command).toContain(`--data sums --grader exact --mapping '{"kind":"prompt-answer","prompt":"answer","answer":"answer"}' --template 'Say {prompt}' --splits 0.2,0.4,3 --name expert --raw`);
  const { provenance } = await services.call('experts.get', { id: run.expertId ?? '' });
  expect(provenance).toMatchObject({ task: 'own', reading: run.reading });

  await save(services, { id: task.id, name: 'other', datasetId, grader: 'contains:x' });
  await services.call('tasks.remove', { id: task.id });
  expect(await services.call('runs.get', { id: run.id })).toEqual(run);
  const { jobId } = await services.call('experts.control', { id: run.expertId ?? '', seed: 1 });
  await ended(services, jobId);
  expect((await services.call('experts.get', { id: run.expertId ?? '' })).control).toMatchObject({ rows: 10 });
});

test('what is named beside a task takes its place for one run, which is then not that task’s', async () => {
  const services = home.services();
  const [task] = await list(services);
  expect(await train(services, { taskId: task.id })).toMatchObject({ task: 'sums', raw: false, grader: 'exact' });
  const changed = await train(services, { taskId: task.id, raw: true, grader: 'contains:1' }, 'second');
  expect(changed).toMatchObject({ raw: true, grader: 'contains:1', datasetName: 'sums' });
  expect(changed.task).toBeUndefined();
  await expect(services.dispatch('train.start', { modelId: 'toy', name: 'x', preset: 'quick', config: config() })).rejects.toMatchObject({ code: 'bad-input', message: 'Name a task, or a dataset.' });
});

test('an evaluation and a search use the task’s own test rows', async () => {
  const services = home.services();
  const { id: datasetId } = await sums(services);
  const task = await save(services, { name: 'own', datasetId, ...asked, splits: { by: 'shares', validation: 0.2, test: 0.4, seed: 3 } });
  const sampling = { maxTokens: 4 };
  const { jobId, runId } = await services.dispatch('evaluate.start', { modelId: 'toy', taskId: task.id, sampling, limit: 8 }) as { jobId: string; runId: string };
  await ended(services, jobId);
  expect(await services.call('runs.get', { id: runId })).toMatchObject({ task: 'own', name: 'toy on own', validations: [{ rows: 8 }] });
  const whole = await services.dispatch('evaluate.start', { modelId: 'toy', taskId: task.id, sampling }) as { jobId: string; runId: string };
  await ended(services, whole.jobId);
  expect((await services.call('runs.get', { id: whole.runId })).validations[0].rows).toBe(10);

  const { expertId } = await train(services, { taskId: task.id });
  const { searchId, jobId: searching } = await services.dispatch('searches.start', { modelId: 'toy', taskId: task.id, expertIds: [expertId], name: 'found', config: { ...quickSearch, generations: 1, population: 4, examples: 3, selectionRows: 2, testRows: 99 } }) as { searchId: string; jobId: string };
  await ended(services, searching);
  const search = await services.call('searches.get', { id: searchId });
  expect(search).toMatchObject({ task: 'own', reading: { splits: task.splits }, rowsUsed: { examples: { rows: 3, from: 'train rows of “sums”, divided by the task' }, test: { rows: 10 } } });
  expect(search.command).toContain('--splits 0.2,0.4,3');
});

test('a preview and a grader’s test read a stored dataset another way', async () => {
  const services = home.services();
  const { id: datasetId } = await sums(services);
  const preview = await services.dispatch('datasets.preview', { modelId: 'toy', datasetId, mapping: asked.mapping, limit: 2 }) as { rows: { prompt: string }[] };
  expect(preview.rows.map(({ prompt }) => prompt)).toEqual(['Say 1', 'Say 2']);
  await expect(services.dispatch('graders.test', { grader: 'exact', datasetId, mapping: asked.mapping, limit: 1 })).resolves.toMatchObject([{ row: 0, score: 1 }]);
});

test('a plan names stored tasks; each cell keeps what it read, and plans of datasets are as they were', async () => {
  const services = home.services();
  const { id: datasetId } = await sums(services);
  const task = await save(services, { name: 'own', datasetId, ...asked, splits: { by: 'shares', validation: 0.2, test: 0.4, seed: 3 } });
  const both = plan({ tasks: ['own', { dataset: 'sums', grader: 'exact', raw: true }], methods: comparisonPlanSchema.shape.methods.parse([{ name: 'SVF' }]) });
  const { id, jobId } = await services.call('comparisons.start', { plan: both });
  await services.call('tasks.remove', { id: task.id }); // frozen by now
  expect((await ended(services, jobId)).error).toBeUndefined();
  const detail = await services.call('comparisons.get', { id });
  expect(detail.plan).toEqual(both);
  expect(detail.table.map((cell) => [cell.task, cell.state])).toEqual([['own', 'done'], ['sums', 'done']]);
  const runs = await Promise.all(detail.table.map(({ runId }) => services.call('runs.get', { id: runId ?? '' })));
  expect(runs.map(({ rowsUsed }) => rowsUsed?.test.rows)).toEqual([10, 5]);
  expect(runs[0]).toMatchObject({ task: 'own', reading: { mapping: asked.mapping } });
  expect((await services.call('experts.get', { id: runs[0].expertId ?? '' })).provenance.task).toBe('own');
  expect(runs[1].task).toBeUndefined();
  const { text } = await services.call('comparisons.report', { id });
  expect(text).toContain('own (graded by `exact`, raw prompts, asked as "Say {prompt}", 20 % of its rows for validation and 40 % for the test by seed 3), sums (graded by `exact`, raw prompts)');
  await expect(services.call('comparisons.check', { plan: both })).rejects.toMatchObject({ code: 'not-found', message: 'There is no task “own”.' });
});

test('a dispatcher learns and is measured on the questions of its experts’ tasks', async () => {
  const services = home.services();
  const { id: datasetId } = await sums(services);
  const task = await save(services, { name: 'own', datasetId, ...asked, splits: { by: 'shares', validation: 0.2, test: 0.4, seed: 3 } });
  await train(services, { taskId: task.id });
  const { jobId } = await services.dispatch('dispatchers.make', { modelId: 'toy', kind: 'prompt' }) as { jobId: string };
  expect((await ended(services, jobId)).error).toBeUndefined();
  const [made] = await services.call('dispatchers.list', { modelId: 'toy' });
  // two fifths of 25 rows, and the 3 bundled questions for no expert
  expect(made.confusion?.counts.map((row) => row.reduce((a, b) => a + b, 0))).toEqual([10, 3]);
});
