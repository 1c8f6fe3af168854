/** Comparisons of strategies over the child engine: every strategy on the experts of an earlier comparison, with the engine killed, and the report. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { comparisonPlanSchema, type ComparisonPlan } from '../../../shared/comparison.ts';
import type { ComparisonDetailDto } from '../../../shared/contract.ts';
import type { Services } from '../index.ts';
import { ended, Home, importQuestions, jobInState, nextEvent } from '../testing/home.ts';

let home: Home;
beforeEach(() => void (home = new Home()));
afterEach(() => home.clean());

const trainings: ComparisonPlan = comparisonPlanSchema.parse({
  name: 'trained', models: ['toy'], tasks: ['one', 'two'].map((dataset) => ({ dataset, grader: 'exact', raw: true })), seeds: [0, 1],
  methods: [{ name: 'SVF' }, { name: 'LoRA', set: { method: 'lora' } }], set: { steps: 4, checkpointEvery: 2, validateEvery: 2 },
});
const set = { generations: 4, population: 4, examples: 3, selectionRows: 2, patience: 0 };
const strategies = (changes: object = {}): ComparisonPlan => comparisonPlanSchema.parse({
  name: 'adapted', models: ['toy'], tasks: [{ dataset: 'other', grader: 'exact', raw: true }, { dataset: 'two', grader: 'exact', raw: true }], seeds: [0, 1], experts: { comparison: 'trained', method: 'SVF' }, set: { testRows: 3 },
  methods: [
    { name: 'best', strategy: { kind: 'best-expert' } }, { name: 'of two', strategy: { kind: 'expert', task: 'two' } },
    { name: 'prompt', strategy: { kind: 'dispatcher', by: 'prompt' } }, { name: 'classifier', strategy: { kind: 'dispatcher', by: 'classifier' } }, { name: 'embedding', strategy: { kind: 'dispatcher', by: 'embedding' } },
    { name: 'CMA-ES', strategy: { kind: 'search', set } }, { name: 'CEM', strategy: { kind: 'search', preset: 'paper', set: { ...set, generations: 2 } } },
    { name: 'shuffled', strategy: { kind: 'shuffled' } }, { name: 'LoRA', strategy: { kind: 'adapter', method: 'LoRA' } },
  ], ...changes,
});

async function compared(services: Services, plan: ComparisonPlan): Promise<ComparisonDetailDto> {
  const { id, jobId } = await services.call('comparisons.start', { plan });
  expect((await ended(services, jobId)).error).toBeUndefined();
  return services.call('comparisons.get', { id });
}
async function trainedHome(): Promise<Services> {
  const services = home.services();
  await importQuestions(services, home);
  expect((await compared(services, trainings)).failed).toBe(0);
  return services;
}
/** All that must not depend on what happened on the way; seconds are the clock's, first and second pass too. */
const numbers = ({ table }: ComparisonDetailDto): object[] => table.map(({ searchId: _search, cost: _cost, detail, ...cell }) => ({ ...cell, detail: { ...detail, firstPassMs: 0, secondPassMs: 0 } }));

test('every strategy is scored against the base, with what it chose and by what', async () => {
  const services = await trainedHome();
  const detail = await compared(services, strategies());
  expect(detail.table.flatMap(({ error }) => error ?? [])).toEqual([]);
  expect([detail.done, detail.cells]).toEqual([36, 36]);
  const cell = (method: string, task: string, seed = 0) => detail.table.find((row) => row.method === method && row.task === task && row.seed === seed);
  expect(cell('best', 'other')).toMatchObject({ test: { rows: 3, gain: { mean: 0.25 } }, cost: { trainableParameters: 0 }, detail: { experts: ['one', 'two'], chosen: 'one', selection: [{ name: 'one' }, { name: 'two' }] } });
  expect(Math.min(...detail.table.map(({ cost }) => cost?.peakMemoryBytes ?? 0))).toBeGreaterThan(2 ** 20);
  expect(cell('of two', 'other')?.detail).toMatchObject({ chosen: 'two' });
  // questions of “other” are for nobody and go to the base, those of “two” to its expert; of the bundled ones for nobody, one looks like the first expert's
  expect(cell('embedding', 'other')).toMatchObject({ test: { gain: { mean: 0 } }, detail: { dispatch: { choices: [0, 0, 3], confusion: { labels: ['one', 'two', 'base'], counts: [[3, 0, 0], [0, 3, 0], [1, 0, 2]] } } } });
  for (const by of ['prompt', 'classifier', 'embedding']) expect(cell(by, 'two')).toMatchObject({ test: { gain: { mean: 0.5 } }, detail: { dispatch: { choices: [0, 3, 0] }, firstPassMs: 1, secondPassMs: 2 } });
  expect(cell('CMA-ES', 'two')).toMatchObject({ test: { rows: 3 }, cost: { trainableParameters: 2 }, detail: { search: { optimiser: 'cma-es', examples: 3, generations: 4, stopped: 'generations', budget: { generations: 4 } } } });
  expect((await services.call('searches.get', { id: cell('CEM', 'two')?.searchId ?? '' })).generations).toHaveLength(2);
  expect(cell('shuffled', 'two')?.test?.gain.mean).toBeCloseTo(0.05, 9);
  expect(cell('LoRA', 'two')?.detail).toMatchObject({ kind: 'adapter', chosen: 'one', selection: [{ name: 'one' }, { name: 'two' }] });
  // searches of a comparison are listed there and save no mix
  expect((await services.call('searches.list', { offset: 0, limit: 10 })).total).toBe(0);
  expect(await services.call('mixes.list', {})).toEqual([]);
});

test('the engine killed in a search and in a score, and a pause, change nothing', async () => {
  const quiet = await trainedHome();
  const plan = strategies({ seeds: [1], methods: strategies().methods.filter(({ name }) => ['best', 'classifier', 'CMA-ES'].includes(name)) });
  const expected = numbers(await compared(quiet, plan));
  await quiet.close();
  const services = home.services({}, { ...home.faults('search:2', 'contrast:svf', 'classifier:1'), ...home.holds('search:1') });
  const { id, jobId } = await services.call('comparisons.start', { plan });
  await nextEvent(services, 'search.generation', ({ generation }) => generation.generation === 1);
  await services.call('jobs.pause', { id: jobId });
  await jobInState(services, jobId, ['paused']);
  home.goOn();
  await services.call('jobs.resume', { id: jobId });
  expect((await ended(services, jobId)).error).toBeUndefined();
  expect(numbers(await services.call('comparisons.get', { id }))).toEqual(expected);
});

test('the report has the tables of the paper, and the same bytes from the same runs', async () => {
  const services = await trainedHome();
  const { id } = await compared(services, strategies());
  const { text, path } = await services.call('comparisons.report', { id });
  for (const heading of ['### Table 2: self-adaptation', '### Where the searches stand', '### Dispatch', '### Contributions of experts', '### First pass against second (table 3)', '### Score against examples and budget']) expect(text).toContain(heading);
  expect(text).toContain('36 cells, 36 finished, 0 failed');
  // all 6 questions of the experts and 2 of 3 for none at both seeds: Wilson’s intervals of so many, no narrower
  expect(text).toContain('| toy · embedding | 6 × 2 | 100.0 (61.0 … 100.0) | 3 × 2 | 66.7 (20.8 … 93.9) |');
  expect(text).toContain('| none of these | 2 | 0 | 4 |');
  expect((await services.call('comparisons.get', { id })).dispatch).toContainEqual(expect.objectContaining({ method: 'embedding', kind: 'embedding', seeds: [0, 1], questions: 9, confusion: { labels: ['one', 'two', 'base'], counts: [[6, 0, 0], [0, 6, 0], [2, 0, 4]] } }));
  expect(text).toMatch(/\| toy \| two \| CMA-ES \| cma-es \| 3 \| 4 of 4 \| 42 \| 0 \| 55\.0 /);
  expect(text).not.toContain('Table 7');
  expect((await services.call('comparisons.report', { id, path })).text).toBe(text);
});

test('a plan is refused where its experts are not there', async () => {
  const services = await trainedHome();
  await expect(services.call('comparisons.check', { plan: strategies({ experts: { comparison: 'nowhere', method: 'SVF' } }) })).rejects.toThrow('There is no comparison “nowhere” whose experts the plan uses');
  await expect(services.call('comparisons.check', { plan: strategies({ seeds: [7] }) })).rejects.toThrow('“trained” trained nothing by “SVF” on toy with seed 7');
  await expect(services.call('comparisons.check', { plan: strategies({ experts: { comparison: 'trained', method: 'LoRA' } }) })).rejects.toThrow('has no z');
  expect(() => strategies({ experts: undefined })).toThrow('A strategy needs experts');
  const { cells, trainings: list } = await services.call('comparisons.check', { plan: strategies() });
  expect(cells).toBe(36);
  expect(list.find(({ method }) => method === 'CMA-ES')).toMatchObject({ parameters: 2 });
});
