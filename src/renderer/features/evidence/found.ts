/** Mixes that searches found: people's own searches, and those of comparisons, in one form for the pictures of them. */
import { searchPresets, type Alphas, type SearchConfig } from '../../../shared/adaptation.ts';
import { isStrategy } from '../../../shared/comparison.ts';
import type { ComparisonDetailDto, SearchSummaryDto, TestScoreDto } from '../../../shared/contract.ts';

export type SearchSettings = Omit<SearchConfig, 'seed'>;

export interface FoundMix {
  id: string; modelId: string; task: string; seed: number;
  /** of the search; of a comparison, its method */
  name: string;
  /** the comparison that it is a cell of */
  comparison?: { id: string; name: string };
  /** as far as they are known: a comparison's answers are as long, and its test rows as many, as those of its other methods */
  settings: SearchSettings;
  /** what else its score depends on: of a comparison one for each task, so nothing */
  conditions: Readonly<Record<string, string>>;
  createdAt: number;
  /** to the examples and to the rows to choose by, without those of the final score */
  answers?: number;
  test?: TestScoreDto;
  /** by name */
  experts: readonly string[]; alphas: Alphas;
}

/** The final score asks every test row twice: of the base, and of what was found. */
const answersOf = ({ answers }: { answers: number }, test: TestScoreDto | undefined): number => answers - 2 * (test?.rows ?? 0);

/** Own searches that ended with a mix. */
export const fromSearches = (searches: readonly SearchSummaryDto[]): FoundMix[] => searches.flatMap(({ id, name, modelId, task, datasetName, grader, raw, experts, config, createdAt, budget, test, chosen, state }) => {
  if (!chosen || state !== 'succeeded') return [];
  const { seed, ...settings } = config;
  return [{
    id, name, modelId, task: task ?? datasetName, seed, settings, createdAt, experts: experts.map((expert) => expert.name), alphas: chosen.alphas,
    conditions: { 'graded by': grader, ...(raw ? { template: 'raw' } : {}), experts: experts.map((expert) => expert.name).join(', '), 'test rows': String(test?.rows ?? 0) },
    ...(budget ? { answers: answersOf(budget, test) } : {}), ...(test ? { test } : {}),
  }];
});

/** Cells of comparisons that searched, in the plan's order of methods. */
export const fromComparisons = (comparisons: readonly ComparisonDetailDto[]): FoundMix[] => comparisons.flatMap(({ id, name, plan, table, createdAt }) => plan.methods.flatMap((method) => {
  if (!isStrategy(method) || method.strategy.kind !== 'search') return [];
  const { seed: _seed, ...settings } = { ...searchPresets[method.strategy.preset], ...method.strategy.set };
  return table.flatMap(({ index, method: of, modelId, task, seed, test, detail }): FoundMix[] => (of !== method.name || !detail?.search ? [] : [{
    id: `${id}/${index}`, name: of, comparison: { id, name }, modelId, task, seed, settings, conditions: {}, createdAt, experts: detail.experts, alphas: detail.search.alphas,
    answers: answersOf(detail.search.budget, test), ...(test ? { test } : {}),
  }]));
}));

/** Whether a comparison puts experts to use, beside or instead of training. */
export const adapts = ({ plan }: Pick<ComparisonDetailDto, 'plan'>): boolean => plan.methods.some(isStrategy);

/** Mixes of one search with different seeds, the newest of each seed: what was repeated with one seed is the same again. */
export interface Repeated<Mix extends FoundMix> { mixes: Mix[]; seeds: number[] }

export function repeated<Mix extends FoundMix>(mixes: readonly Mix[]): Repeated<Mix>[] {
  const keyOf = ({ comparison, name, task, settings, conditions }: FoundMix): string => JSON.stringify([task, comparison ? [comparison.id, name] : [settings, conditions]]);
  return [...Map.groupBy(mixes, keyOf).values()].map((group) => {
    const newest = [...new Map(group.toSorted((a, b) => a.createdAt - b.createdAt).map((mix) => [mix.seed, mix])).values()].sort((a, b) => a.seed - b.seed);
    return { mixes: newest, seeds: newest.map(({ seed }) => seed) };
  });
}
