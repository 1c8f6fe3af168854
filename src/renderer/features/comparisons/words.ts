import { isStrategy, type ComparisonPlan, type StrategyDetail } from '../../../shared/comparison.ts';
import type { CellState } from '../../../shared/contract.ts';
import { formatNumber, formatPercent } from '../../format/index.ts';

export const cellWords: Record<CellState, string> = { waiting: 'waiting', running: 'running', done: 'done', failed: 'failed' };

/** What the cells of a plan are. */
export const cellsWord = (plan: ComparisonPlan): string => (plan.methods.some(isStrategy) ? (plan.methods.every(isStrategy) ? 'cells' : 'trainings and uses of experts') : 'trainings');

const alphaWords = (alpha: number | readonly number[]): string => formatNumber(typeof alpha === 'number' ? alpha : alpha.reduce((a, b) => a + b, 0) / alpha.length, { digits: 2 });

/** What a strategy did with the experts, in a line. */
export function detailWords({ experts, chosen, search, dispatch, firstPassMs, secondPassMs }: StrategyDetail): string {
  const times = firstPassMs !== undefined && secondPassMs !== undefined ? `first pass ${formatNumber(firstPassMs, { digits: firstPassMs < 10 ? 1 : 0 })} ms, answer ${formatNumber(secondPassMs)} ms` : null;
  return [
    chosen === undefined ? null : `chose ${chosen}`,
    search ? `${search.alphas.map((alpha, at) => `${experts[at] ?? `expert ${at + 1}`} ${alphaWords(alpha)}`).join(', ')}; ${formatNumber(search.budget.generations)} generations, ${formatNumber(search.budget.answers)} answers, ${search.stopped}` : null,
    dispatch ? `right on ${formatPercent(dispatch.accuracy.mean)} of held-out questions; test questions went to ${dispatch.choices.map((count, at) => `${dispatch.confusion.labels[at] ?? 'base'} ${formatNumber(count)}`).join(', ')}` : null,
    times,
  ].filter((part) => part !== null).join('; ');
}
