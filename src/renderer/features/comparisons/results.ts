/** The table of a comparison: its summary in the order asked for, and as numbers for a file. */
import type { ComparisonCellDto, ComparisonDetailDto, ComparisonSummaryDto } from '../../../shared/contract.ts';
import { gainColumns, percentColumn } from '../../charts/figure/columns.ts';
import type { FigureTable } from '../../charts/figure/table.ts';
import { formatBytes, formatDuration, formatNumber } from '../../format/index.ts';

/** 0 stands for memory that nobody measured, as with strategies of comparisons before it was. */
export const measuredBytes = (bytes: number | undefined): number | undefined => (bytes === 0 ? undefined : bytes);

export const sortKeys = ['plan', 'score', 'gain', 'parameters', 'seconds', 'memory'] as const;
export type SortKey = (typeof sortKeys)[number];
export const baseName = 'Base model';

export interface Group { key: string; modelName: string; task: string; /** the base first */ rows: ComparisonSummaryDto[] }

const valueOf: Record<Exclude<SortKey, 'plan'>, (row: ComparisonSummaryDto) => number> = {
  score: (row) => -row.score.mean, gain: (row) => -(row.gain?.mean ?? -Infinity), parameters: (row) => row.trainableParameters, seconds: (row) => row.seconds, memory: (row) => measuredBytes(row.peakMemoryBytes) ?? Infinity,
};

/** One group a (model, task), its base first, then its methods in the plan's order or by a figure, the best first. */
export function groupsOf(detail: Pick<ComparisonDetailDto, 'summary' | 'plan'>, sort: SortKey): Group[] {
  const order = new Map(detail.plan.methods.map(({ name }, index) => [name, index]));
  const groups = new Map<string, Group>();
  for (const row of detail.summary) {
    const key = JSON.stringify([row.modelName, row.task]);
    const group = groups.get(key) ?? { key, modelName: row.modelName, task: row.task, rows: [] };
    groups.set(key, group);
    group.rows.push(row);
  }
  const rank = (row: ComparisonSummaryDto): number => (row.method === null ? -Infinity : sort === 'plan' ? (order.get(row.method) ?? Infinity) : valueOf[sort](row));
  for (const group of groups.values()) group.rows.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
  return [...groups.values()];
}

/** The trainings behind one row. */
export const cellsOf = (detail: Pick<ComparisonDetailDto, 'table'>, row: ComparisonSummaryDto): ComparisonCellDto[] => (row.method === null ? [] : detail.table.filter((cell) => cell.method === row.method && cell.modelName === row.modelName && cell.task === row.task));

/** Trainings of a group that no row speaks of yet, by method: nothing of theirs is done. */
export function waitingOf(detail: Pick<ComparisonDetailDto, 'table' | 'plan'>, group: Pick<Group, 'modelName' | 'task' | 'rows'>): { method: string; cells: ComparisonCellDto[] }[] {
  return detail.plan.methods.flatMap(({ name }) => {
    if (group.rows.some((row) => row.method === name)) return [];
    const cells = detail.table.filter((cell) => cell.method === name && cell.modelName === group.modelName && cell.task === group.task);
    return cells.length > 0 ? [{ method: name, cells }] : [];
  });
}

/** Every (model, task) of the plan, also those of which nothing is done yet. */
export function allGroups(detail: Pick<ComparisonDetailDto, 'summary' | 'plan' | 'table'>, sort: SortKey): Group[] {
  const groups = groupsOf(detail, sort);
  for (const { modelName, task } of detail.table) {
    if (!groups.some((group) => group.modelName === modelName && group.task === task)) groups.push({ key: JSON.stringify([modelName, task]), modelName, task, rows: [] });
  }
  return groups;
}

const digits = (count: number) => (value: number): string => formatNumber(value, { digits: count });

/** The summary as numbers: for the CSV file, and the table of the figure. */
export function summaryTable(groups: readonly Group[]): FigureTable {
  return {
    columns: [
      { label: 'Model' }, { label: 'Task' }, { label: 'Method' }, { label: 'Seeds' }, ...['Score', 'Score, low', 'Score, high'].map(percentColumn),
      { label: 'Normalised', format: digits(2) }, ...gainColumns(),
      { label: 'Trained parameters', format: digits(0) }, { label: 'Seconds', format: formatDuration }, { label: 'Peak memory', format: formatBytes },
    ],
    rows: groups.flatMap((group) => group.rows.map((row) => [
      row.modelName, row.task, row.method ?? baseName, row.seeds, row.score.mean, row.score.low, row.score.high, row.normalised, row.gain?.mean ?? null, row.gain?.low ?? null, row.gain?.high ?? null,
      row.method === null ? null : row.trainableParameters, row.method === null ? null : row.seconds, row.method === null ? null : (measuredBytes(row.peakMemoryBytes) ?? null),
    ])),
  };
}
