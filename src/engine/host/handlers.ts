/** What each request does. Total over the protocol: a method without a handler does not compile. */
import { facts, openCheckpoint, describe } from '../checkpoint/open.ts';
import { loadTokenizer } from '../checkpoint/tokenizer.ts';
import { scanLocalCache } from '../checkpoint/local-cache.ts';
import { discardPartialDownloads, downloadModel } from '../checkpoint/hub.ts';
import { readExpertFile, writeExpertFile } from '../checkpoint/expert-file.ts';
import { writePeftAdapter } from '../checkpoint/peft.ts';
import { dispatch, learnEmbedding, questionOf, quickClassifier, trainClassifier } from '../adapt/dispatch/index.ts';
import { search } from '../adapt/search.ts';
import { listDevices } from '../runtime/devices.ts';
import type { LoadedModel } from '../runtime/loaded-model.ts';
import { runtimeVersion } from '../runtime/session.ts';
import { svdState } from '../svd/cache.ts';
import { createGrader, lackOf } from '../tasks/graders/index.ts';
import { gradeFile } from '../tasks/grade-file.ts';
import { inspectDataset, readDataset } from '../tasks/inspect.ts';
import { previewRows } from '../tasks/preview.ts';
import { contrast } from '../train/contrast.ts';
import { shuffledControl } from '../train/control.ts';
import { evaluate } from '../train/evaluate.ts';
import { adapterMatrices, adaptationOf } from '../train/methods/index.ts';
import { train } from '../train/loop.ts';
import { rowsWithRoom, type Room } from '../train/room.ts';
import { chosenRows, taskRows, touchedBy } from '../train/rows.ts';
import { answer, compare } from './answering.ts';
import { exportMerged } from './export-merged.ts';
import type { ModelStore } from './model-store.ts';
import { GraderStore } from './grader-store.ts';
import { givenObjective } from './objective.ts';
import type { EngineCalls, EngineMethod, SteerAction, TaskRow } from './protocol.ts';
import { stat } from 'node:fs/promises';

export interface Call<M extends EngineMethod> {
  emit: (event: EngineCalls[M]['event']) => void;
  /** `emit`, and wait until it has left this process: what is read faster than it is stored must not pile up here */
  deliver: (event: EngineCalls[M]['event']) => Promise<void>;
  /** told to the person, whoever asked */
  notice: (message: string) => void;
  signal: AbortSignal;
  /** for trainings: what the person asked for meanwhile */
  steering: { action: SteerAction | null };
  models: ModelStore;
}

type Handlers = { [M in EngineMethod]: (input: EngineCalls[M]['input'], call: Call<M>) => Promise<EngineCalls[M]['result']> };

const clock = (): number => performance.now() / 1000;
const memory = (): number => process.memoryUsage.rss();

const graders = new GraderStore();

function fitting(rows: readonly TaskRow[], raw: boolean, room: Room, notice: Call<EngineMethod>['notice']): TaskRow[] {
  const { rows: kept, note } = rowsWithRoom(rows, raw, room);
  if (note !== undefined) notice(note);
  return kept;
}
const roomOf = ({ tokenizer, config: { maxPositions } }: LoadedModel): Room => ({ tokenizer, maxPositions });

export const handlers: Handlers = {
  hello: async ({ threads }, { models }) => {
    models.setThreads(threads);
    return { versions: { node: process.versions.node, onnxruntime: runtimeVersion() }, devices: await listDevices() };
  },
  memory: async () => ({ rssBytes: memory() }),
  modelFacts: async ({ folder, cacheRoot }, { signal }) => {
    const checkpoint = await openCheckpoint(folder);
    await loadTokenizer(folder);
    return facts(checkpoint, { signal, ...(cacheRoot !== undefined && { cacheRoot }) });
  },
  scanCache: async ({ env }) => {
    const found = await scanLocalCache(env);
    return found.map(({ hubId, revision, folder, checkpoint, unusable }) => ({
      hubId,
      revision,
      folder,
      // hashing gigabytes waits until the model is used
      ...(checkpoint && { facts: { ...describe(checkpoint), weightsHash: '' } }),
      ...(unusable !== undefined && { unusable }),
    }));
  },
  discardDownload: async ({ hubId, targetRoot }) => {
    await discardPartialDownloads(targetRoot, hubId);
    return null;
  },
  download: async ({ hubId, revision, endpoint, token, targetRoot }, { emit, signal }) => {
    const { folder } = await downloadModel({ hubId, revision, endpoint, targetRoot, signal, onProgress: emit, ...(token !== undefined && { token }) });
    return { folder };
  },
  svdState: async ({ folder, cacheRoot }) => {
    const { state, done, total, sizeBytes } = await svdState({ checkpoint: await openCheckpoint(folder), directory: cacheRoot });
    return { state, done, total, sizeBytes };
  },
  svdBuild: async (place, { emit, signal, models }) => {
    const began = clock();
    await models.buildSvd(place, emit, signal);
    const { sizeBytes } = await svdState({ checkpoint: await openCheckpoint(place.folder), directory: place.cacheRoot });
    return { seconds: clock() - began, sizeBytes };
  },

  inspectDataset: async ({ path, mapping }, { signal }) => inspectDataset({ path, mapping, signal }),
  readDataset: async ({ path, mapping }, { deliver, signal }) => readDataset({ path, mapping, signal, onRows: (rows) => deliver({ rows }) }),
  preview: async ({ folder, raw, rows }) => previewRows(await loadTokenizer(folder), rows, raw),
  chooseRows: async ({ rows, seed, atMost, config, trainings = [], room }, { notice }) => {
    const say = room && !room.quiet ? notice : (): void => {};
    const space = room && { tokenizer: await loadTokenizer(room.folder), maxPositions: (await openCheckpoint(room.folder)).config.maxPositions };
    const asked = room && space ? fitting(rows, room.raw, space, say) : rows;
    const touched = trainings.length === 0 ? undefined : touchedBy(trainings.map((one) => ({ rows: space ? fitting(one.rows ?? rows, one.raw, space, () => {}) : (one.rows ?? rows), config: one.config })));
    const { left, ...chosen } = chosenRows(asked, seed, atMost, { ...(config && { config }), ...(touched && { touched }) });
    const parts = [...(left.validation > 0 && atMost.validation > 0 ? [`${left.validation} to choose by`] : []), ...(left.test > 0 && atMost.test > 0 ? [`${left.test} to test on`] : [])];
    if (parts.length > 0) say(`Rows that an expert here was trained on are left out: ${parts.join(', ')}; ${chosen.validation.length} and ${chosen.test.length} remain.`);
    return chosen;
  },
  taskRows: async ({ rows, ...reading }) => taskRows(rows, reading),
  gradeRows: async ({ grader: spec, rows }) => {
    const grades = await graders.using(spec, (grader) => grader.gradeBatch(rows));
    return grades.map((grade, i) => ({ row: rows[i].row.row, ...grade, ...lackOf(spec, rows[i].row) }));
  },
  gradeFile: async ({ grader: spec, ...columns }, { emit, signal }) => {
    const grader = await createGrader(spec, true);
    try {
      return await gradeFile({ ...columns, grader, signal, onGrades: emit });
    } finally {
      await grader.dispose();
    }
  },

  generate: async ({ model, rows, sampling }, { emit, signal, models }) => models.using(model, (loaded) => answer(loaded, { rows, sampling }, emit, clock, signal)),
  compare: async ({ model, ...request }, { models }) => models.using(model, (loaded) => compare(loaded, request)),
  objective: async ({ model, request }, { models }) => models.using(model, (loaded) => givenObjective(loaded, request)),

  train: async ({ model, rows, grader: spec, raw, config, checkpoint }, { emit, notice, signal, steering, models }) => {
    try {
      return await graders.using(spec, (grader) => models.using(model, (loaded) => train({ model: loaded, rows: fitting(rows, raw, roomOf(loaded), notice), grader, raw, config, emit, steering, clock, memory, signal, ...(checkpoint && { checkpoint }) })));
    } finally {
      await models.rest(model);
    }
  },
  evaluate: async ({ model, rows, grader: spec, raw, tuning, withBase, sampling, samples }, { emit, notice, signal, models }) => {
    const began = clock();
    const onProgress = (done: number, total: number): void => emit({ done, total, secondsLeft: ((clock() - began) / done) * (total - done) });
    const result = await graders.using(spec, (grader) => models.using(model, async (loaded) => evaluate(loaded, { rows: fitting(rows, raw, roomOf(loaded), notice), adaptation: await adaptationOf(loaded, tuning), withBase: withBase ?? false, grader, raw, sampling, samples, signal, onProgress })));
    return { ...result, seconds: clock() - began };
  },

  control: async ({ model, grader: spec, ...request }, { emit, notice, signal, models }) => {
    const began = clock();
    const onProgress = (done: number, total: number): void => emit({ done, total, secondsLeft: ((clock() - began) / done) * (total - done) });
    return graders.using(spec, (grader) => models.using(model, (loaded) => shuffledControl(loaded, { ...request, rows: fitting(request.rows, request.raw, roomOf(loaded), notice), grader, signal, onProgress })));
  },
  contrast: async ({ model, grader: spec, ...request }, { emit, signal, models }) => {
    const began = clock();
    const onProgress = (done: number, total: number): void => emit({ done, total, secondsLeft: ((clock() - began) / done) * (total - done) });
    return graders.using(spec, (grader) => models.using(model, (loaded) => contrast(loaded, { ...request, grader, clock, signal, onProgress })));
  },
  spectrum: async (place, { models }) =>
    models.using(place, async (loaded) => {
      const matrices = new Map(loaded.checkpoint.matrices.map((matrix) => [matrix.name, matrix]));
      const factors = await loaded.factorsOf(matrices.keys());
      return factors.flatMap(({ name, sigma }) => {
        const matrix = matrices.get(name);
        return matrix ? [{ name, layer: matrix.layer, projection: matrix.projection, sigma }] : [];
      });
    }),

  search: async ({ model, grader: spec, ...request }, { emit, signal, steering, models }) =>
    graders.using(spec, (grader) => models.using(model, (loaded) => search({ ...request, model: loaded, grader, emit, steering, clock, signal }))),
  trainClassifier: async ({ model, training, validation, seed, steps = quickClassifier.steps, ...request }, { emit, signal, models }) => {
    const began = clock();
    const examples = (questions: typeof training): { question: string; expert: number | null }[] => questions.map(({ messages, expert }) => ({ question: questionOf(messages), expert }));
    const config = { ...quickClassifier, seed, steps };
    const result = await models.using(model, (loaded) => trainClassifier({ ...request, model: loaded, training: examples(training), validation: examples(validation), config, signal, onStep: (step) => emit({ ...step, steps }) }));
    return { ...result, seconds: clock() - began };
  },
  fitEmbedding: async ({ model, examples, classes }, { models }) => {
    const began = clock();
    const fitted = await models.using(model, (loaded) => learnEmbedding(loaded, examples, classes));
    return { fitted, seconds: clock() - began };
  },
  dispatch: async ({ model, dispatcher, questions }, { models }) =>
    models.using(model, async (loaded) => {
      const began = clock();
      const decisions = await dispatch(loaded, dispatcher, questions);
      return { decisions, ms: (clock() - began) * 1000 };
    }),

  exportAdapter: async ({ model, path, metadata, ...adapter }) => {
    const checkpoint = await openCheckpoint(model.folder);
    adapterMatrices(checkpoint.matrices, adapter);
    return writePeftAdapter(path, { ...adapter, layers: checkpoint.config.layers }, metadata);
  },

  exportZ: async ({ path, z, metadata }) => {
    await writeExpertFile(path, z, metadata);
    return { path, sizeBytes: (await stat(path)).size };
  },
  exportMerged: async (input, { emit, signal, models }) => exportMerged(input, models, (done, total) => emit({ done, total }), signal),
  importZ: async ({ path, against }) => readExpertFile(path, against),
};
