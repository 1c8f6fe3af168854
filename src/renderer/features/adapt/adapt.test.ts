import { describe, expect, it, vi } from 'vitest';
import { paperSearch, quickSearch, searchConfigSchema, type CandidateDto, type GenerationDto } from '../../../shared/adaptation.ts';
import { mixPartSchema, type Bridge, type CallName, type DatasetDto, type EventName, type Events, type ExpertDto, type SearchDto, type SearchSummaryDto } from '../../../shared/contract.ts';
import type { TaskDto } from '../../../shared/task.ts';
import { toCsv } from '../../charts/figure/table.ts';
import { axesOf, Brush, brushOf, moved } from './brush.svelte.ts';
import { AdaptDraft } from './draft.svelte.ts';
import { namedGenerations } from './generation-axis.ts';
import { layersOf } from './lines.ts';
import { LiveSearch } from './live-search.svelte.ts';
import { alphaDomain, bestAlone, candidatesTable, coordinate, deviationOf, drawnTable, finalistName, partsOf, populationOf, populationTable, sameAlphas, withGeneration } from './population.ts';
import { allSettings, defaultName, faultsOf, presetDifferences } from './settings.ts';
import { comparedOn, foundIn, foundLabel } from './words.ts';

const candidate = (x: number[], score: number, generation = 0, tieBreak = 0): CandidateDto => ({ x, alphas: x, score, tieBreak, generation });
const generation = (at: number, candidates: CandidateDto[]): GenerationDto => ({ generation: at, candidates, elites: [0], mean: [0.5, 0.2], deviation: [0.1, 0.2], best: candidates[0], seconds: 1 });
const generations = [generation(0, [candidate([0, 0.4], 0.2), candidate([1, -0.2], 0.6)]), generation(1, [candidate([0.8, 0.1], 0.6, 1, -1), candidate([0.9, 0.1], 0.6, 1, -0.5)])];
const search = { id: 's', jobId: 'j', state: 'running', generations, experts: [{ id: 'a', name: 'math' }, { id: 'b', name: 'code' }], config: quickSearch } as unknown as SearchDto;

describe('the picture of a population', () => {
  it('has every candidate of every generation on the coordinate of each expert', () => {
    const [math, code] = populationOf(generations, ['math', 'code'], null);
    expect(math.points.map(({ value }) => value)).toEqual([0, 1, 0.8, 0.9]);
    expect(code.points.map(({ elite }) => elite)).toEqual([true, false, true, false]);
    expect(code.bands[1]).toEqual({ generation: 1, mean: 0.2, deviation: 0.2 });
  });
  it('takes one layer of an expert, or the mean over its layers', () => {
    const x = [1, 2, 3, 10, 20, 30];
    expect([coordinate(x, 0, 2, null), coordinate(x, 1, 2, null), coordinate(x, 1, 2, 2)]).toEqual([2, 20, 30]);
  });
  it('has the deviation of a mean over layers, not the mean of the deviations: √(Σ σ²) / L', () => {
    const deviation = [0.3, 0.4, 0.1, 0.1];
    expect(deviationOf(deviation, 0, 2, null)).toBeCloseTo(0.25, 12);
    expect([deviationOf(deviation, 0, 2, 1), deviationOf([0.3, 0.4], 1, 2, null)]).toEqual([0.4, 0.4]);
    // against draws: two layers, each normal with a deviation of 0.4, have a mean with 0.4 / √2
    let seed = 7;
    const uniform = (): number => (seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296;
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    const means = Array.from({ length: 20_000 }, () => coordinate([0.4 * normal(), 0.4 * normal()], 0, 1, null));
    expect(Math.sqrt(means.reduce((sum, value) => sum + value ** 2, 0) / means.length)).toBeCloseTo(deviationOf([0.4, 0.4], 0, 1, null), 2);
  });
  it('is a file of the drawn numbers: every dot, with the line and the band of its generation', () => {
    const shared = [{ ...generations[0], candidates: [{ ...candidate([0.5, 1.5], 0.2), alphas: [0.25, 0.75] }] }];
    expect(toCsv(drawnTable(shared, ['math', 'code'], { layer: null, layers: 0, normalised: true }))).toBe([
      'Generation,Candidate,Elite,"Score, %","α of math, before sharing out","α of code, before sharing out","math, mean α, before sharing out","math, deviation, before sharing out","code, mean α, before sharing out","code, deviation, before sharing out"',
      '1,1,yes,20,0.5,1.5,0.5,0.1,0.2,0.2', ''].join('\r\n'));
    const layered = [{ ...generations[0], mean: [0, 1], deviation: [0.3, 0.4], candidates: [candidate([0.2, 0.6], 0.5)] }];
    const rows = (layer: number | null) => drawnTable(layered, ['math'], { layer, layers: 2, normalised: false });
    expect([rows(null).rows, rows(1).rows]).toEqual([[[1, 1, 'yes', 0.5, 0.4, 0.5, 0.25]], [[1, 1, 'yes', 0.5, 0.6, 1, 0.4]]]);
    expect(rows(1).columns[4].label).toBe('α of math, layer 1');
    expect(populationTable(layered, ['math'], { layer: null, layers: 2, normalised: false }).rows).toEqual([[1, 1, 0.5, 0.5, 0.25]]);
  });
  it('names the first and the last generation, and round ones between them that do not touch', () => {
    expect(namedGenerations(18, 200, 44)).toEqual([1, 5, 10, 15, 18]);
    expect(namedGenerations(8, 400, 44)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([namedGenerations(1, 200, 44), namedGenerations(2, 10, 44), namedGenerations(100, 200, 44)]).toEqual([[1], [1, 2], [1, 50, 100]]);
  });
  it('spans more candidates than a call takes arguments', () => {
    const points = Array.from({ length: 200_000 }, (_, at) => ({ generation: 0, value: at / 100_000 - 0.5, elite: false, spread: 0 }));
    expect(alphaDomain([{ name: 'math', points, bands: [] }], { low: 0, high: 1 })).toEqual([-0.5, 1.49999]);
  });
  it('names a finalist by the generation that it is from', () => {
    const finalist = { kind: 'candidate' as const, alphas: [0.9, 0.1], search: { score: 1, tieBreak: 0 } };
    expect([finalistName(finalist, search), finalistName({ ...finalist, alphas: [9, 9] }, search), finalistName({ ...finalist, kind: 'expert', expert: 1 }, search)]).toEqual(['Candidate of generation 2', 'Candidate', 'code alone']);
  });
  it('says who is best alone, everyone of them where they tie', () => {
    const of = (...scores: number[]) => bestAlone({ experts: scores.map((_, at) => ({ id: String(at), name: `e${at}` })), start: { base: { score: 0, tieBreak: 0 }, experts: scores.map((score) => ({ score, tieBreak: 0 })) } });
    expect([of(0.2, 0.5)?.text, of(0.5, 0.2, 0.5)?.text, of(0.5, 0.5, 0.5, 0.1)]).toEqual(['e1', 'e0 and e2', { score: 0.5, names: ['e0', 'e1', 'e2'], text: 'e0 and 2 others' }]);
    expect(bestAlone({ experts: search.experts, start: undefined })).toBeNull();
  });
  it('is a file of all candidates with a column for each layer', () => {
    const layered = [{ ...generations[0], mean: [0, 0, 0, 0], candidates: [{ ...candidate([0, 1, 2, 3], 0.5), alphas: [[0, 1], [2, 3]] }] }];
    expect(toCsv(candidatesTable(layered, ['math', 'math']))).toBe('Generation,Elite,"Score, %",Tie-break,"α of math, layer 0","α of math, layer 1","α of math (2), layer 0","α of math (2), layer 1"\r\n1,yes,50,0,0,1,2,3\r\n');
  });
});

describe('a candidate on the desk', () => {
  it('is parts as the contract wants them, per layer too', () => {
    const parts = partsOf(search.experts, [0.5, [0.1, -0.2]]);
    expect(mixPartSchema.array().parse(JSON.parse(JSON.stringify(parts)))).toEqual([{ expertId: 'a', alpha: 0.5, muted: false, solo: false }, { expertId: 'b', alpha: [0.1, -0.2], muted: false, solo: false }]);
    expect([sameAlphas([0.5, [0.1]], [0.5, [0.1]]), sameAlphas([0.5], [[0.5]])]).toEqual([true, false]);
  });
});

describe('the brushed axes', () => {
  const axes = axesOf(generations, ['math', 'code']);
  it('are generation, an α for each expert, and the score; the names drawn are the experts’ own', () => expect(axes.map(({ label, name }) => [label, name])).toEqual([['Generation', 'Generation'], ['α of math', 'math'], ['α of code', 'code'], ['Score', 'Score']]));
  it('have no score below 0 or above 100 %, also where all scores are one', () => {
    const [, , , score] = axesOf([generation(0, [candidate([0, 0.4], 0.1)])], ['math', 'code']);
    expect(score.domain).toEqual([0, 0.6]);
  });
  it('choose what lies within all ranges, the best first, ties by likelihood', () => {
    const brush = new Brush();
    expect(brush.chosen(generations, axes).map(({ x }) => x[0])).toEqual([1, 0.9, 0.8, 0]);
    brush.set(axes[1], [0.5, 0.95]);
    expect(brush.chosen(generations, axes).map(({ x }) => x[0])).toEqual([0.9, 0.8]);
    brush.set(axes[0], [1, 1]);
    expect(brush.chosen(generations, axes)).toEqual([]);
    brush.set(axes[0], axes[0].domain);
    brush.set(axes[1], axes[1].domain);
    expect(brush.active).toBe(false);
  });
  it('are still brushed when the same search is looked at again, each search by itself', () => {
    brushOf('one').set(axes[1], [0.5, 0.95]);
    expect([brushOf('one').active, brushOf('two').active]).toEqual([true, false]);
  });
  it('draw the elites of the newest generation strong, and what is older ever fainter', () => {
    const many = Array.from({ length: 12 }, (_, at) => generation(at, [candidate([1, 0], 0.5, at), candidate([0, 0], 0.1, at)]));
    const layers = layersOf(many, () => true);
    const of = (elite: boolean) => layers.filter((one) => one.elite === elite);
    expect(of(true).map(({ candidates }) => candidates.map((one) => one.generation))).toEqual([[3, 2, 1, 0], [4], [5], [6], [7], [8], [9], [10], [11]]);
    for (const kind of [true, false]) expect(of(kind).map(({ opacity }) => opacity)).toEqual(of(kind).map(({ opacity }) => opacity).toSorted((a, b) => a - b));
    expect(layers.at(-1)).toMatchObject({ elite: true, newest: true, opacity: 1 });
    // the newest of what is chosen is strong, so that a range of generations shows how it stood then
    expect(layersOf(many, (one) => one.generation < 5).at(-1)?.candidates[0].generation).toBe(4);
    expect(layersOf(many, () => false)).toEqual([]);
  });
  it('move an end within the scale and never past the other', () => {
    expect(moved([0, 1], 0, 2, [-1, 3])).toEqual([1, 1]);
    expect(moved([0, 1], 1, 9, [-1, 3])).toEqual([0, 3]);
    expect(moved([0, 1], 0, -9, [-1, 3])).toEqual([-1, 1]);
  });
  it('take new generations into a whole axis', () => {
    const brush = new Brush();
    brush.set(axes[3], [0.6, 0.6]);
    const more = [...generations, generation(2, [candidate([0.7, 0], 0.9, 2)])];
    expect(brush.chosen(more, axesOf(more, ['math', 'code'])).map(({ score }) => score)).toEqual([0.6, 0.6, 0.6]);
  });
});

describe('what a search ended with', () => {
  const finalists = (selection?: number): SearchDto['finalists'] => [{ kind: 'base', alphas: [0, 0], search: { score: 0, tieBreak: 0 }, ...(selection !== undefined && { selection }) }];
  const of = (chosen: Partial<NonNullable<SearchDto['chosen']>>) => foundIn({ ...search, chosen: { ...finalists()[0], ...chosen } });
  it('is a found mix only where no expert alone and not the base was chosen', () => {
    expect([of({ kind: 'candidate' }), of({ kind: 'centre' })]).toEqual([{ kind: 'mix' }, { kind: 'mix' }]);
    expect(of({ kind: 'expert', expert: 1, alphas: [0, 1] })).toEqual({ kind: 'expert', name: 'code' });
    expect([of({ kind: 'expert', expert: 1 }), of({ kind: 'base' })].map(foundLabel)).toEqual(['What was chosen, code alone', 'What was chosen, the base']);
  });
  it('was compared on selection rows, or on the examples where there are none', () => {
    expect([comparedOn({ ...search, finalists: finalists(0.5) }), comparedOn({ ...search, finalists: finalists() })]).toEqual(['selection rows', '10 examples']);
  });
});

describe('a live search', () => {
  const budget = { generations: 3, answers: 9, answerTokens: 5, seconds: 1 };
  it('takes a repeated generation in the place of the first: a resumed search does one again', () => {
    const again = generation(1, [candidate([0.3, 0.3], 0.9, 1)]);
    const next = withGeneration(search, { generation: again, budget });
    expect(next.generations.map((one) => one.candidates.length)).toEqual([2, 1]);
    expect(next.budget).toEqual(budget);
  });
  it('keeps what events brought while it was read', async () => {
    const listeners = new Map<EventName, (payload: never) => void>();
    let answer: (value: SearchDto) => void = () => undefined;
    const bridge = { call: () => new Promise<SearchDto>((resolve) => (answer = resolve)), on: (event: EventName, listener: (payload: never) => void) => { listeners.set(event, listener); return () => undefined; }, pathOf: async () => '' } as unknown as Bridge;
    const live = new LiveSearch(bridge, 's');
    live.open();
    const event: Events['search.generation'] = { searchId: 's', generation: generation(2, [candidate([1, 1], 1, 2)]), budget };
    listeners.get('search.generation')?.(event as never);
    answer({ ...search, start: { base: { score: 0, tieBreak: 0 }, experts: [] } });
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(live.search?.generations.map((one) => one.generation)).toEqual([0, 1, 2]);
  });
  it('draws a short search with each generation, and a long one less often, without losing any', async () => {
    vi.useFakeTimers();
    const listeners = new Map<string, (event: never) => void>();
    const start = { base: { score: 0, tieBreak: 0 }, experts: [] };
    const long = { ...search, start, generations: Array.from({ length: 98 }, (_, at) => generation(at, [candidate([0, 0], 0, at)])) };
    const bridge = { call: async () => long, on: (name: string, listener: (event: never) => void) => (listeners.set(name, listener), () => undefined) } as unknown as Bridge;
    const live = new LiveSearch(bridge, 's');
    const close = live.open();
    await vi.advanceTimersByTimeAsync(0);
    const shown: number[] = [];
    for (let at = 98; at < 104; at++) {
      listeners.get('search.generation')?.({ searchId: 's', generation: generation(at, [candidate([1, 1], 1, at)]), budget: { generations: at + 1, answers: 0, answerTokens: 0, seconds: 0 } } as never);
      shown.push(live.search?.generations.length ?? 0);
    }
    expect(shown).toEqual([99, 100, 100, 100, 100, 100]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(live.search?.generations.map((one) => one.generation)).toEqual(Array.from({ length: 104 }, (_, at) => at));
    close();
    vi.useRealTimers();
  });
});

describe('the settings of a search', () => {
  it('are every one of the contract’s, each described', () => {
    expect(allSettings.map(({ key }) => key).sort()).toEqual(Object.keys(searchConfigSchema.shape).sort());
    expect(allSettings.filter(({ description }) => description === '')).toEqual([]);
  });
  it('show what the presets differ in, and only that', () => {
    expect(presetDifferences.map(({ key }) => key).sort()).toEqual((Object.keys(quickSearch) as (keyof typeof quickSearch)[]).filter((key) => quickSearch[key] !== paperSearch[key]).sort());
  });
  it('name a search by what it leaves its preset in', () => {
    expect(defaultName('math', quickSearch)).toBe('math, 10 examples');
    expect(defaultName('math', { ...quickSearch, examples: 1, perLayer: true })).toBe('math, 1 example, by layer');
    expect(defaultName('math', { ...quickSearch, optimiser: 'cem', seed: 3 })).toBe('math, 10 examples, CEM, seed 3');
    expect(defaultName('math', { ...paperSearch, perLayer: true })).toBe('math, 10 examples, paper, by layer');
    expect(defaultName('math', { ...quickSearch, normalised: true, low: 0, high: 1, generations: 5, temperature: 1, maxTokens: 8 })).toBe('math, 10 examples, generations at most 5, shared out, smallest α 0, largest α 1, 2 more');
    expect(defaultName('x'.repeat(200), quickSearch)).toHaveLength(120);
  });
  it('say what cannot be used', () => {
    expect(faultsOf(quickSearch)).toEqual({});
    expect(faultsOf({ ...quickSearch, population: 2 })).toEqual({ population: 'At least 4.' });
    expect(Object.values(faultsOf({ ...quickSearch, low: 2, high: 1 }))).toEqual(['The smallest α must be below the largest.']);
  });
});

describe('an adaptation being put together', () => {
  const task: TaskDto = { id: 't', name: 'math-hard', source: 'bundled', datasetId: 'd', datasetName: 'math-hard', rows: 9, grader: 'number', raw: false, mapping: { kind: 'prompt-answer', prompt: 'prompt', answer: 'answer' }, splits: { by: 'dataset' }, createdAt: 0, updatedAt: 0 };
  function services(refuse = false) {
    const calls: { name: CallName; input: Record<string, unknown> }[] = [];
    const bridge = { call: async (name: CallName, input: Record<string, unknown>) => {
      calls.push({ name, input });
      if (name === 'experts.list') return { experts: [{ id: 'a', name: 'math' }, { id: 'b', name: 'code' }] as ExpertDto[], total: 2, tags: [] };
      if (refuse) throw new Error('no');
      if (name === 'dispatchers.cost') return { training: 512, validation: 80, heldOut: 400, steps: 36 };
      return name === 'searches.start' ? { jobId: 'j', searchId: 's' } : { generations: 20, candidates: 640, answers: 1, promptTokens: 1 };
    } } as unknown as Bridge;
    return { calls, draft: new AdaptDraft(bridge) };
  }
  async function filled(refuse = false) {
    const { calls, draft } = services(refuse);
    draft.modelId = 'm';
    await draft.readExperts();
    draft.task.choose(task);
    return { calls, draft };
  }
  it('says what is missing, and starts with exactly what is on the screen', async () => {
    expect(services().draft.missing).toEqual(['a model', 'an expert', 'a task', 'a name']);
    const { calls, draft } = await filled();
    draft.toggleExpert('b');
    draft.usePreset('paper');
    draft.set('examples', 3);
    expect(draft.preset).toBeNull();
    expect(await draft.start()).toBe('s');
    expect(calls.at(-1)).toEqual({ name: 'searches.start', input: { modelId: 'm', taskId: 't', datasetId: 'd', mapping: task.mapping, grader: 'number', raw: false, splits: task.splits, expertIds: ['a'], name: 'math-hard, 3 examples, paper', config: { ...paperSearch, examples: 3 } } });
  });
  it('is not asked for a price it cannot have, and keeps a refusal to show it', async () => {
    const { calls, draft } = await filled(true);
    draft.set('population', 1);
    await draft.estimate();
    expect(calls.filter(({ name }) => name === 'searches.cost')).toEqual([]);
    draft.usePreset('quick');
    await draft.estimate();
    expect(draft.costError).toBeInstanceOf(Error);
    expect([await draft.start(), draft.error]).toEqual([null, expect.any(Error)]);
  });
  it('has the price of a dispatcher in place of the search’s', async () => {
    const { calls, draft } = await filled();
    await draft.estimate();
    expect([draft.cost?.candidates, draft.making]).toEqual([640, null]);
    draft.way = 'classifier';
    await draft.estimate();
    expect(calls.at(-1)).toEqual({ name: 'dispatchers.cost', input: { modelId: 'm', kind: 'classifier', expertIds: ['a', 'b'] } });
    expect([draft.cost, draft.making?.steps]).toEqual([null, 36]);
  });
  it('takes up what an earlier search used, and says what became of its task', async () => {
    const { draft } = services();
    const reading = { mapping: { ...task.mapping, template: 'Q: {prompt}' }, splits: task.splits };
    const earlier = { modelId: 'm', datasetId: 'd', datasetName: 'math-hard', grader: 'exact', raw: true, experts: [{ id: 'a', name: 'math' }], config: quickSearch, task: 'math-hard', reading } as unknown as SearchSummaryDto;
    const datasets = [{ id: 'd', name: 'math-hard', mapping: task.mapping }] as DatasetDto[];
    draft.takeUp(earlier, { datasets, tasks: [task] });
    expect([draft.task.named, draft.task.changed]).toEqual([{ taskId: 't', datasetId: 'd', ...reading, grader: 'exact', raw: true }, true]);
    const { reading: _reading, task: _task, ...ofEarlierVersion } = earlier;
    draft.takeUp(ofEarlierVersion, { datasets, tasks: [] });
    expect(draft.task.named).toEqual({ datasetId: 'd', mapping: task.mapping, splits: { by: 'dataset' }, grader: 'exact', raw: true });
    draft.takeUp(earlier, { datasets: [], tasks: [] });
    expect(draft.missing).toContain('a task');
  });
  it('says which experts of an earlier search are gone, in whatever order the library is read', async () => {
    const earlier = { modelId: 'm', datasetId: 'd', grader: 'exact', raw: true, experts: [{ id: 'b', name: 'code' }, { id: 'x', name: 'old' }], config: quickSearch } as unknown as SearchSummaryDto;
    const { draft: read } = await filled();
    const { draft: unread } = services();
    for (const draft of [read, unread]) draft.takeUp(earlier, { datasets: [], tasks: [] });
    await unread.readExperts();
    for (const draft of [read, unread]) expect([draft.expertIds, draft.dropped]).toEqual([['b'], ['old']]);
    unread.modelId = 'other';
    await unread.readExperts();
    expect(unread.dropped).toEqual([]);
  });
  it('knows a preset whatever the seed', async () => {
    const { draft } = await filled();
    draft.set('seed', 7);
    expect(draft.preset).toBe('quick');
    draft.usePreset('paper');
    expect([draft.preset, draft.config.seed]).toEqual(['paper', 7]);
  });
});
