import { describe, expect, it } from 'vitest';
import { quickSearch } from '../../../shared/adaptation.ts';
import type { Bridge, CallName, ComparisonDetailDto, SearchSummaryDto } from '../../../shared/contract.ts';
import { median, storedBars, Timing } from './timing.svelte.ts';
import { contributionsOf, fromComparisons, fromSearches, meansOf, seriesOf } from './trend.ts';

const interval = (mean: number) => ({ mean, low: mean - 0.02, high: mean + 0.02 });
const search = (id: string, datasetName: string, examples: number, score: number, alphas: (number | number[])[], more: Partial<SearchSummaryDto> = {}): SearchSummaryDto => ({
  id, name: id, state: 'succeeded', datasetName, modelId: 'm', modelName: 'tiny', experts: [{ id: 'a', name: 'math' }, { id: 'b', name: 'code' }].slice(0, alphas.length), config: { ...quickSearch, examples },
  budget: { generations: 1, answers: examples * 100, answerTokens: 1, seconds: 1 }, chosen: { kind: 'candidate', alphas, search: { score: 1, tieBreak: 0 } },
  test: { rows: 100, samples: 1, temperature: 0, base: interval(0.3), score: interval(score), gain: interval(score - 0.3) }, ...more,
} as unknown as SearchSummaryDto);

describe('what stored searches say', () => {
  const list = [search('s1', 'math', 10, 0.5, [1, 0]), search('s2', 'math', 3, 0.4, [0.5, 0.5]), search('s3', 'math', 10, 0.6, [[0.8, 1], [0, -0.2]]), search('s4', 'code', 5, 0.4, [0.2]), search('s5', 'code', 5, 0.1, [0], { test: undefined, budget: undefined })];
  it('is a series for each task, by examples or by answers, without those that have no test score', () => {
    const [code, math] = seriesOf(fromSearches(list), 'examples');
    expect([code.name, code.points.length, math.points.map(({ x }) => x)]).toEqual(['code, CMA-ES', 1, [3, 10, 10]]);
    expect(seriesOf(fromSearches(list), 'answers')[1].points.map(({ x }) => x)).toEqual([300, 1000, 1000]);
    expect(meansOf(math.points).map(({ mean }) => Number(mean.toFixed(3)))).toEqual([0.1, 0.25]);
  });
  it('are the α of the best search of each task, layers as their mean, and nothing for an expert that was not there', () => {
    const { experts, rows } = contributionsOf(fromSearches(list));
    expect(experts).toEqual(['math', 'code']);
    expect(rows.map(({ label, mix: { id } }) => [label, id])).toEqual([['code', 's4'], ['math', 's3']]);
    expect(rows[0].values).toEqual([0.2, null]);
    expect(rows[1].values).toEqual([0.9, -0.1]);
  });
});

const comparison = {
  id: 'c', name: 'All', command: 'compare all.json', plan: { methods: [{ name: 'By embedding', strategy: { kind: 'dispatcher', by: 'embedding' } }, { name: 'Few-shot', strategy: { kind: 'search' } }] },
  table: [
    { index: 0, modelId: 'm', modelName: 'tiny', task: 'math', method: 'By embedding', seed: 0, state: 'done', detail: { kind: 'dispatcher', experts: ['math'], firstPassMs: 4, secondPassMs: 40 } },
    { index: 1, modelId: 'm', modelName: 'tiny', task: 'math', method: 'By embedding', seed: 1, state: 'done', detail: { kind: 'dispatcher', experts: ['math'], firstPassMs: 6, secondPassMs: 60 } },
    { index: 2, modelId: 'm', modelName: 'tiny', task: 'math', method: 'Few-shot', seed: 0, state: 'done', test: search('t', 'math', 3, 0.5, [1]).test, detail: { kind: 'search', experts: ['math'], search: { optimiser: 'cem', examples: 3, generations: 9, perLayer: false, alphas: [0.7], budget: { answers: 200 } } } },
    { index: 3, modelId: 'm', modelName: 'tiny', task: 'math', method: 'Few-shot', seed: 1, state: 'failed', error: 'no' },
  ],
} as unknown as ComparisonDetailDto;

describe('what comparisons with strategies say', () => {
  it('stands beside the searches: their α, examples and budget', () => {
    const found = fromComparisons([comparison]);
    expect(found.map(({ name, examples, answers, alphas, optimiser }) => [name, examples, answers, alphas, optimiser])).toEqual([['All: Few-shot, seed 0', 3, 200, [0.7], 'CEM']]);
    expect(seriesOf(found, 'answers').map(({ name, points }) => [name, points.length])).toEqual([['math, CEM', 1]]);
  });
  it('is the time of both passes for each dispatcher and task, over its seeds, of that model only', () => {
    expect(storedBars([comparison], 'm', { prompt: 'P', classifier: 'C', embedding: 'E' })).toEqual([{ label: 'E, math', first: 5, second: 50, questions: 'All', href: '#/comparisons/c' }]);
    expect(storedBars([comparison], 'other', { prompt: 'P', classifier: 'C', embedding: 'E' })).toEqual([]);
  });
});

describe('the times of both passes', () => {
  it('are the median, and the first question of each way only warms up', async () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    let asked = 0;
    const bridge = { call: async (name: CallName) => name === 'datasets.preview' ? { rows: [{ prompt: 'a' }, { prompt: 'b' }, { prompt: 'c' }], total: 3 } : [{ firstPassMs: asked++ === 0 ? 1000 : 5, secondPassMs: 50, tokens: 20 }] } as unknown as Bridge;
    const timing = new Timing(bridge);
    await timing.measure({ id: 'm', name: 'tiny' }, { id: 'd', name: 'math', rows: 3 }, ['embedding'], 2);
    expect(timing.times).toEqual([{ kind: 'embedding', firstMs: [5, 5], secondMs: [50, 50], tokens: [20, 20] }]);
    expect(timing.on).toMatchObject({ rows: 2 });
  });
});
