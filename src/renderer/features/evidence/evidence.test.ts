import { describe, expect, it } from 'vitest';
import { quickSearch, type SearchConfig } from '../../../shared/adaptation.ts';
import type { Bridge, CallName, ComparisonDetailDto, SearchSummaryDto } from '../../../shared/contract.ts';
import { mathHard } from '../../testing/mathHard.ts';
import { contributionsOf } from './contributions.ts';
import { fromComparisons, fromSearches } from './found.ts';
import { storedBars, Timing } from './timing.svelte.ts';
import { seriesOf } from './trend.ts';

const points = (value: number): string => (100 * value).toFixed(1);
const between = ([mean, low, high]: number[]) => ({ mean, low, high });
/** The stored comparison of docs/results/adaptation.md, one model and task of it. */
const adaptation = {
  id: 'c', name: 'adaptation', createdAt: 1, plan: { methods: mathHard.map(({ name, preset, set }) => ({ name, strategy: { kind: 'search', preset, set } })) },
  table: mathHard.flatMap(({ name, seeds }) => seeds.map(([seed, score, gain, answers, alphas]) => ({
    index: seed, modelId: 'm', task: 'math-hard', method: name, seed, state: 'done', test: { rows: 500, score: between(score), gain: between(gain) },
    detail: { kind: 'search', experts: ['math', 'code', 'reasoning'], search: { alphas, budget: { answers } } },
  }))),
} as unknown as ComparisonDetailDto;

const interval = (mean: number) => ({ mean, low: mean - 0.02, high: mean + 0.02 });
const search = (id: string, config: Partial<SearchConfig>, score: number, alphas: (number | number[])[], more: Partial<SearchSummaryDto> = {}): SearchSummaryDto => ({
  id, name: id, state: 'succeeded', datasetName: 'math', grader: 'number', raw: false, modelId: 'm', modelName: 'tiny', createdAt: Number(id.slice(1)), experts: [{ id: 'a', name: 'math' }, { id: 'b', name: 'code' }].slice(0, alphas.length), config: { ...quickSearch, ...config },
  budget: { generations: 1, answers: 1000, answerTokens: 1, seconds: 1 }, chosen: { kind: 'candidate', alphas, search: { score: 1, tieBreak: 0 } },
  test: { rows: 100, samples: 1, temperature: 0, base: interval(0.3), score: interval(score), gain: interval(score - 0.3) }, ...more,
} as unknown as SearchSummaryDto);

describe('what more examples bring', () => {
  it('is what the report of the comparison says: a line of what differs in examples alone, seeds taken together', () => {
    const series = seriesOf(fromComparisons([adaptation]), 'examples');
    expect(Object.fromEntries(series.map(({ name, points: at }) => [name, at.map(({ x, gain }) => `${x}: ${points(gain.mean)}`)]))).toEqual({
      'few-shot, CEM': ['3: 20.2', '5: 20.9', '10: 20.8', '20: 22.3'], 'few-shot, CMA-ES': ['10: 19.7'], 'few-shot, CEM, light': ['3: 14.7'],
      'few-shot, CEM, per layer': ['10: 24.2'], 'few-shot, CMA-ES, per layer': ['10: 26.4'], "few-shot, CEM, the paper's settings": ['10: 18.9'],
    });
    // the report’s intervals, over seeds × rows: 31.4 (25.3 … 37.5), +20.2 (+14.2 … +26.2)
    const [three] = series[0].points;
    expect([three.score.low, three.score.high, three.gain.low, three.gain.high].map(points)).toEqual(['25.3', '37.5', '14.2', '26.2']);
    expect(three).toMatchObject({ seeds: [0, 1, 2], search: 'few-shot, CEM, 3 examples' });
  });
  it('is a line by budget whose points are searches, not seeds', () => {
    const series = seriesOf(fromComparisons([adaptation]), 'answers');
    expect(series.find(({ name }) => name === 'few-shot, CEM')?.points.map(({ x, gain }) => `${Math.round(x)}: ${points(gain.mean)}`)).toEqual(['1491: 20.2', '1770: 20.9', '2389: 20.8', '5225: 22.3']);
    expect(series.find(({ name }) => name.endsWith('light'))?.points.map(({ x }) => Math.round(x))).toEqual([659]);
  });
  it('joins own searches only where grader, test rows, experts and settings are alike, and says what differs', () => {
    const list = [
      search('s1', { examples: 10, seed: 0 }, 0.5, [1, 0]), search('s2', { examples: 10, seed: 1 }, 0.6, [1, 0]), search('s3', { examples: 3 }, 0.4, [1, 0]),
      search('s4', { examples: 5 }, 0.9, [1, 0], { grader: 'exact' }), search('s5', { examples: 10, optimiser: 'cem' }, 0.4, [1, 0]), search('s6', { examples: 10, seed: 1 }, 0.6, [1, 0]),
      search('s7', { examples: 5 }, 0.1, [0, 0], { test: undefined }),
    ];
    const series = seriesOf(fromSearches(list), 'examples');
    expect(series.map(({ name, points: at }) => [name, at.map(({ x, gain, seeds }) => [x, points(gain.mean), seeds])])).toEqual([
      ['own, CMA-ES, graded by number', [[3, '10.0', [0]], [10, '25.0', [0, 1]]]], ['own, CMA-ES, graded by exact', [[5, '60.0', [0]]]], ['own, CEM', [[10, '10.0', [0]]]],
    ]);
  });
  it('names two comparisons apart, and has a series for each task', () => {
    const other = { ...adaptation, id: 'd', name: 'again', table: adaptation.table.map((cell) => ({ ...cell, task: 'code-hard' })) };
    const series = seriesOf(fromComparisons([adaptation, other]), 'examples');
    expect(series.slice(0, 1).concat(series.slice(6, 7)).map(({ name, task }) => [name, task])).toEqual([['adaptation: few-shot, CEM', 'math-hard'], ['again: few-shot, CEM', 'code-hard']]);
  });
});

describe('the contributions of experts', () => {
  it('are a table for each search of a comparison, mean over its seeds, as the report has them', () => {
    const [cem, , , , , , layered] = contributionsOf(fromComparisons([adaptation]));
    expect(cem).toMatchObject({ comparison: { name: 'adaptation' }, method: 'few-shot, CEM', experts: ['math', 'code', 'reasoning'], seeds: [0, 1, 2], overLayers: 'none', rows: [{ label: 'math-hard' }] });
    expect(cem.rows[0].values.map((value) => value?.toFixed(2))).toEqual(['0.51', '0.34', '0.41']);
    expect([layered.method, layered.overLayers]).toEqual(['few-shot, CEM, per layer', 'all']);
    expect(layered.rows[0].values.map((value) => value?.toFixed(2))).toEqual(['0.44', '0.38', '0.48']);
  });
  it('are one table of own searches beside them, by the experts’ names, the newest first, layers as their mean and said so', () => {
    const list = [search('s1', { seed: 0 }, 0.5, [1, 0]), search('s2', { seed: 1 }, 0.5, [0.5, 0]), search('s3', { perLayer: true }, 0.6, [[0.8, 1]])];
    const tables = contributionsOf([...fromSearches(list), ...fromComparisons([adaptation])]);
    const own = tables.at(-1);
    expect(own).toMatchObject({ comparison: null, experts: ['math', 'code'], overLayers: 'some' });
    expect(own?.rows.map(({ label, note, values }) => [label, note, values])).toEqual([['s3', 'math, mean over layers', [0.9, null]], ['s2', 'math, 2 seeds', [0.75, 0]]]);
  });
});

const comparison = {
  id: 'c', name: 'All', plan: { methods: [{ name: 'By embedding', strategy: { kind: 'dispatcher', by: 'embedding' } }] },
  table: [
    { index: 0, modelId: 'm', modelName: 'tiny', task: 'math', method: 'By embedding', seed: 0, state: 'done', detail: { kind: 'dispatcher', experts: ['math'], firstPassMs: 4, secondPassMs: 40 } },
    { index: 1, modelId: 'm', modelName: 'tiny', task: 'math', method: 'By embedding', seed: 1, state: 'done', detail: { kind: 'dispatcher', experts: ['math'], firstPassMs: 6, secondPassMs: 60 } },
    { index: 2, modelId: 'm', modelName: 'tiny', task: 'math', method: 'By embedding', seed: 2, state: 'failed', error: 'no' },
  ],
} as unknown as ComparisonDetailDto;

it('the times of both passes in a comparison are a bar for each dispatcher and task, over its seeds, of that model only, under the comparison’s name', () => {
  expect(storedBars([comparison], 'm', { prompt: 'P', classifier: 'C', embedding: 'E' })).toEqual([{ label: 'E, math, All', first: 5, second: 50, questions: '2 seeds of All' }]);
  expect(storedBars([comparison], 'other', { prompt: 'P', classifier: 'C', embedding: 'E' })).toEqual([]);
});

describe('the times of both passes', () => {
  it('are of each question, and the first one of each way only warms up', async () => {
    let asked = 0;
    const bridge = { call: async (name: CallName) => name === 'datasets.preview' ? { rows: [{ prompt: 'a' }, { prompt: 'b' }, { prompt: 'c' }], total: 3 } : [{ firstPassMs: asked++ === 0 ? 1000 : 5, secondPassMs: 50, tokens: 20 }] } as unknown as Bridge;
    const timing = new Timing(bridge);
    await timing.measure({ id: 'm', name: 'tiny' }, { id: 'd', name: 'math', rows: 3 }, ['embedding'], 2);
    expect(timing.times).toEqual([{ kind: 'embedding', firstMs: [5, 5], secondMs: [50, 50], tokens: [20, 20] }]);
    expect(timing.on).toMatchObject({ rows: 2 });
  });
});
