/** Searches, dispatchers and answers with a strategy, over the child engine: what is stored, told, refused and taken up again. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { quickSearch, type SearchConfig } from '../../../shared/adaptation.ts';
import { samplingSchema, type DecisionDto, type Events, type SearchDto } from '../../../shared/contract.ts';
import type { Services } from '../index.ts';
import { config, ended, Home, importQuestions, jobInState, nextEvent, startTraining } from '../testing/home.ts';

let home: Home;
beforeEach(() => void (home = new Home()));
afterEach(async () => home.clean());

const searchConfig = (changes: Partial<SearchConfig> = {}): SearchConfig => ({ ...quickSearch, generations: 6, population: 4, examples: 3, selectionRows: 2, testRows: 4, patience: 0, ...changes });

async function trained(services: Services, ...names: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const [seed, name] of names.entries()) {
    const { jobId } = await startTraining(services, { seed, steps: 4 }, name);
    await ended(services, jobId);
    const { experts } = await services.call('experts.list', { search: name, tags: [], sort: 'name', offset: 0, limit: 10 });
    ids.push(experts[0].id);
  }
  return ids;
}

async function searchInput(services: Services, changes: Partial<SearchConfig> = {}, name = 'found') {
  const expertIds = await trained(services, 'one', 'two');
  const [{ id: datasetId }] = await services.call('datasets.list', {});
  return { modelId: 'toy', raw: true, datasetId, grader: 'exact', expertIds, name, config: searchConfig(changes) };
}

/** All of a search but when it was made. */
const numbers = ({ generations, chosen, finalists, budget, stopped, test: score, start, rowsUsed, config }: SearchDto): object => ({ generations, chosen, finalists, budget, stopped, score, start, rowsUsed, config });

describe('a search', () => {
  test('stores every generation, tells it, and ends as a saved mix with its provenance', async () => {
    const services = home.services();
    const input = await searchInput(services);
    const told: Events['search.generation'][] = [];
    services.on('search.generation', (event) => void told.push(event));
    const { jobId, searchId } = await services.call('searches.start', input);
    expect(await ended(services, jobId)).toMatchObject({ state: 'succeeded', kind: 'search', searchId });
    const search = await services.call('searches.get', { id: searchId });
    expect(search.generations.map(({ generation }) => generation)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(told.map(({ generation }) => generation)).toEqual(search.generations);
    expect(search).toMatchObject({ state: 'succeeded', stopped: 'generations', mixName: 'found', start: { base: { score: 0.25 } }, test: { rows: 4 }, experts: [{ name: 'one' }, { name: 'two' }] });
    expect(search.rowsUsed).toMatchObject({ examples: { rows: 3, from: 'train rows of “sums”' }, selection: { rows: 2 }, test: { rows: 4, from: 'test rows of “sums”' } });
    const [mix] = await services.call('mixes.list', { modelId: 'toy' });
    expect(mix).toMatchObject({ id: search.mixId, name: 'found', searchId, parts: input.expertIds.map((expertId, i) => ({ expertId, alpha: search.chosen?.alphas[i] })) });
    expect(search.command).toBe('npm run -s singular -- adapt --model toy --data sums --grader exact --expert one --expert two --name found --raw --preset quick --set examples=3 --set selectionRows=2 --set testRows=4 --set population=4 --set generations=6 --set patience=0');
    expect((await services.call('searches.list', { offset: 0, limit: 10 })).searches).toMatchObject([{ id: searchId, budget: { generations: 6 } }]);
  });

  test('that ends at the base is an empty mix, and a mix of that name is not written over', async () => {
    const services = home.services();
    const input = await searchInput(services, { seed: 999 });
    await services.call('mixes.save', { name: 'found', modelId: 'toy', parts: [], form: 'base-anchored' });
    const { jobId, searchId } = await services.call('searches.start', input);
    await ended(services, jobId);
    const { mixId, mixName, chosen } = await services.call('searches.get', { id: searchId });
    expect([mixName, chosen?.kind]).toEqual(['found 2', 'base']);
    expect((await services.call('mixes.list', {})).find(({ id }) => id === mixId)?.parts).toEqual([]);
  });

  test('paused, taken up, and with an engine that dies in the middle, ends with the same numbers', async () => {
    const quiet = home.services();
    const input = await searchInput(quiet, { seed: 5 });
    const undisturbed = await quiet.call('searches.start', input);
    await ended(quiet, undisturbed.jobId);
    const expected = numbers(await quiet.call('searches.get', { id: undisturbed.searchId }));
    await quiet.close();

    const services = home.services({}, { ...home.faults('search:4'), ...home.holds('search:1') });
    const { jobId, searchId } = await services.call('searches.start', input);
    await nextEvent(services, 'search.generation', ({ generation }) => generation.generation === 1);
    await services.call('jobs.pause', { id: jobId });
    await jobInState(services, jobId, ['paused']);
    const paused = await services.call('searches.get', { id: searchId });
    expect(paused.generations).toHaveLength(2);
    expect(paused.budget?.generations).toBe(paused.generations.length);
    await services.call('jobs.resume', { id: jobId });
    expect((await ended(services, jobId)).state).toBe('succeeded');
    expect(numbers(await services.call('searches.get', { id: searchId }))).toEqual(expected);
  });

  test('kept in the middle gives what it has, cancelled gives no mix', async () => {
    const services = home.services({}, { CHILD_ENGINE_STEP_MS: '20' });
    const input = await searchInput(services, { generations: 500 });
    const kept = await services.call('searches.start', input);
    await nextEvent(services, 'search.generation', ({ searchId }) => searchId === kept.searchId);
    await services.call('jobs.keep', { id: kept.jobId });
    expect((await ended(services, kept.jobId)).state).toBe('succeeded');
    expect(await services.call('searches.get', { id: kept.searchId })).toMatchObject({ stopped: 'kept', mixName: 'found' });
    const cancelled = await services.call('searches.start', { ...input, name: 'never' });
    await nextEvent(services, 'search.generation', ({ searchId }) => searchId === cancelled.searchId);
    await expect(services.dispatch('searches.remove', { id: cancelled.searchId })).rejects.toMatchObject({ code: 'conflict' });
    await services.call('jobs.cancel', { id: cancelled.jobId });
    await ended(services, cancelled.jobId);
    expect(await services.call('searches.get', { id: cancelled.searchId })).toMatchObject({ state: 'cancelled' });
    expect((await services.call('mixes.list', {})).map(({ name }) => name)).toEqual(['found']);
    await services.call('searches.remove', { id: cancelled.searchId });
    expect((await services.call('searches.list', { offset: 0, limit: 10 })).total).toBe(1);
  });

  test('says what it would take: counts at once, seconds when this model has been searched before', async () => {
    const services = home.services();
    const { name: _name, grader: _grader, ...input } = await searchInput(services);
    // candidates 24 on 3 examples, the base and 2 experts before, 12 finalists after on 3 + 2 rows, 2 × 4 test rows; 2 tokens a prompt
    const answers = 3 * (24 + 3 + 12) + 2 * 12 + 2 * 4;
    expect(await services.call('searches.cost', input)).toEqual({ generations: 6, candidates: 24, answers, promptTokens: 2 * answers });
    const { jobId } = await services.call('searches.start', { ...input, name: 'found', grader: 'exact' });
    await ended(services, jobId);
    // the child engine takes 0.01 s for 12 answers of 4 tokens
    expect((await services.call('searches.cost', input)).secondsEstimated).toBeCloseTo(answers * 0.01 / 12, 9);
  });

  test('is repeated by a command that finds its experts whatever became of their names', async () => {
    const services = home.services();
    const input = await searchInput(services);
    const { jobId, searchId } = await services.call('searches.start', input);
    await ended(services, jobId);
    const [one, two] = input.expertIds;
    const experts = async (): Promise<string> => (await services.call('searches.get', { id: searchId })).command.match(/ --expert .* --name/)?.[0] ?? '';
    await services.call('experts.update', { id: one, name: 'first' });
    expect(await experts()).toBe(` --expert ${one} --expert two --name`);
    // the name is another's now
    await services.call('experts.update', { id: two, name: 'one' });
    expect(await experts()).toBe(` --expert ${one} --expert ${two} --name`);
    expect((await services.call('searches.list', { offset: 0, limit: 10 })).searches[0].command).toContain(await experts());
    await services.call('experts.update', { id: two, name: 'two' });
    await services.call('experts.update', { id: one, name: 'one' });
    expect(await experts()).toBe(' --expert one --expert two --name');
    await services.call('experts.remove', { id: two });
    expect(await experts()).toBe(` --expert one --expert ${two} --name`);
  });

  test('is refused for experts that cannot be mixed', async () => {
    const services = home.services();
    const input = await searchInput(services);
    await expect(services.call('searches.start', { ...input, expertIds: [input.expertIds[0], input.expertIds[0]] })).rejects.toThrow('is named twice');
    await expect(services.call('searches.start', { ...input, config: searchConfig({ normalised: true }) })).rejects.toThrow('“low” must not be below 0');
    const waiting = await services.call('searches.start', input);
    await services.call('jobs.pause', { id: waiting.jobId });
    await services.call('experts.remove', { id: input.expertIds[1] });
    await expect(services.call('searches.start', input)).rejects.toThrow('“two” was removed');
    await services.call('jobs.resume', { id: waiting.jobId });
    expect((await ended(services, waiting.jobId)).error?.message).toContain('“two” was removed');
  });
});

/** Two experts with a dataset each, and one more dataset that is nobody's. */
async function library(services: Services): Promise<string[]> {
  await importQuestions(services, home);
  const datasets = await services.call('datasets.list', {});
  const ids: string[] = [];
  for (const name of ['one', 'two']) {
    const datasetId = datasets.find((dataset) => dataset.name === name)?.id ?? '';
    const { jobId, runId } = await services.call('train.start', { modelId: 'toy', raw: true, datasetId, grader: 'exact', name: `expert of ${name}`, preset: 'custom', config: config({ steps: 4, seed: ids.length }), tags: [] });
    await ended(services, jobId);
    ids.push((await services.call('runs.get', { id: runId })).expertId ?? '');
  }
  return ids;
}

const sampling = samplingSchema.parse({ maxTokens: 4, seed: 3 });
const make = async (services: Services, kind: 'prompt' | 'classifier' | 'embedding', expertIds?: string[]): Promise<string> => {
  const { jobId, dispatcherId } = await services.call('dispatchers.make', { modelId: 'toy', kind, seed: 0, ...(expertIds && { expertIds }) });
  expect((await ended(services, jobId)).error).toBeUndefined();
  return dispatcherId;
};

describe('a dispatcher', () => {
  test.each(['prompt', 'classifier', 'embedding'] as const)('by %s is measured on held-out questions of the experts and on bundled ones for none', async (kind) => {
    const services = home.services();
    const [one, two] = await library(services);
    const id = await make(services, kind);
    const [dispatcher] = await services.call('dispatchers.list', { modelId: 'toy' });
    expect(dispatcher).toMatchObject({ id, kind, stale: false, experts: [{ id: one, name: 'expert of one' }, { id: two, name: 'expert of two' }] });
    // test rows: 3 of each expert's dataset, and 3 bundled ones for none, of which one looks like the first expert's
    expect(dispatcher.confusion).toEqual({ labels: ['expert of one', 'expert of two', 'base'], counts: [[3, 0, 0], [0, 3, 0], [1, 0, 2]] });
    expect(dispatcher.accuracy?.mean).toBeCloseTo(8 / 9, 9);
    expect(dispatcher.firstPassMs).toBe(1);
  });

  test('leaves to the base what the person says is for no expert, but not what an expert was trained on', async () => {
    const services = home.services();
    await library(services);
    const idOf = async (name: string): Promise<string> => (await services.call('datasets.list', {})).find((dataset) => dataset.name === name)?.id ?? '';
    const { jobId } = await services.call('dispatchers.make', { modelId: 'toy', kind: 'embedding', seed: 0, othersIds: [await idOf('other'), await idOf('sums')] });
    await ended(services, jobId);
    // 3 of “other”, and 5 sums, of which those that begin with an even number look like the first expert's
    expect((await services.call('dispatchers.list', { modelId: 'toy' }))[0].confusion?.counts).toEqual([[3, 0, 0], [0, 3, 0], [3, 2, 3]]);
    await expect(services.call('dispatchers.make', { modelId: 'toy', kind: 'embedding', seed: 0, othersIds: [await idOf('two')] })).rejects.toThrow('An expert was trained on “two”');
    await expect(services.call('dispatchers.make', { modelId: 'toy', kind: 'embedding', seed: 0, othersIds: ['gone'] })).rejects.toThrow('There is no dataset gone');
  });

  test('is stale once the library has changed, and is renewed in its place; a classifier goes on where an expert was added', async () => {
    const services = home.services();
    const [one, two] = await library(services);
    const first = await make(services, 'classifier', [one]);
    await services.call('experts.update', { id: two, name: 'renamed' });
    expect((await services.call('dispatchers.list', { modelId: 'toy' }))[0]).toMatchObject({ stale: true, experts: [{ id: one }] });
    expect(await make(services, 'classifier')).toBe(first);
    expect(await services.call('dispatchers.list', { modelId: 'toy' })).toMatchObject([{ id: first, stale: false, experts: [{ id: one }, { id: two, name: 'renamed' }] }]);
    await services.call('dispatchers.remove', { id: first });
    expect(await services.call('dispatchers.list', { modelId: 'toy' })).toEqual([]);
  });

  test('says what making it would take: questions and steps at once, seconds when one of its kind was made before', async () => {
    const services = home.services();
    await library(services);
    const cost = async (kind: 'prompt' | 'classifier' | 'embedding') => services.call('dispatchers.cost', { modelId: 'toy', kind, seed: 0 });
    expect(await cost('classifier')).toEqual({ training: 21, validation: 0, heldOut: 9, steps: 72 });
    expect(await cost('prompt')).toEqual({ training: 0, validation: 0, heldOut: 9, steps: 0 });
    const sums = (await services.call('datasets.list', {})).find(({ name }) => name === 'sums')?.id ?? '';
    // 7 training and 3 test rows of each expert; of the 15 training rows of “sums”, 256 parts in 296 to learn from, and its 5 test rows
    expect(await services.call('dispatchers.cost', { modelId: 'toy', kind: 'classifier', seed: 0, othersIds: [sums] })).toEqual({ training: 7 + 7 + 13, validation: 2, heldOut: 3 + 3 + 5, steps: 72 });
    await make(services, 'embedding');
    const [{ confusion, jobId, seconds }] = await services.call('dispatchers.list', { modelId: 'toy' });
    expect(confusion?.counts.flat().reduce((sum, count) => sum + count)).toBe((await cost('embedding')).heldOut);
    const { startedAt, endedAt } = (await services.call('jobs.list', { offset: 0, limit: 100 })).find(({ id }) => id === jobId) ?? {};
    expect((await cost('embedding')).secondsEstimated).toBeCloseTo(((endedAt ?? 0) - (startedAt ?? 0)) / 1000, 9);
    expect((await cost('classifier')).secondsEstimated).toBeUndefined();
    await services.call('jobs.clear', {});
    expect((await cost('embedding')).secondsEstimated).toBeCloseTo(seconds ?? -1, 9);
  });

  test('cannot be made, nor priced, where there is no expert', async () => {
    const services = home.services();
    const refusal = { code: 'conflict', message: expect.stringContaining('has no expert whose dataset is here; train one first.') as string };
    await expect(services.call('dispatchers.make', { modelId: 'toy', kind: 'embedding', seed: 0 })).rejects.toMatchObject(refusal);
    await expect(services.call('dispatchers.cost', { modelId: 'toy', kind: 'embedding', seed: 0 })).rejects.toMatchObject(refusal);
  });

  test('leaves out and names an expert whose dataset is gone, and refuses one that was asked for', async () => {
    const services = home.services();
    const [one, two] = await library(services);
    const gone = (await services.call('datasets.list', {})).find(({ name }) => name === 'two');
    await services.call('datasets.remove', { id: gone?.id ?? '' });
    const notice = nextEvent(services, 'notice', ({ message }) => message.startsWith('Left out'));
    await make(services, 'embedding');
    expect((await notice).message).toBe('Left out: “expert of two”: the dataset that it was trained on is not here, so there is no question to learn from.');
    expect((await services.call('dispatchers.list', { modelId: 'toy' }))[0].experts.map(({ id }) => id)).toEqual([one]);
    await expect(services.call('dispatchers.make', { modelId: 'toy', kind: 'embedding', seed: 0, expertIds: [one, two] })).rejects.toThrow('“expert of two”: the dataset');
  });
});

describe('answering with a strategy', () => {
  const prompts = ['for expert 0', 'for expert 1', 'for expert 8'];

  test('a batch: each prompt is answered as by its own expert alone, and the base where none is meant', async () => {
    const services = home.services();
    const ids = await library(services);
    await expect(services.call('adapt.answer', { modelId: 'toy', prompts, raw: true, strategy: 'embedding', sampling })).rejects.toThrow('has no dispatcher by embedding yet');
    await make(services, 'embedding');
    const answers = await services.call('adapt.answer', { modelId: 'toy', prompts, raw: true, strategy: 'embedding', sampling });
    expect(answers.map(({ decision }) => decision?.expertId)).toEqual([...ids, null]);
    expect(answers[2].decision).toEqual({ strategy: 'embedding', expertId: null, expertName: 'base', confidence: 1, firstPassMs: 3, probabilities: [{ name: 'expert of one', probability: 0 }, { name: 'expert of two', probability: 0 }, { name: 'base', probability: 1 }] });
    for (const [i, id] of [...ids, null].entries()) {
      const mix = await services.call('mixes.save', { name: `alone ${i}`, modelId: 'toy', parts: id === null ? [] : [{ expertId: id, alpha: 1, muted: false, solo: false }], form: 'base-anchored' });
      const [alone] = await services.call('adapt.answer', { modelId: 'toy', prompts: [prompts[i]], raw: true, strategy: { mixId: mix.id }, sampling });
      expect(answers[i].ids).toEqual(alone.ids);
      expect(alone.alphas).toEqual(id === null ? [] : [{ name: i === 0 ? 'expert of one' : 'expert of two', alpha: 1 }]);
    }
  });

  test('by prompt needs no making', async () => {
    const services = home.services();
    const [one] = await library(services);
    const [answer] = await services.call('adapt.answer', { modelId: 'toy', prompts: prompts.slice(0, 1), raw: true, strategy: 'prompt', sampling });
    expect(answer).toMatchObject({ tokens: 4, decision: { strategy: 'prompt', expertId: one }, firstPassMs: 1 });
  });

  test('a dispatcher that knows a removed expert says so', async () => {
    const services = home.services();
    const [one] = await library(services);
    await make(services, 'embedding');
    await services.call('experts.remove', { id: one });
    await expect(services.call('adapt.answer', { modelId: 'toy', prompts, raw: true, strategy: 'embedding', sampling })).rejects.toThrow('knows the expert “expert of one”, which was removed');
  });

  test('on the desk the decision is told before the first token, and the base side is the base', async () => {
    const services = home.services();
    const [one] = await library(services);
    await make(services, 'embedding');
    const order: string[] = [];
    let decided: DecisionDto | undefined;
    const spoken: Record<string, string> = { base: '', mix: '' };
    services.on('answer.decided', ({ decision }) => {
      decided = decision;
      order.push('decided');
    });
    services.on('answer.tokens', ({ side, tokens }) => {
      order.push(side);
      spoken[side] += tokens.map(({ text }) => text).join('');
    });
    const both = nextEvent(services, 'answer.compared', () => true);
    const { answerId } = await services.call('desk.answer', { strategy: 'embedding', modelId: 'toy', prompt: prompts[0], raw: true, parts: [], form: 'base-anchored', sampling, sides: 'both' });
    expect((await both).answerId).toBe(answerId);
    expect(order[0]).toBe('decided');
    expect(decided?.expertId).toBe(one);
    const alone = await services.call('adapt.answer', { modelId: 'toy', prompts: [prompts[0]], raw: true, strategy: 'none', sampling });
    expect(spoken['base']).toBe(alone[0].text);
    expect(spoken['mix']).not.toBe(spoken['base']);
    const conversation = await services.call('conversations.get', { id: answerId });
    expect(conversation.messages.map(({ role }) => role)).toEqual(['user', 'base', 'mix']);
  });
});
