/**
 * Every call and every event between a window (or the command line) and the services, typed and validated once.
 * The transport (Electron message port, WebSocket, direct call) is a detail of the shell.
 *
 * A call's input is parsed by its schema at the door; its result is trusted. A thrown error crosses as `ErrorDto`.
 */
import { z } from 'zod';
import { dispatcherKinds, searchConfigSchema, type BudgetDto, type Confusion, type DecisionDto, type DispatcherCostDto, type DispatcherDto, type DispatcherKind, type GenerationDto, type SearchCostDto, type SearchDto, type SearchSummaryDto } from './adaptation.ts';
import { comparisonPlanSchema, type ComparisonPlan, type StrategyDetail } from './comparison.ts';
import { mixForms, type MixForm } from './mix.ts';
import { columnMappingSchema, taskSplitsSchema, type ColumnMapping, type TaskDto, type TaskReading } from './task.ts';
import { trainingConfigSchema, methods, type Method, type TrainingConfig } from './training.ts';
import type { ErrorDto } from './errors.ts';

const id = z.string().min(1).max(200);
const name = z.string().trim().min(1).max(120);
const page = { offset: z.int().min(0).default(0), limit: z.int().min(1).max(500).default(100) };

/* ---------------------------------------------------------------- what crosses ---- */

export type Device = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';
export interface DeviceDto { device: Device; label: string; available: boolean; reason?: string }

export interface ModelDto {
  id: string;
  name: string;
  source: 'bundled' | 'folder' | 'cache' | 'hub';
  folder: string;
  /** why it cannot be used here, one sentence; absent when it can */
  unusable?: string;
  architecture?: string;
  layers?: number;
  hiddenSize?: number;
  intermediateSize?: number;
  vocabularySize?: number;
  contextLength?: number;
  parameters?: number;
  sizeBytes?: number;
  dtype?: string;
  hasChatTemplate?: boolean;
  weightsHash?: string;
  svd: { state: 'none' | 'building' | 'ready' | 'damaged'; done?: number; total?: number; sizeBytes?: number; jobId?: string };
}

export interface ChatMessage { role: 'system' | 'user' | 'assistant'; content: string }

export type { Confusion, DecisionDto, DispatcherCostDto, DispatcherDto, SearchCostDto, SearchDto, SearchSummaryDto };
export { columnMappingSchema, type ColumnMapping } from './task.ts';

export interface DatasetDto {
  id: string; name: string; source: 'bundled' | 'file'; fileName: string; rows: number; unusable: number;
  hash: string; columns: string[]; mapping: ColumnMapping; suggestedGrader: string; createdAt: number; description: string;
  /** usable rows by the split that the dataset itself names; rows of no named split are `unassigned` */
  splits: Record<Split | 'unassigned', number>;
}
export interface UnusableRow { row: number; reason: string }
export interface PreviewRow {
  row: number;
  /** the exact text the model will see, template and special tokens included */
  text: string;
  /** the prompt alone, without template and special tokens: what one would type */
  prompt: string;
  promptTokens: number;
  reference: string | null;
}
export interface InspectionDto {
  path: string; fileName: string; format: 'jsonl' | 'json' | 'csv' | 'parquet'; rows: number; sizeBytes: number;
  columns: { name: string; type: string; example: string }[];
  /** what the file was recognised as, in words: "GSM8K", "chat messages", "Alpaca", … */
  recognisedAs: string;
  mapping: ColumnMapping; suggestedGrader: string;
  unusable: UnusableRow[]; unusableCount: number;
}

export interface Interval { mean: number; low: number; high: number }
/** Rows are trained on, chosen by (validation), or scored once at the end (test); no prompt is in two of them. */
export type Split = 'train' | 'validation' | 'test';

/** A score on the test rows against the base's on the same rows; `gain` is the paired difference with its 95 % interval. */
export interface TestScoreDto { rows: number; samples: number; temperature: number; base: Interval; score: Interval; gain: Interval }
/** One repetition of a run: a seed and a λ. `validation` is the best of its validations, which chose its checkpoint. */
export interface TrialDto { trial: number; seed: number; klCoefficient: number; steps: number; bestStep: number; baseValidation: number; validation: number; test: TestScoreDto; seconds: number; chosen: boolean }
/** What a training took. */
/** `peakMemoryBytes` is of the whole engine process, 0 where it was not measured. */
export interface CostDto { trainableParameters: number; seconds: number; peakMemoryBytes: number; answerTokens: number }

export interface ExpertDto {
  id: string; name: string; modelId: string; modelName: string; weightsHash: string; tags: string[]; description: string;
  createdAt: number; deletedAt?: number; parameters: number; matrices: number;
  baseScore?: number; score?: number; gain?: Interval;
  source: 'trained' | 'imported' | 'duplicate';
  /** only `svf` can be mixed; the others are kept to be compared, evaluated and exported */
  method: Method;
  /** final scores on rows that nothing was trained on or chosen by; absent for imported experts */
  test?: TestScoreDto;
  /** the same rows with every z shuffled within its matrix (seeded): how much of the gain is in the order */
  control?: TestScoreDto & { seed: number };
  /** how many rows were used for what, and where they are from */
  rowsUsed?: Record<Split, { rows: number; from: string }>;
  comparisonId?: string;
  provenance: {
    datasetName?: string; datasetHash?: string; grader?: string; seed?: number; config?: TrainingConfig;
    /** the stored task that it was trained on, by the name that it had then, and how that read its rows */
    task?: string; reading?: TaskReading;
    parentId?: string; runId?: string; steps?: number; seconds?: number; raw?: boolean; fileName?: string;
  };
}
/** z − 1 averaged into `bins` bins by rank: cells[matrix][bin] */
export interface ZMapDto { layers: number; bins: number; matrices: { name: string; layer: number; projection: string; rank: number; cells: number[] }[] }

export const mixPartSchema = z.object({
  expertId: id,
  alpha: z.union([z.number().min(-10).max(10), z.array(z.number().min(-10).max(10))]),
  muted: z.boolean().default(false),
  solo: z.boolean().default(false),
});
export type MixPartDto = z.infer<typeof mixPartSchema>;
/** What a mix is, saved or not: its parts, and how they come together. */
export const mixContent = { parts: z.array(mixPartSchema), form: z.enum(mixForms).default('base-anchored') };
export interface MixContent { parts: MixPartDto[]; form: MixForm }
export interface MixDto extends MixContent { id: string; name: string; modelId: string; createdAt: number; updatedAt: number; /** the search that found it */ searchId?: string }

export const samplingSchema = z.object({
  maxTokens: z.int().min(1).max(32_768).default(96),
  temperature: z.number().min(0).max(10).default(0),
  topP: z.number().gt(0).max(1).default(1),
  topK: z.int().min(0).default(0),
  seed: z.int().min(0).default(0),
  stop: z.array(z.string().min(1)).max(16).default([]),
});
export type Sampling = z.infer<typeof samplingSchema>;

export type JobState = 'queued' | 'running' | 'paused' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted';
export type JobKind = 'train' | 'svd' | 'evaluate' | 'control' | 'compare' | 'search' | 'dispatcher' | 'download' | 'export' | 'import-dataset';
export interface JobDto {
  id: string; kind: JobKind; title: string; state: JobState; createdAt: number; startedAt?: number; endedAt?: number;
  progress: { done: number; total: number; unit: string; note?: string; secondsLeft?: number };
  error?: ErrorDto; runId?: string; modelId?: string; expertId?: string; comparisonId?: string; searchId?: string; canPause: boolean; canKeep: boolean; queuePosition?: number;
  /** another instance (a command line beside the window) runs it */
  elsewhere?: true;
}

export interface StepMetric {
  /** 0 but in runs of several seeds or λ */
  trial: number;
  step: number; loss: number; reward: number; score: number; klPolicyBase: number; gradientNorm: number; learningRate: number;
  tokensPerSecond: number; answerTokens: number; seconds: number;
}
/** `samples`: answers to each row, where an evaluation asked for more than one */
export interface ValidationMetric { trial: number; step: number; score: number; interval: Interval; best: boolean; rows: number; samples?: number }
export interface SampleDto { trial: number; step: number; index: number; row: number; prompt: string; answer: string; reference: string | null; score: number; reward: number; reason: string }
export interface RunDto {
  id: string; name: string; kind: 'train' | 'evaluate'; jobId: string; state: JobState; modelId: string; modelName: string;
  datasetId?: string; datasetName: string; datasetHash: string; grader: string; raw: boolean; preset: string; config: TrainingConfig;
  /** the stored task, by the name that it had then; `reading` stays as it was, whatever becomes of the task */
  task?: string; reading?: TaskReading;
  createdAt: number; baseScore?: number; bestScore?: number; bestStep?: number; gain?: Interval; expertId?: string;
  steps: StepMetric[]; validations: ValidationMetric[]; lastSamples: SampleDto[]; seconds?: number; command: string;
  test?: TestScoreDto; trials: TrialDto[]; cost?: CostDto; rowsUsed?: Record<Split, { rows: number; from: string }>; comparisonId?: string;
  /** of an evaluation; where it was paired with the base, the base's answers are step 0 and its own step 1 */
  evaluated?: EvaluatedDto;
}
/** What an evaluation scored: a mix as it stood, with the names of then, or an adapter; with neither, the base. */
export interface EvaluatedDto { parts: { expertId: string; name: string; alpha: number | number[] }[]; form: MixForm; adapter?: { id: string; name: string } }

export type CellState = 'waiting' | 'running' | 'done' | 'failed';
/** One training, or one use of experts, of a comparison: a row of its table. */
export interface ComparisonCellDto {
  index: number; modelId: string; modelName: string; task: string; datasetId: string; method: string; seed: number; state: CellState;
  runId?: string; expertId?: string; error?: string;
  test?: TestScoreDto; cost?: CostDto; bestStep?: number;
  /** of a cell that adapts experts instead of training one */
  detail?: StrategyDetail; searchId?: string;
}
/** Seeds of one (model, task, method) taken together: means, the interval of the mean over seeds × rows, and score ÷ base score (the paper's brackets). */
export interface ComparisonSummaryDto {
  modelName: string; task: string;
  /** null for the base model itself */
  method: string | null;
  seeds: number; score: Interval; gain?: Interval; normalised: number; trainableParameters: number; seconds: number; peakMemoryBytes: number;
}
export interface ComparisonDto {
  id: string; name: string; state: JobState; jobId: string; createdAt: number; plan: ComparisonPlan; cells: number; done: number; failed: number; secondsLeft?: number; seconds: number; command: string;
}
/** A dispatcher of a comparison on held-out questions of the experts' tasks, its seeds taken together: the same `questions` at each of the `seeds`. Counts and accuracy (95 % over seeds × questions) are of all of them; `own` is of the experts' questions alone, `none` of those for no expert, where some were asked. */
export interface DispatchSummaryDto { modelId: string; modelName: string; method: string; kind: DispatcherKind; seeds: number[]; questions: number; accuracy: Interval; own: DispatchShare; none?: DispatchShare; confusion: Confusion }
export interface DispatchShare { questions: number; right: Interval }
export interface ComparisonDetailDto extends ComparisonDto { table: ComparisonCellDto[]; summary: ComparisonSummaryDto[]; dispatch: DispatchSummaryDto[] }

/** Share of a matrix's spectrum in its top singular values: `shares[i]` = Σ_{k ≤ ranks[i]} σₖ² / Σ σ² (arXiv 2501.06252, figures 10 and 11). */
export interface SpectrumDto { ranks: number[]; matrices: { name: string; layer: number; projection: string; rank: number; shares: number[] }[] }
/** `cosine[i][j]` of z − 1 of two experts over the matrices that both tune, 1 − it is their distance; null where they share none or one is the base */
export interface DistancesDto { experts: { id: string; name: string }[]; cosine: (number | null)[][] }

export interface AnswerTokenDto { text: string; id: number }
export interface AnswerStatsDto { tokens: number; promptTokens: number; tokensPerSecond: number; firstTokenMs: number; stopReason: 'stop' | 'length' | 'cancelled' }
/** of each token of the mix's answer: its log-probability under the mix minus under the base */
export interface AnswerComparisonDto { tokens: { text: string; difference: number }[]; klPerToken: number }

export interface AppInfoDto {
  version: string; platform: string; shell: 'desktop' | 'local' | 'cli' | 'test'; home: string; engine: { state: 'starting' | 'ready' | 'restarting' | 'stopped'; pid?: number };
  versions: Record<string, string>; devices: DeviceDto[]; device: Device; memoryBytes: number; cpuThreads: number;
}
export interface SettingsDto { theme: 'system' | 'light' | 'dark'; device: Device | 'auto'; threads: number; hubEndpoint: string }

/* ---------------------------------------------------------------- the calls ---- */

const call = <I extends z.ZodType>(input: I) => <R>() => ({ input, result: undefined as unknown as R });
const none = z.object({}).default({});
const taskInput = { modelId: id, raw: z.boolean().default(false) };
/** With it, an unfinished job of exactly the same input is taken up from where it was, in place of a new one. */
const takeUp = z.boolean().optional();
/** A stored task, or what one is made of; what is named beside a task takes the place of the task's for this use alone. The dataset's own way of reading, its suggested grader and the chat template are what is left out. */
const taskUse = { modelId: id, taskId: id.optional(), datasetId: id.optional(), mapping: columnMappingSchema.optional(), grader: z.string().min(1).optional(), raw: z.boolean().optional(), splits: taskSplitsSchema.optional() };
const dispatcherWish = z.object({ modelId: id, kind: z.enum(dispatcherKinds), expertIds: z.array(id).min(1).max(64).optional(), /** datasets of which no question is for any of them; the bundled everyday questions where left out */ othersIds: z.array(id).max(16).optional(), seed: z.int().min(0).default(0) });

export const calls = {
  'app.info': call(none)<AppInfoDto>(),
  /** versions, devices, last errors; no contents */
  'app.diagnostics': call(none)<{ text: string }>(),
  'settings.get': call(none)<SettingsDto>(),
  'settings.set': call(z.object({ theme: z.enum(['system', 'light', 'dark']), device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml']), threads: z.int().min(0).max(256), hubEndpoint: z.string() }).partial())<SettingsDto>(),

  'models.list': call(none)<ModelDto[]>(),
  'models.addFolder': call(z.object({ folder: z.string().min(1) }))<ModelDto>(),
  'models.download': call(z.object({ hubId: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'A hub id looks like owner/name.'), revision: z.string().default('main') }))<{ jobId: string }>(),
  /** forgets a model (files are deleted only when they were downloaded by this application) */
  'models.remove': call(z.object({ id }))<null>(),
  /** makes the SVD cache */
  'models.prepare': call(z.object({ id }))<{ jobId: string }>(),

  'datasets.inspect': call(z.object({ path: z.string().min(1), mapping: columnMappingSchema.optional() }))<InspectionDto>(),
  'datasets.import': call(z.object({ path: z.string().min(1), name, mapping: columnMappingSchema }))<DatasetDto>(),
  'datasets.list': call(none)<DatasetDto[]>(),
  /** with a mapping, the rows as that one reads them */
  'datasets.preview': call(z.object({ ...taskInput, datasetId: id, mapping: columnMappingSchema.optional(), ...page }))<{ rows: PreviewRow[]; total: number }>(),
  'datasets.previewFile': call(z.object({ ...taskInput, path: z.string(), mapping: columnMappingSchema, ...page }))<{ rows: PreviewRow[]; total: number }>(),
  'datasets.unusable': call(z.object({ datasetId: id, ...page }))<{ rows: UnusableRow[]; total: number }>(),
  /** with the tasks that came with it; refused while a person's own task is made of it */
  'datasets.remove': call(z.object({ id }))<null>(),

  /** by name */
  'tasks.list': call(none)<TaskDto[]>(),
  /** a new task, or with an id that one changed; what runs recorded of it stays. Refused where rows cannot be read or graded so */
  'tasks.save': call(z.object({ id: id.optional(), name, datasetId: id, mapping: columnMappingSchema.optional(), grader: z.string().min(1).optional(), raw: z.boolean().default(false), splits: taskSplitsSchema.default({ by: 'dataset' }) }))<TaskDto>(),
  'tasks.rename': call(z.object({ id, name }))<TaskDto>(),
  'tasks.remove': call(z.object({ id }))<null>(),

  /** grades each row's own reference (a check of the grader), or answers typed by the person */
  'graders.test': call(z.object({ grader: z.string().min(1), datasetId: id.optional(), path: z.string().optional(), mapping: columnMappingSchema.optional(), answers: z.array(z.object({ row: z.int().min(0), answer: z.string() })).max(50).optional(), limit: z.int().min(1).max(50).default(10) }))<{ row: number; answer: string; score: number; reason: string }[]>(),

  'train.start': call(z.object({ ...taskUse, name, preset: z.enum(['quick', 'paper', 'custom']), config: trainingConfigSchema, tags: z.array(z.string()).default([]), takeUp }))<{ jobId: string; runId: string; takenUp?: boolean }>(),
  'runs.list': call(z.object({ ...page, kind: z.enum(['train', 'evaluate']).optional(), modelId: id.optional(), /** only evaluations in which it took part */ expertId: id.optional() }))<{ runs: Omit<RunDto, 'steps' | 'validations' | 'lastSamples'>[]; total: number }>(),
  'runs.get': call(z.object({ id }))<RunDto>(),
  /** with its curves and samples; an expert that it made stays */
  'runs.remove': call(z.object({ id }))<null>(),
  'runs.samples': call(z.object({ id, step: z.int().min(0) }))<SampleDto[]>(),
  /** `withBase` answers the same rows as the base too, with the same seeds, for the paired gain; of the base itself it changes nothing */
  'evaluate.start': call(z.object({ ...taskUse, name: name.optional(), withBase: z.boolean().default(false), ...mixContent, parts: mixContent.parts.default([]), /** a LoRA, DoRA or IA3 adapter instead of a mix */ adapterId: id.optional(), samples: z.int().min(1).default(1), sampling: samplingSchema, limit: z.int().min(1).optional() }))<{ jobId: string; runId: string }>(),

  'jobs.list': call(z.object({ ...page }))<JobDto[]>(),
  'jobs.get': call(z.object({ id }))<JobDto>(),
  'jobs.pause': call(z.object({ id }))<JobDto>(),
  'jobs.resume': call(z.object({ id }))<JobDto>(),
  'jobs.cancel': call(z.object({ id }))<JobDto>(),
  /** ends a training and keeps its best checkpoint as an expert */
  'jobs.keep': call(z.object({ id }))<JobDto>(),
  'jobs.clear': call(none)<null>(),

  /** checks a plan and says what it would take, without starting it */
  'comparisons.check': call(z.object({ plan: comparisonPlanSchema }))<{ cells: number; trainings: { model: string; task: string; method: string; parameters: number }[]; secondsEstimated?: number }>(),
  'comparisons.start': call(z.object({ plan: comparisonPlanSchema }))<{ id: string; jobId: string }>(),
  'comparisons.list': call(none)<ComparisonDto[]>(),
  'comparisons.get': call(z.object({ id }))<ComparisonDetailDto>(),
  /** Markdown with the tables, their numbers and the command; figures as SVG beside it */
  'comparisons.report': call(z.object({ id, path: z.string().optional(), notes: z.string().optional() }))<{ path: string; text: string }>(),
  'comparisons.remove': call(z.object({ id }))<null>(),
  /** a cell's expert into the library, under a name of its own */
  'comparisons.keep': call(z.object({ id, cell: z.int().min(0), name }))<ExpertDto>(),

  'models.spectrum': call(z.object({ id }))<SpectrumDto>(),

  'experts.list': call(z.object({ search: z.string().default(''), tags: z.array(z.string()).default([]), modelId: id.optional(), method: z.enum(methods).optional(), comparisonId: id.optional(), sort: z.enum(['name', 'created', 'gain']).default('created'), ...page }))<{ experts: ExpertDto[]; total: number; tags: string[] }>(),
  'experts.get': call(z.object({ id }))<ExpertDto>(),
  'experts.zmap': call(z.object({ id, bins: z.int().min(8).max(512).default(100) }))<ZMapDto>(),
  /** z of `b` minus z of `a`, binned as in a z map */
  'experts.difference': call(z.object({ a: id, b: id, bins: z.int().min(8).max(512).default(100) }))<ZMapDto>(),
  'experts.distances': call(z.object({ ids: z.array(id).min(2).max(64) }))<DistancesDto>(),
  /** scores the expert with every z shuffled, on its own test rows */
  'experts.control': call(z.object({ id, seed: z.int().min(0).default(0) }))<{ jobId: string }>(),
  'experts.update': call(z.object({ id, name: name.optional(), tags: z.array(z.string().max(40)).max(20).optional(), description: z.string().max(2000).optional() }))<ExpertDto>(),
  'experts.duplicate': call(z.object({ id }))<ExpertDto>(),
  /** soft delete; `experts.restore` undoes it */
  'experts.remove': call(z.object({ id }))<null>(),
  'experts.restore': call(z.object({ id }))<ExpertDto>(),
  'experts.import': call(z.object({ path: z.string().min(1), name: name.optional(), modelId: id.optional() }))<ExpertDto>(),
  /** writes z as safetensors, or an adapter as a PEFT folder (adapter_config.json, adapter_model.safetensors); with `merged`, a checkpoint folder. Without a path, into the exports folder of the home */
  'experts.export': call(z.object({ id, path: z.string().optional(), merged: z.string().optional() }))<{ path: string; merged?: string }>(),

  'mixes.list': call(z.object({ modelId: id.optional() }))<MixDto[]>(),
  'mixes.save': call(z.object({ id: id.optional(), name, modelId: id, ...mixContent }))<MixDto>(),
  'mixes.remove': call(z.object({ id }))<null>(),
  'mixes.export': call(z.object({ modelId: id, name, ...mixContent, path: z.string().optional(), kind: z.enum(['z', 'merged']) }))<{ path: string }>(),
  'mixes.zmap': call(z.object({ modelId: id, ...mixContent, bins: z.int().min(8).max(512).default(100) }))<ZMapDto>(),
  'mixes.command': call(z.object({ modelId: id, ...mixContent, prompt: z.string(), raw: z.boolean(), sampling: samplingSchema }))<{ command: string }>(),

  /** what a search would take, before it is started */
  'searches.cost': call(z.object({ ...taskUse, expertIds: z.array(id).min(1).max(64), config: searchConfigSchema }))<SearchCostDto>(),
  /** rows: examples from the dataset's training rows, selection from its validation rows, test from its test rows */
  'searches.start': call(z.object({ ...taskUse, expertIds: z.array(id).min(1).max(64), name, config: searchConfigSchema, takeUp }))<{ jobId: string; searchId: string; takenUp?: boolean }>(),
  'searches.list': call(z.object({ ...page }))<{ searches: SearchSummaryDto[]; total: number }>(),
  'searches.get': call(z.object({ id }))<SearchDto>(),
  'searches.remove': call(z.object({ id }))<null>(),

  /** what making one would take, before it is started; refused as `dispatchers.make` would be */
  'dispatchers.cost': call(dispatcherWish)<DispatcherCostDto>(),
  'dispatchers.list': call(z.object({ modelId: id }))<DispatcherDto[]>(),
  /** makes or renews a dispatcher for the given experts (all of the model's trained ones where left out), and measures it on held-out questions */
  'dispatchers.make': call(dispatcherWish)<{ jobId: string; dispatcherId: string }>(),
  'dispatchers.remove': call(z.object({ id }))<null>(),

  /** the first pass decides for each prompt, then all are answered as one batch; without streaming */
  'adapt.answer': call(z.object({ modelId: id, prompts: z.array(z.string()).min(1).max(256), raw: z.boolean().default(false), strategy: z.union([z.enum([...dispatcherKinds, 'none']), z.strictObject({ mixId: id })]), sampling: samplingSchema }))<{ text: string; ids: number[]; tokens: number; decision?: DecisionDto; alphas?: { name: string; alpha: number | number[] }[]; firstPassMs: number; secondPassMs: number }[]>(),

  /** streams base and mix side by side as `answer.*` events; the two are two rows of one batch. With a strategy, the mix's side is the expert that the first pass decides on (event `answer.decided`) */
  'desk.answer': call(z.object({ strategy: z.enum(['faders', ...dispatcherKinds]).default('faders'), modelId: id, prompt: z.string(), raw: z.boolean().default(false), ...mixContent, sampling: samplingSchema, sides: z.enum(['both', 'mix', 'base']).default('both'), conversationId: id.optional() }))<{ answerId: string }>(),
  'desk.cancel': call(z.object({ answerId: id }))<null>(),
  'conversations.list': call(z.object({ ...page }))<{ id: string; title: string; modelId: string; createdAt: number; messages: number }[]>(),
  'conversations.get': call(z.object({ id }))<{ id: string; title: string; messages: { role: 'user' | 'base' | 'mix'; content: string; createdAt: number }[] }>(),
  'conversations.remove': call(z.object({ id }))<null>(),
} as const;

export type CallName = keyof typeof calls;
export type CallInput<N extends CallName> = z.input<(typeof calls)[N]['input']>;
export type CallParsed<N extends CallName> = z.output<(typeof calls)[N]['input']>;
export type CallResult<N extends CallName> = (typeof calls)[N]['result'];

/* ---------------------------------------------------------------- the events ---- */

export interface Events {
  'models.changed': null;
  'datasets.changed': null;
  'tasks.changed': null;
  'experts.changed': null;
  'comparison.changed': { id: string };
  'mixes.changed': null;
  'settings.changed': SettingsDto;
  'job.changed': JobDto;
  'run.step': { runId: string; metric: StepMetric };
  'run.validation': { runId: string; metric: ValidationMetric };
  'run.samples': { runId: string; samples: SampleDto[] };
  'search.generation': { searchId: string; generation: GenerationDto; budget: BudgetDto };
  'searches.changed': null;
  'dispatchers.changed': null;
  'answer.decided': { answerId: string; decision: DecisionDto };
  'answer.tokens': { answerId: string; side: 'base' | 'mix'; tokens: AnswerTokenDto[] };
  'answer.done': { answerId: string; side: 'base' | 'mix'; stats: AnswerStatsDto };
  'answer.compared': { answerId: string; comparison: AnswerComparisonDto };
  'answer.failed': { answerId: string; error: ErrorDto };
  'engine.changed': AppInfoDto['engine'];
  /** a sentence for the person: a device fell back, an engine was restarted */
  notice: { level: 'info' | 'warning' | 'error'; message: string };
}
export type EventName = keyof Events;

/** What a window holds. The shell provides it; tests provide another. */
export interface Bridge {
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallResult<N>>;
  on<E extends EventName>(event: E, listener: (payload: Events[E]) => void): () => void;
  /** a path the services can read for a dropped or picked file (the local shell uploads it first) */
  pathOf(file: File): Promise<string>;
}

/** Wire form of the contract for shells that carry text. */
export type WireRequest = { id: number; name: CallName; input: unknown };
export type WireMessage = { id: number; result: unknown } | { id: number; error: ErrorDto } | { event: EventName; payload: unknown };
