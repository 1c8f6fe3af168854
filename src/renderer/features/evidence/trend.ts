/** Numbers behind the pictures of stored searches: what they scored by examples and by budget, and which α did best. */
import type { Interval, SearchSummaryDto } from '../../../shared/contract.ts';

export interface TrendPoint { x: number; gain: Interval; score: number; search: string }
export interface Series { name: string; points: TrendPoint[] }

export type TrendBy = 'examples' | 'answers';
const valueOf: Record<TrendBy, (search: SearchSummaryDto) => number | undefined> = { examples: (search) => search.config.examples, answers: (search) => search.budget?.answers };

/** Finished searches with a test score, a series for each task and optimiser (and model, where there are several). */
export function seriesOf(searches: readonly SearchSummaryDto[], by: TrendBy): Series[] {
  const several = new Set(searches.map(({ modelId }) => modelId)).size > 1;
  const series = new Map<string, TrendPoint[]>();
  for (const search of searches) {
    const x = valueOf[by](search);
    if (!search.test || x === undefined || x <= 0) continue;
    const name = `${search.datasetName}, ${search.config.optimiser === 'cem' ? 'CEM' : 'CMA-ES'}${search.config.perLayer ? ' by layer' : ''}${several ? `, ${search.modelName}` : ''}`;
    series.set(name, [...(series.get(name) ?? []), { x, gain: search.test.gain, score: search.test.score.mean, search: search.name }]);
  }
  return [...series].map(([name, points]) => ({ name, points: points.sort((a, b) => a.x - b.x) })).sort((a, b) => a.name.localeCompare(b.name));
}

/** Repetitions at one place as their mean. */
export function meansOf(points: readonly TrendPoint[]): { x: number; mean: number }[] {
  const at = new Map<number, number[]>();
  for (const { x, gain } of points) at.set(x, [...(at.get(x) ?? []), gain.mean]);
  return [...at].map(([x, values]) => ({ x, mean: values.reduce((a, b) => a + b, 0) / values.length })).sort((a, b) => a.x - b.x);
}

const alphaOf = (alpha: number | readonly number[]): number => (typeof alpha === 'number' ? alpha : alpha.reduce((a, b) => a + b, 0) / alpha.length);
export interface Contributions { modelId: string; modelName: string; experts: string[]; rows: { label: string; note: string; values: (number | null)[]; search: SearchSummaryDto }[] }

/** For each model and task the search with the best test score, with α of each expert that any of them had. */
export function contributionsOf(searches: readonly SearchSummaryDto[]): Contributions[] {
  const best = new Map<string, SearchSummaryDto>();
  for (const search of searches) {
    if (!search.chosen) continue;
    const key = JSON.stringify([search.modelId, search.datasetName]);
    const known = best.get(key);
    if (!known || (search.test?.score.mean ?? -1) > (known.test?.score.mean ?? -1)) best.set(key, search);
  }
  const models = new Map<string, SearchSummaryDto[]>();
  for (const search of best.values()) models.set(search.modelId, [...(models.get(search.modelId) ?? []), search]);
  return [...models].map(([modelId, found]) => {
    const experts = [...new Map(found.flatMap((search) => search.experts.map(({ id, name }) => [id, name] as const)))];
    return {
      modelId, modelName: found[0].modelName, experts: experts.map(([, name]) => name),
      rows: found.toSorted((a, b) => a.datasetName.localeCompare(b.datasetName)).map((search) => ({
        label: search.datasetName, note: search.config.optimiser === 'cem' ? 'CEM' : 'CMA-ES', search,
        values: experts.map(([id]) => {
          const at = search.experts.findIndex((expert) => expert.id === id);
          return at < 0 || !search.chosen ? null : alphaOf(search.chosen.alphas[at]);
        }),
      })),
    };
  });
}
