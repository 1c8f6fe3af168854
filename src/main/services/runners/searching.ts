/**
 * One search over the engine: every generation that comes back is stored together with where the search goes on after
 * it. Begun again after a pause, a crash or a restart, it goes on from there and ends with the same α. Both a search of
 * its own and a cell of a comparison are this.
 */
import { z } from 'zod';
import type { EngineCalls, SearchRows, SteerAction } from '../../../engine/host/protocol.ts';
import { searchConfigSchema, type SearchOutcome } from '../../../shared/adaptation.ts';
import type { DatasetDto, SearchDto } from '../../../shared/contract.ts';
import { splitCounts, taskReadingSchema, type TaskSplits } from '../../../shared/task.ts';
import type { JobRun } from '../../jobs/runner.ts';
import type { UsableModel } from '../models/catalog.ts';
import { rowsOfTask } from '../tasks/rows.ts';
import { earlierTrainings, type TrainingSource } from '../training/earlier.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';
import { searchProgress, type SearchProgress, type Standing } from './searchProgress.ts';

export const searchInputSchema = z.object({
  searchId: z.string(), modelId: z.string(), weightsHash: z.string(), datasetId: z.string(), grader: z.string(), raw: z.boolean(), expertIds: z.array(z.string()), name: z.string(), config: searchConfigSchema, reading: taskReadingSchema.optional(),
});
export type SearchInput = z.output<typeof searchInputSchema>;

/** how often the time left is told anew while no event comes */
const tellEveryMs = 1000;

export interface SearchingRequest {
  model: UsableModel;
  input: SearchInput;
  /** pause and keep; a wish that came before is told at once */
  onSteer: JobRun['onSteer'];
  onProgress(progress: SearchProgress): void;
}

/** Rows that candidates are tried on, compared on, and scored on: drawn from training, validation and test rows; no prompt is in two, and none that one of the experts was trained on is among the last two. */
export async function searchRows(source: TrainingSource, { config, expertIds, ...task }: Pick<SearchInput, 'datasetId' | 'reading' | 'config' | 'expertIds'>, room: EngineCalls['chooseRows']['input']['room']): Promise<SearchRows> {
  const { train, validation, test } = await source.engine.call('chooseRows', {
    rows: await rowsOfTask(source, task), seed: config.seed, room, trainings: await earlierTrainings(source, task, expertIds), atMost: { train: config.examples, validation: config.selectionRows, test: config.testRows },
  });
  return { examples: train, selection: validation, test };
}

/** Resolves with the outcome when the search is through; rejects with `cancelled` when it was stopped or paused. */
export async function runSearch(context: RunnerContext, run: JobRun, request: SearchingRequest): Promise<SearchOutcome> {
  const { engine, stores, catalog, vectors, events } = context;
  const { model, input } = request;
  const { searchId, config } = input;
  const rows = await searchRows(context, input, { folder: model.folder, raw: input.raw });
  stores.searches.change(searchId, { rowsUsed: rowsUsedBySearch(stores.datasets.get(input.datasetId), rows, input.reading?.splits) });
  const checkpoint = stores.searches.checkpoint(searchId);
  let wish: SteerAction | undefined;
  /** as the last event left it, and when that was */
  let standing: Standing;
  let since: number;
  const ahead = { experts: input.expertIds.length, examples: rows.examples.length, selection: rows.selection.length, test: rows.test.length };
  const show = (): void => request.onProgress(searchProgress(config, ahead, standing, wish, (context.clock() - since) / 1000));
  const stand = (now: Standing): void => {
    standing = now;
    since = context.clock();
    show();
  };
  stand({ budget: checkpoint?.budget ?? { generations: 0, seconds: 0 }, hall: checkpoint?.hall.length ?? 0 });
  const record = (event: EngineCalls['search']['event']): void => {
    if (event.type === 'start') return stores.searches.change(searchId, { start: { base: event.base, experts: event.experts } });
    if (event.type === 'choosing') return stand({ ...standing, end: { stopped: event.stopped, finalists: event.finalists, isScoring: false } });
    if (event.type === 'scoring') return stand({ ...standing, ...(standing.end && { end: { ...standing.end, isScoring: true } }) });
    stores.searches.addGeneration(searchId, event.generation, event.checkpoint);
    events.emit('search.generation', { searchId, generation: event.generation, budget: event.budget });
    stand({ budget: event.budget, hall: event.checkpoint.hall.length });
  };
  const searching = engine.request('search', {
    model: catalog.place(model), experts: input.expertIds.map((id) => vectors.ofExpert(id)), rows, grader: input.grader, raw: input.raw, config, ...(checkpoint && { checkpoint }),
  }, (event) => {
    // a wish that came before the engine had the request is told again when it shows life
    if (wish) searching.steer(wish);
    record(event);
  });
  request.onSteer((action) => {
    wish = action;
    searching.steer(action);
    show();
  });
  // time goes on between two events, and nothing else tells of it
  const telling = setInterval(show, tellEveryMs);
  try {
    return await follow(run, searching);
  } finally {
    clearInterval(telling);
  }
}

function rowsUsedBySearch(dataset: DatasetDto | undefined, rows: SearchRows, divided: TaskSplits = { by: 'dataset' }): NonNullable<SearchDto['rowsUsed']> {
  const { train = 0, validation = 0, test = 0 } = dataset ? splitCounts(dataset.splits, divided) : {};
  const name = `“${dataset?.name ?? 'a removed dataset'}”${divided.by === 'shares' ? ', divided by the task' : ''}`;
  const from = (named: number, split: string, otherwise: string): string => (named > 0 ? `${split} rows of ${name}` : `${otherwise} of ${name}`);
  return {
    examples: { rows: rows.examples.length, from: from(train, 'train', 'rows that a training trains on,') },
    selection: { rows: rows.selection.length, from: from(validation, 'validation', 'rows that none of the experts was trained on,') },
    test: { rows: rows.test.length, from: from(test, 'test', 'rows that none of the experts was trained on or chosen by,') },
  };
}
