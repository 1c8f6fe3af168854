/**
 * A dispatcher is made from questions of the experts' own training rows, and measured on their test rows: how often it
 * finds the expert, and how long it takes for one question.
 */
import type { EngineCalls, LabelledQuestion, TaskRow } from '../../../engine/host/protocol.ts';
import type { Category, DispatcherKind, DispatcherState } from '../../../shared/adaptation.ts';
import type { DatasetDto, DispatcherDto, ExpertDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { median } from '../../../shared/statistics.ts';
import type { ZVectors } from '../../../shared/matrices.ts';
import type { TaskReading } from '../../../shared/task.ts';
import type { TrainingConfig } from '../../../shared/training.ts';
import type { Stores } from '../../db/index.ts';
import type { EngineHost, EngineRequest } from '../../engine/host.ts';
import { found } from '../basics/found.ts';
import { shareInterval } from '../basics/intervals.ts';
import type { ModelCatalog, UsableModel } from '../models/catalog.ts';
import { rowsOfTask } from '../tasks/rows.ts';

/** Questions of each expert that a dispatcher learns from (an embedding from a handful), is chosen by, and is measured on. */
const learnt: Record<DispatcherKind, { training: number; validation: number }> = {
  prompt: { training: 0, validation: 0 }, classifier: { training: 256, validation: 40 }, embedding: { training: 20, validation: 0 },
};
const heldOut = 200;
/** Single questions whose first pass is timed; the first ones open sessions and are not counted. */
const timed = { warmUp: 2, counted: 15 } as const;

/** `reading`: as the task that it was trained on reads its rows; `config`: as its training divided them, so that it is taught and tested on the same ones */
export interface TaughtExpert { expert: Pick<ExpertDto, 'id' | 'name' | 'description'>; dataset: DatasetDto; reading?: TaskReading | undefined; config?: TrainingConfig | undefined }
/** The settings of the training that an expert came from, with the seed that was kept of several. */
export function divisionOf(expert: Pick<ExpertDto, 'provenance'> | undefined): TrainingConfig | undefined {
  const { config, seed } = expert?.provenance ?? {};
  return config && { ...config, ...(seed !== undefined && { seed }) };
}

export interface MakingProgress { done: number; total: number; note: string; secondsLeft?: number }
/** What questions are drawn with. */
export type QuestionContext = Pick<MakingContext, 'engine' | 'stores'>;
export interface MakingContext { engine: EngineHost; stores: Pick<Stores, 'datasets'>; catalog: ModelCatalog }
export interface MakingRequest {
  model: UsableModel;
  kind: DispatcherKind;
  taught: readonly TaughtExpert[];
  /** datasets of which no question is for any of the experts */
  foreign: readonly DatasetDto[];
  seed: number;
  /** z of a classifier of fewer experts, to go on from */
  start?: ZVectors;
  /** waits for a request, and cancels it where the job is stopped */
  follow: <M extends 'trainClassifier' | 'fitEmbedding' | 'dispatch'>(request: EngineRequest<M>) => Promise<EngineCalls[M]['result']>;
  onProgress(progress: MakingProgress): void;
}
export interface Made { state: DispatcherState; measured: Required<Pick<DispatcherDto, 'accuracy' | 'confusion' | 'firstPassMs' | 'seconds'>> }

const secondsSince = (moment: number): number => (performance.now() - moment) / 1000;

export const categoriesOf = (taught: readonly { expert: Pick<ExpertDto, 'name' | 'description'>; dataset?: Pick<DatasetDto, 'description'> | undefined }[]): Category[] =>
  taught.map(({ expert, dataset }) => ({ name: expert.name, description: expert.description || (dataset?.description ?? '') }));

/**
 * Datasets of which no question is for any expert: the wished ones, or the bundled one of everyday questions. Which
 * others would do cannot be guessed, since a stored dataset may well be what an expert is for under another name.
 */
export function foreignDatasets({ stores, others }: { stores: Pick<Stores, 'datasets'>; others: string | null }, taught: readonly { dataset: DatasetDto }[], wished?: readonly string[]): DatasetDto[] {
  if (wished === undefined) return stores.datasets.list().filter(({ source, name }) => source === 'bundled' && name === others);
  return wished.map((id) => {
    const dataset = found(stores.datasets.get(id), `dataset ${id}`);
    const own = taught.some((one) => one.dataset.hash === dataset.hash);
    if (own) throw new SingularError('bad-input', `An expert was trained on “${dataset.name}”, so its questions are for that expert and not for none.`);
    return dataset;
  });
}

export async function makeDispatcher(context: MakingContext, request: MakingRequest): Promise<Made> {
  const { engine, catalog } = context;
  const { model, kind, follow, onProgress } = request;
  const began = performance.now();
  onProgress({ done: 0, total: 1, note: 'questions' });
  const { training, validation, asked } = await questionsOf(context, request);
  const place = catalog.place(model);
  const categories = categoriesOf(request.taught);
  const classes = categories.length;
  let state: DispatcherState;
  if (kind === 'prompt') state = { kind, categories };
  else if (kind === 'embedding') {
    const { fitted } = await follow(engine.request('fitEmbedding', { model: place, examples: training, classes }));
    state = { kind, fitted };
  } else {
    const stepping = performance.now();
    const { z, habit } = await follow(engine.request('trainClassifier', { model: place, categories, training, validation, seed: request.seed, ...(request.start && { start: request.start }) },
      ({ step, steps, score }) => onProgress({ done: step, total: steps + 1, note: `step ${step} of at most ${steps}, ${Math.round(score * 100)} % right`, secondsLeft: secondsSince(stepping) * (steps - step) / step })));
    state = { kind, categories, z, habit };
  }
  const seconds = secondsSince(began);
  onProgress({ done: 1, total: 1, note: 'held-out questions' });
  const decide = async (of: readonly LabelledQuestion[]): Promise<EngineCalls['dispatch']['result']> =>
    follow(engine.request('dispatch', { model: place, dispatcher: state, questions: of.map(({ messages }) => messages) }));
  const { decisions } = await decide(asked);
  const counts = Array.from({ length: classes + 1 }, () => new Array<number>(classes + 1).fill(0));
  decisions.forEach(({ expert }, i) => counts[asked[i].expert ?? classes][expert ?? classes]++);
  const right = counts.reduce((sum, row, label) => sum + row[label], 0);
  const times: number[] = [];
  for (const question of asked.slice(0, timed.warmUp + timed.counted)) times.push((await decide([question])).ms);
  return {
    state,
    measured: {
      accuracy: shareInterval(right, asked.length), confusion: { labels: [...categories.map(({ name }) => name), 'base'], counts },
      firstPassMs: median(times.length > timed.warmUp ? times.slice(timed.warmUp) : times), seconds,
    },
  };
}

/** Training and validation questions from training rows, held-out ones (`asked`) from test rows; those of foreign datasets are for no expert. */
export async function questionsOf(context: QuestionContext, { kind, taught, foreign, seed }: Pick<MakingRequest, 'kind' | 'taught' | 'foreign' | 'seed'>): Promise<{ training: LabelledQuestion[]; validation: LabelledQuestion[]; asked: LabelledQuestion[] }> {
  const { training: each, validation: chosenBy } = learnt[kind];
  const all: { training: LabelledQuestion[]; validation: LabelledQuestion[]; asked: LabelledQuestion[] } = { training: [], validation: [], asked: [] };
  const take = async ({ dataset, reading, config }: Pick<TaughtExpert, 'dataset' | 'reading' | 'config'>, expert: number | null, share: number): Promise<void> => {
    const some = (count: number): number => Math.ceil(count / share);
    const rows = await context.engine.call('chooseRows', {
      rows: await rowsOfTask(context, { datasetId: dataset.id, reading }), ...(config && { config }), seed, atMost: { train: some(each) + some(chosenBy), validation: 0, test: some(heldOut) },
    });
    const label = (of: readonly TaskRow[]): LabelledQuestion[] => of.map(({ messages }) => ({ messages, expert }));
    // few rows are shared out, so that there is always something to choose by
    const first = Math.min(some(each), Math.ceil((rows.train.length * each) / Math.max(1, each + chosenBy)));
    all.training.push(...label(rows.train.slice(0, first)));
    all.validation.push(...label(rows.train.slice(first)));
    all.asked.push(...label(rows.test));
  };
  for (const [place, expert] of taught.entries()) await take(expert, place, 1);
  for (const dataset of foreign) await take({ dataset }, null, foreign.length);
  return all;
}
