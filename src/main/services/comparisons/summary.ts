/** The table of a comparison: seeds of one (model, task, method) taken together, and how long the rest may take. */
import type { ComparisonCellDto, ComparisonSummaryDto, TestScoreDto } from '../../../shared/contract.ts';
import { bounded, boundedGain, mean, overSeeds } from '../../../shared/statistics.ts';

type Done = ComparisonCellDto & { test: TestScoreDto };
const isDone = (cell: ComparisonCellDto): cell is Done => cell.state === 'done' && cell.test !== undefined;

/** Of each model and task first the base (its own score in the first finished cell of each seed), then the methods in the plan's order. */
export function summaryOf(cells: readonly ComparisonCellDto[], methods: readonly string[]): ComparisonSummaryDto[] {
  const groups = Map.groupBy(cells.filter(isDone), ({ modelId, task }) => JSON.stringify([modelId, task]));
  return [...groups.values()].flatMap((group) => {
    const [{ modelName, task }] = group;
    const bases = [...Map.groupBy(group, ({ seed }) => seed).values()].map(([first]) => first.test);
    const base: ComparisonSummaryDto = {
      modelName, task, method: null, seeds: bases.length, score: bounded(overSeeds(bases.map((test) => test.base), bases[0].rows)), normalised: 1,
      trainableParameters: 0, seconds: 0, peakMemoryBytes: 0,
    };
    const rows = methods.flatMap((method): ComparisonSummaryDto[] => {
      const own = group.filter((cell) => cell.method === method);
      if (own.length === 0) return [];
      const score = overSeeds(own.map(({ test }) => test.score), own[0].test.rows);
      const baseScore = mean(own.map(({ test }) => test.base.mean));
      return [{
        modelName, task, method, seeds: own.length, score: bounded(score), gain: boundedGain(overSeeds(own.map(({ test }) => test.gain), own[0].test.rows)),
        normalised: baseScore === 0 ? 0 : score.mean / baseScore,
        trainableParameters: own[0].cost?.trainableParameters ?? 0, seconds: mean(own.map(({ cost }) => cost?.seconds ?? 0)),
        peakMemoryBytes: Math.max(...own.map(({ cost }) => cost?.peakMemoryBytes ?? 0)),
      }];
    });
    return [base, ...rows];
  });
}

/** Of the cells that have not ended: as long as finished ones of the same method and model took, else of the method, else any. */
export function secondsLeftOf(cells: readonly ComparisonCellDto[]): number | undefined {
  const finished = cells.filter((cell) => cell.cost !== undefined);
  if (finished.length === 0) return undefined;
  const pace = (like: (cell: ComparisonCellDto) => boolean): number | undefined => {
    const seconds = finished.filter(like).map(({ cost }) => cost?.seconds ?? 0);
    return seconds.length === 0 ? undefined : mean(seconds);
  };
  return cells.filter(({ state }) => state === 'waiting' || state === 'running').reduce((sum, cell) => sum
    + (pace((other) => other.method === cell.method && other.modelId === cell.modelId) ?? pace((other) => other.method === cell.method) ?? pace(() => true) ?? 0), 0);
}
