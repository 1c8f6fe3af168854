/** Dispatch of a comparison: the seeds of one (model, method) taken together. */
import { isStrategy, type ComparisonPlan } from '../../../shared/comparison.ts';
import type { ComparisonCellDto, DispatchShare, DispatchSummaryDto } from '../../../shared/contract.ts';
import { shareOverSeeds } from '../../../shared/statistics.ts';

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** In the order of models, then of the plan's methods. A dispatcher is the same whatever the task at hand, so one cell of each seed says it; every seed was asked the same questions. */
export function dispatchOf(cells: readonly ComparisonCellDto[], plan: Pick<ComparisonPlan, 'methods'>): DispatchSummaryDto[] {
  return [...Map.groupBy(cells, ({ modelId }) => modelId).values()].flatMap((ofModel) => plan.methods.flatMap((method): DispatchSummaryDto[] => {
    if (!isStrategy(method) || method.strategy.kind !== 'dispatcher') return [];
    const bySeed = new Map(ofModel.flatMap(({ method: name, seed, detail }) => (name === method.name && detail?.dispatch ? [[seed, detail.dispatch.confusion] as const] : [])));
    const confusions = [...bySeed.values()];
    if (confusions.length === 0) return [];
    const { labels } = confusions[0];
    const shareOf = (from: number, to?: number): DispatchShare => {
      const questions = sum(confusions[0].counts.slice(from, to).flat());
      return { questions, right: shareOverSeeds(confusions.map(({ counts }) => sum(counts.map((row, asked) => row[asked]).slice(from, to))), questions) };
    };
    const [all, own, none] = [shareOf(0), shareOf(0, -1), shareOf(-1)];
    return [{
      modelId: ofModel[0].modelId, modelName: ofModel[0].modelName, method: method.name, kind: method.strategy.by, seeds: [...bySeed.keys()].sort((a, b) => a - b), questions: all.questions,
      accuracy: all.right, own, ...(none.questions > 0 && { none }),
      confusion: { labels, counts: labels.map((_, asked) => labels.map((_label, answered) => sum(confusions.map(({ counts }) => counts[asked][answered])))) },
    }];
  }));
}
