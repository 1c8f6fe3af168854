/**
 * What the privileged process may ask of the engine process. Carried by `child_process.fork` with
 * `serialization: 'advanced'`, so typed arrays cross as they are. Every request may stream events before its
 * one result or error; a request is stopped by `{ cancel: id }` (ends with code `cancelled`), and a training is
 * also steered by `{ steer: id, action }`.
 */
import type { ChatMessage, ColumnMapping, Device, DeviceDto, InspectionDto, Interval, CostDto, PreviewRow, SampleDto, Sampling, Split, StepMetric, TestScoreDto, TrialDto, UnusableRow, ValidationMetric } from '../../shared/contract.ts';
import type { BudgetDto, Category, Decision, DispatcherState, EmbeddingState, Fitness, GenerationDto, SearchConfig, SearchOutcome } from '../../shared/adaptation.ts';
import type { ErrorDto } from '../../shared/errors.ts';
import type { MatrixShape, ZVectors } from '../../shared/matrices.ts';
import type { TaskReading } from '../../shared/task.ts';
import type { TrainingConfig } from '../../shared/training.ts';

/** One dataset row after column mapping: what a prompt is made from and what an answer is graded against. */
export interface TaskRow {
  row: number;
  messages: ChatMessage[];
  reference: string | null;
  /** the answer to imitate, where it is not the reference */
  demonstration?: string;
  /** where the dataset itself says so */
  split?: Split;
  /** all columns, for graders that need more than the reference (tests, options, the user's expression) */
  data: Record<string, unknown>;
}

/** What an expert at hand was trained on, of the same dataset: its rows as it read them (absent: as they are given), and how it divided them. */
export interface EarlierTraining { rows?: TaskRow[]; raw: boolean; config: TrainingConfig }

export interface ModelFacts {
  architecture: string; layers: number; hiddenSize: number; intermediateSize: number; vocabularySize: number; contextLength: number;
  parameters: number; sizeBytes: number; dtype: string; hasChatTemplate: boolean; weightsHash: string; matrices: MatrixShape[];
}

/** Where a model lies, and where its SVD cache (and fp32 copy, where one is needed) is kept. */
export interface ModelPlace { folder: string; cacheRoot: string; device: Device | 'auto' }

export interface GenerateRow { prompt: string | ChatMessage[]; raw: boolean; z?: ZVectors; seed?: number }
export interface GeneratedRow {
  text: string; ids: number[];
  /** the prompt as the model saw it, for `compare` */
  promptIds: number[]; promptTokens: number; stopReason: 'stop' | 'length' | 'cancelled'; logProbs: number[];
}

export interface ObjectiveRequest {
  ids: number[]; promptTokens: number; reward: number; klCoefficient: number; z: Record<string, number[]>; gradient: boolean;
}
export interface ObjectiveResult {
  lastLogits: number[]; logLikelihood: number; klPolicyBase: number; klBasePolicy: number; objective: number;
  gradient?: Record<string, number[]>;
}

/**
 * All state of a training at a step boundary; opaque to the privileged process, which stores it as a blob. What was
 * recorded after `step` of `trial` comes again when a training goes on from here; earlier trials are complete.
 */
export interface TrainCheckpoint { trial: number; step: number; blob: Uint8Array }
/** Trained tensors by name, as PEFT names them for an adapter; one number per singular value and matrix for `svf`. */
export interface TrainedTensor { shape: number[]; data: Float32Array }
export interface TrainOutcome {
  /** of the trial that validation chose */
  tensors: Record<string, TrainedTensor>;
  /** means over trials of the chosen λ; of a single trial, its own */
  test: TestScoreDto;
  trials: TrialDto[];
  cost: CostDto;
  rowsUsed: Record<Split, number>;
  bestStep: number; steps: number; stoppedEarly: boolean;
}
/** What a model is evaluated under: nothing, z, or an adapter's tensors. */
export type Tuning = { method: 'svf'; z: ZVectors } | { method: 'lora' | 'dora' | 'ia3'; tensors: Record<string, TrainedTensor>; rank: number; alpha: number };

/** A z for each row, by its place in `zs`; null is the base. */
export interface PerRow { method: 'per-row'; zs: ZVectors[]; choice: (number | null)[] }
/** Also every z shuffled within its matrix, the control of an expert. */
export type Way = Tuning | PerRow | { method: 'shuffled'; z: ZVectors; seed: number };

/** All state of a search between two generations: plain data, JSON included. */
export interface SearchCheckpoint {
  optimiser: Readonly<Record<string, number | readonly number[]>>;
  best: GenerationDto['best'] | null;
  /** the best different candidates of all generations, best first */
  hall: GenerationDto['best'][];
  withoutBetter: number;
  budget: BudgetDto;
}
/** Rows of a search: candidates are tried on `examples`, compared on `selection`, scored once on `test`. */
export interface SearchRows { examples: TaskRow[]; selection: TaskRow[]; test: TaskRow[] }
/** A question with the expert that it is for; null is none. */
export interface LabelledQuestion { messages: ChatMessage[]; expert: number | null }

export interface EngineCalls {
  hello: { input: { threads: number }; result: { versions: Record<string, string>; devices: DeviceDto[] }; event: never };
  memory: { input: null; result: { rssBytes: number }; event: never };
  modelFacts: { input: { folder: string; cacheRoot?: string }; result: ModelFacts; event: never };
  /** models of the local Hugging Face cache, usable or not */
  scanCache: { input: { env: Record<string, string | undefined> }; result: { hubId: string; revision: string; folder: string; facts?: ModelFacts; unusable?: string }[]; event: never };
  download: { input: { hubId: string; revision: string; endpoint: string; token?: string; targetRoot: string }; result: { folder: string }; event: { doneBytes: number; totalBytes: number; file: string } };
  /** removes what an unfinished download of this model left behind */
  discardDownload: { input: { hubId: string; targetRoot: string }; result: null; event: never };
  svdState: { input: ModelPlace; result: { state: 'none' | 'ready' | 'damaged'; done: number; total: number; sizeBytes: number }; event: never };
  svdBuild: { input: ModelPlace; result: { seconds: number; sizeBytes: number }; event: { done: number; total: number; name: string; secondsLeft: number } };

  inspectDataset: { input: { path: string; mapping?: ColumnMapping }; result: InspectionDto & { hash: string }; event: never };
  /** streams the usable rows in batches; unusable ones come with the result */
  readDataset: { input: { path: string; mapping: ColumnMapping }; result: { rows: number; unusable: UnusableRow[]; unusableCount: number; hash: string }; event: { rows: TaskRow[] } };
  preview: { input: { folder: string; raw: boolean; rows: TaskRow[] }; result: PreviewRow[]; event: never };
  /** a dataset's rows split as a training splits them (no prompt in two), then at most so many of each: training and validation rows drawn by the seed, test rows the same for every seed */
  /** `room`: rows that this model has no room for are left out before; `quiet` says nothing of them */
  /** rows divided as a training with `config` divides them (the quick preset without one), without test and validation rows that an earlier training learned from */
  chooseRows: { input: { rows: TaskRow[]; seed: number; atMost: Record<Split, number>; config?: TrainingConfig; trainings?: EarlierTraining[]; room?: { folder: string; raw: boolean; quiet?: boolean } }; result: Record<Split, TaskRow[]>; event: never };
  /** rows that were read before, as a task reads them: by its mapping, divided by its shares; what is left out stays as it is. Rows that the mapping cannot read are listed and left out */
  taskRows: { input: { rows: TaskRow[] } & Partial<TaskReading>; result: { rows: TaskRow[]; unusable: UnusableRow[] }; event: never };
  /** `lacks`: what the row has not, that answers are graded by */
  gradeRows: { input: { grader: string; rows: { row: TaskRow; answer: string }[] }; result: { row: number; score: number; reason: string; lacks?: string }[]; event: never };
  /** a file's answers against its references; columns by name, nested ones with dots. Graded rows come as events, in order */
  gradeFile: { input: { grader: string; path: string; answer: string; reference?: string }; result: { rows: number; score: number }; event: { row: number; correct: boolean; score: number; reason: string }[] };

  generate: { input: { model: ModelPlace; rows: GenerateRow[]; sampling: Sampling }; result: { rows: GeneratedRow[]; tokensPerSecond: number; firstTokenMs: number; ms: number; device: Device }; event: { row: number; tokens: { text: string; id: number }[]; done?: { stopReason: 'stop' | 'length' | 'cancelled' } } };
  /** log-probabilities of the given answer under z and under the base, token by token */
  compare: { input: { model: ModelPlace; promptIds: number[]; answerIds: number[]; z: ZVectors }; result: { tokens: { text: string; difference: number }[]; klPerToken: number }; event: never };
  objective: { input: { model: ModelPlace; request: ObjectiveRequest }; result: ObjectiveResult; event: never };

  train: {
    input: { model: ModelPlace; rows: TaskRow[]; grader: string; raw: boolean; config: TrainingConfig; checkpoint?: TrainCheckpoint };
    result: TrainOutcome;
    event:
      | { type: 'base'; trial: number; score: number; rows: number }
      | { type: 'step'; metric: StepMetric; samples: SampleDto[] }
      | { type: 'validation'; metric: ValidationMetric }
      | { type: 'checkpoint'; checkpoint: TrainCheckpoint }
      | { type: 'progress'; done: number; total: number; secondsLeft: number; note: string };
  };
  evaluate: {
    input: { model: ModelPlace; rows: TaskRow[]; grader: string; raw: boolean; tuning: Tuning; /** answers the rows as the base too, with the same seeds */ withBase?: boolean; sampling: Sampling; samples: number };
    result: { score: number; interval: Interval; rows: number; samples: SampleDto[]; base?: { test: TestScoreDto; samples: SampleDto[] }; seconds: number };
    event: { done: number; total: number; secondsLeft: number };
  };

  /** an expert against the base on the same rows, with z as it is or shuffled within each matrix */
  control: {
    /** with `config`, the rows are those of a training and are split as it splits them: its test rows are scored; without it, all are */
    input: { model: ModelPlace; rows: TaskRow[]; grader: string; raw: boolean; z: ZVectors; shuffleSeed: number; sampling: Sampling; samples: number; config?: TrainingConfig };
    result: TestScoreDto;
    event: { done: number; total: number; secondsLeft: number };
  };
  /** one way of answering rows against the base on the same rows; with `base` (scores of an earlier answer to the same rows) only that way is asked */
  contrast: {
    input: { model: ModelPlace; rows: TaskRow[]; grader: string; raw: boolean; sampling: Sampling; way: Way; base?: number[] };
    /** seconds and tokens of that way's answers alone */
    result: { test: TestScoreDto; baseScores: number[]; seconds: number; answerTokens: number };
    event: { done: number; total: number; secondsLeft: number };
  };
  /** σ of every matrix, from the SVD cache */
  spectrum: { input: ModelPlace; result: { name: string; layer: number; projection: string; sigma: Float32Array }[]; event: never };

  search: {
    input: { model: ModelPlace; experts: ZVectors[]; rows: SearchRows; grader: string; raw: boolean; config: SearchConfig; checkpoint?: SearchCheckpoint };
    result: SearchOutcome;
    event:
      | { type: 'start'; base: Fitness; experts: Fitness[] }
      | { type: 'generation'; generation: GenerationDto; budget: BudgetDto; checkpoint: SearchCheckpoint }
      /** the generations are over: so many finalists are compared, then the chosen one is scored */
      | { type: 'choosing'; stopped: SearchOutcome['stopped']; finalists: number }
      | { type: 'scoring' };
  };
  /** the classification expert z^c; `start` goes on from that of an older library */
  trainClassifier: {
    input: { model: ModelPlace; categories: Category[]; training: LabelledQuestion[]; validation: LabelledQuestion[]; seed: number; steps?: number; start?: ZVectors };
    result: { z: ZVectors; habit: number[]; accuracy: number; baseAccuracy: number; seconds: number };
    event: { step: number; steps: number; score: number; validation?: number };
  };
  fitEmbedding: { input: { model: ModelPlace; examples: LabelledQuestion[]; classes: number }; result: { fitted: EmbeddingState; seconds: number }; event: never };
  /** the first pass: which expert each question is for, all questions as one batch */
  dispatch: { input: { model: ModelPlace; dispatcher: DispatcherState; questions: ChatMessage[][] }; result: { decisions: Decision[]; ms: number }; event: never };

  exportAdapter: { input: { model: ModelPlace; path: string; method: 'lora' | 'dora' | 'ia3'; tensors: Record<string, TrainedTensor>; rank: number; alpha: number; dropout: number; baseModel: string; metadata: Record<string, string> }; result: { path: string; sizeBytes: number }; event: never };
  exportZ: { input: { path: string; z: ZVectors; metadata: Record<string, string> }; result: { path: string; sizeBytes: number }; event: never };
  exportMerged: { input: { model: ModelPlace; tuning: Tuning; path: string; metadata: Record<string, string> }; result: { path: string; sizeBytes: number }; event: { done: number; total: number } };
  /** reads and checks an expert file against a model: names, ranks and weights hash */
  importZ: { input: { path: string; against?: ModelFacts }; result: { z: ZVectors; metadata: Record<string, string> }; event: never };
}

export type EngineMethod = keyof EngineCalls;
/** what a training can be told: end now and keep the best, or stop at the next step boundary with a checkpoint */
export type SteerAction = 'keep' | 'pause';

export type ToEngine =
  | { id: number; method: EngineMethod; input: unknown }
  | { cancel: number }
  | { steer: number; action: SteerAction };
export type FromEngine =
  | { id: number; result: unknown }
  | { id: number; error: ErrorDto }
  | { id: number; event: unknown }
  | { ready: true; pid: number }
  | { notice: { level: 'info' | 'warning' | 'error'; message: string } };
