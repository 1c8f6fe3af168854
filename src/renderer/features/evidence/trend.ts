/** Numbers behind the pictures of finished searches: what they scored by examples and by budget, and which α did best. */
import type { Alphas } from '../../../shared/adaptation.ts';
import { isStrategy } from '../../../shared/comparison.ts';
import type { ComparisonDetailDto, Interval, SearchSummaryDto, TestScoreDto } from '../../../shared/contract.ts';

/** A mix that a search found, on its own or as a cell of a comparison. */
export interface FoundMix {
  id: string; name: string; href: string; command: string; modelId: string; modelName: string; task: string;
  optimiser: 'CEM' | 'CMA-ES'; perLayer: boolean; examples: number; answers?: number; test?: TestScoreDto;
  /** by id where it is known, else by name */
  experts: readonly { key: string; name: string }[]; alphas: Alphas;
}
const optimiserOf = (optimiser: string): FoundMix['optimiser'] => (optimiser === 'cem' ? 'CEM' : 'CMA-ES');

export const fromSearches = (searches: readonly SearchSummaryDto[]): FoundMix[] => searches.flatMap((search) => (search.chosen && search.state === 'succeeded' ? [{
  id: search.id, name: search.name, href: `#/adapt/${encodeURIComponent(search.id)}`, command: search.command, modelId: search.modelId, modelName: search.modelName, task: search.datasetName,
  optimiser: optimiserOf(search.config.optimiser), perLayer: search.config.perLayer, examples: search.config.examples, ...(search.budget ? { answers: search.budget.answers } : {}), ...(search.test ? { test: search.test } : {}),
  experts: search.experts.map(({ id, name }) => ({ key: id, name })), alphas: search.chosen.alphas,
}] : []));

export const fromComparisons = (comparisons: readonly ComparisonDetailDto[]): FoundMix[] => comparisons.flatMap(({ id, name, command, table }) => table.flatMap((cell) => (cell.detail?.search ? [{
  id: `${id}/${cell.index}`, name: `${name}: ${cell.method}, seed ${cell.seed}`, href: `#/comparisons/${encodeURIComponent(id)}`, command, modelId: cell.modelId, modelName: cell.modelName, task: cell.task,
  optimiser: optimiserOf(cell.detail.search.optimiser), perLayer: cell.detail.search.perLayer, examples: cell.detail.search.examples, answers: cell.detail.search.budget.answers, ...(cell.test ? { test: cell.test } : {}),
  experts: cell.detail.experts.map((expert) => ({ key: expert, name: expert })), alphas: cell.detail.search.alphas,
}] : [])));

export interface TrendPoint { x: number; gain: Interval; score: number; search: string }
export interface Series { name: string; points: TrendPoint[] }
export type TrendBy = 'examples' | 'answers';

/** Those with a test score, a series for each task and optimiser. */
export function seriesOf(mixes: readonly FoundMix[], by: TrendBy): Series[] {
  const series = new Map<string, TrendPoint[]>();
  for (const mix of mixes) {
    const x = mix[by];
    if (!mix.test || x === undefined || x <= 0) continue;
    const name = `${mix.task}, ${mix.optimiser}${mix.perLayer ? ' by layer' : ''}`;
    series.set(name, [...(series.get(name) ?? []), { x, gain: mix.test.gain, score: mix.test.score.mean, search: mix.name }]);
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
export interface Contributions { experts: string[]; rows: { label: string; note: string; values: (number | null)[]; mix: FoundMix }[] }

/** Of one model's searches, for each task the one with the best test score: α of each expert that any of them had. */
export function contributionsOf(mixes: readonly FoundMix[]): Contributions {
  const best = new Map<string, FoundMix>();
  for (const mix of mixes) {
    const known = best.get(mix.task);
    if (!known || (mix.test?.score.mean ?? -1) > (known.test?.score.mean ?? -1)) best.set(mix.task, mix);
  }
  const found = [...best.values()].sort((a, b) => a.task.localeCompare(b.task));
  const experts = [...new Map(found.flatMap((mix) => mix.experts.map(({ key, name }) => [key, name] as const)))];
  return {
    experts: experts.map(([, name]) => name),
    rows: found.map((mix) => ({
      label: mix.task, note: mix.optimiser, mix,
      values: experts.map(([key]) => {
        const at = mix.experts.findIndex((expert) => expert.key === key);
        return at < 0 ? null : alphaOf(mix.alphas[at]);
      }),
    })),
  };
}

/** Whether a comparison puts experts to use, beside or instead of training. */
export const adapts = ({ plan }: Pick<ComparisonDetailDto, 'plan'>): boolean => plan.methods.some(isStrategy);
