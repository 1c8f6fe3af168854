/** Rows of a dataset as a task reads and divides them. The engine reads them again where that is not the dataset's own way. */
import { isDeepStrictEqual } from 'node:util';
import type { TaskRow } from '../../../engine/host/protocol.ts';
import type { DatasetDto, UnusableRow } from '../../../shared/contract.ts';
import type { TaskReading } from '../../../shared/task.ts';
import type { Stores } from '../../db/index.ts';
import type { EngineHost } from '../../engine/host.ts';
import { found } from '../basics/found.ts';

/** More rows than any run draws from; a larger dataset is thinned evenly so that the engine's memory stays small. */
export const rowsForEngine = 100_000;

export interface RowSource { engine: EngineHost; stores: Pick<Stores, 'datasets'> }
/** Without a reading, as the dataset reads and names its rows itself. */
export interface ReadDataset { datasetId: string; reading?: TaskReading | null | undefined }

export const ownReading = ({ mapping }: Pick<DatasetDto, 'mapping'>): TaskReading => ({ mapping, splits: { by: 'dataset' } });

/** Those stored rows of the dataset, read as the task reads them. Shares divide the rows that are given, so they need all of them. */
export async function readAgain({ engine, stores }: RowSource, { datasetId, reading }: ReadDataset, rows: TaskRow[]): Promise<{ rows: TaskRow[]; unusable: UnusableRow[] }> {
  if (!reading) return { rows, unusable: [] };
  const { mapping } = found(stores.datasets.get(datasetId), `dataset ${datasetId} any more`);
  const differs = !isDeepStrictEqual(reading.mapping, mapping);
  if (!differs && reading.splits.by === 'dataset') return { rows, unusable: [] };
  return engine.call('taskRows', { rows, splits: reading.splits, ...(differs && { mapping: reading.mapping }) });
}

/** Every row that a run may draw from. */
export async function rowsOfTask(source: RowSource, task: ReadDataset): Promise<TaskRow[]> {
  return (await readAgain(source, task, source.stores.datasets.sample(task.datasetId, rowsForEngine))).rows;
}

/** The first rows, or the rows of its test split, at most so many. */
export async function scoredRows(source: RowSource, task: ReadDataset, which: { split?: 'test' | undefined; limit?: number | undefined }): Promise<TaskRow[]> {
  const { datasets } = source.stores;
  const limit = Math.min(which.limit ?? rowsForEngine, rowsForEngine);
  if (task.reading?.splits.by === 'shares') return (await rowsOfTask(source, task)).filter(({ split }) => which.split === undefined || split === which.split).slice(0, limit);
  const stored = which.split ? datasets.held(task.datasetId, which.split, rowsForEngine).slice(0, limit)
    : which.limit === undefined ? datasets.sample(task.datasetId, rowsForEngine) : datasets.page(task.datasetId, 0, limit);
  return (await readAgain(source, task, stored)).rows;
}
