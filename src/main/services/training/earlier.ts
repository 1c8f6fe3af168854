/** What experts were trained on, so that nothing of it is called untouched. */
import { isDeepStrictEqual } from 'node:util';
import type { EarlierTraining } from '../../../engine/host/protocol.ts';
import type { Stores } from '../../db/index.ts';
import { found } from '../basics/found.ts';
import { ownReading, rowsOfTask, type ReadDataset, type RowSource } from '../tasks/rows.ts';

export type TrainingSource = RowSource & { stores: Pick<Stores, 'datasets' | 'experts'> };

/** The trainings of these experts on the task's dataset, each way of training once. An expert that was imported without its settings cannot be told. */
export async function earlierTrainings(source: TrainingSource, task: ReadDataset, expertIds: readonly string[]): Promise<EarlierTraining[]> {
  const dataset = found(source.stores.datasets.get(task.datasetId), `dataset ${task.datasetId} any more`);
  const asked = task.reading ?? ownReading(dataset);
  const known = new Map<string, EarlierTraining>();
  for (const id of expertIds) {
    const { config, datasetHash, reading = ownReading(dataset), raw = false } = source.stores.experts.get(id)?.provenance ?? {};
    if (!config || datasetHash !== dataset.hash) continue;
    const { seed, seeds, validationShare, testShare } = config;
    const key = JSON.stringify([seed, seeds, validationShare, testShare, raw, reading]);
    if (known.has(key)) continue;
    known.set(key, { raw, config, ...(!isDeepStrictEqual(reading, asked) && { rows: await rowsOfTask(source, { datasetId: dataset.id, reading }) }) });
  }
  return [...known.values()];
}
