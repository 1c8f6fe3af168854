/** A training's rows: split, tokenised, and how their answers are sampled for choosing and for the final score. */
import type { Sampling, Split, UnusableRow } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';
import type { TaskReading, TaskSplits } from '../../shared/task.ts';
import { quickPreset, type TrainingConfig } from '../../shared/training.ts';
import type { TaskRow } from '../host/protocol.ts';
import type { LoadedModel } from '../runtime/loaded-model.ts';
import { Random } from '../runtime/random.ts';
import { isTaskRow, rereadRow } from '../tasks/rows.ts';
import { splitRows, type SplitRows } from '../tasks/task.ts';
import { promptsOf, type Prompt } from './answers.ts';
import { samplingOf } from './batch.ts';
import { refuseWithoutAnswer } from './demonstrations.ts';

/** Rows that are answered and graded, `samples` times each. */
export interface ScoredSet {
  prompts: Prompt[];
  samples: number;
  sampling: Sampling;
  /** the stream of its answers' seeds */
  stream: number;
}

const splitStream = 0x5000_0000;
/** Test rows and their answers do not depend on a training's seed, so that seeds can be compared and the base is scored once. */
const testSeed = 0;

export function splitOf(rows: readonly TaskRow[], config: TrainingConfig): SplitRows {
  const shuffled = (seed: number) => <T>(items: readonly T[]): T[] => new Random(seed, splitStream).shuffle([...items]);
  const split = splitRows(rows, { validationShare: config.validationShare, testShare: config.testShare, shuffleTest: shuffled(testSeed), shuffleValidation: shuffled(config.seed) });
  if (config.objective === 'next-token') refuseWithoutAnswer(split.train);
  return split;
}

const drawStream = 0x5000_0001;

/** Row numbers that trainings learned from, and that they chose their checkpoints by; of each of their seeds. */
export interface Touched { trained: ReadonlySet<number>; chosenBy: ReadonlySet<number> }

export function touchedBy(trainings: readonly { rows: readonly TaskRow[]; config: TrainingConfig }[]): Touched {
  const splits = trainings.flatMap(({ rows, config }) => Array.from({ length: config.seeds }, (_, more) => splitOf(rows, { ...config, seed: config.seed + more })));
  const numbers = (split: Split): Set<number> => new Set(splits.flatMap((sets) => sets[split].map(({ row }) => row)));
  return { trained: numbers('train'), chosenBy: numbers('validation') };
}

export interface ChoiceOptions { config?: TrainingConfig; touched?: Touched }

/**
 * For what is no training: rows split as a training with `config` splits them (without one the quick preset; the
 * dataset's own splits where it names them), and of each at most so many. Training and validation rows are drawn by the
 * seed, test rows are the first ones, as every training scores them. What experts at hand learned from is neither chosen
 * by nor tested on, what they chose by is not tested on; `left` counts those. A dataset of which nothing is asked but
 * test rows may hold nothing else.
 */
export function chosenRows(rows: readonly TaskRow[], seed: number, atMost: Record<Split, number>, { config = quickPreset, touched }: ChoiceOptions = {}): SplitRows & { left: { validation: number; test: number } } {
  const onlyTests = atMost.train + atMost.validation === 0 && rows.every(({ split }) => split === 'test');
  const { train, validation, test }: SplitRows = onlyTests ? { train: [], validation: [], test: [...rows] } : splitOf(rows, config);
  const drawn = (of: readonly TaskRow[], count: number): TaskRow[] => new Random(seed, drawStream).shuffle([...of]).slice(0, count);
  const chooseBy = validation.filter(({ row }) => !touched?.trained.has(row));
  const scored = test.filter(({ row }) => !touched?.trained.has(row) && !touched?.chosenBy.has(row));
  return {
    train: drawn(train, atMost.train), validation: drawn(chooseBy, atMost.validation), test: scored.slice(0, atMost.test),
    left: { validation: validation.length - chooseBy.length, test: test.length - scored.length },
  };
}

/** All rows with the split that a task's shares give them, in their order; what they named themselves is dropped. Errors: as `splitRows`. */
export function dividedRows(rows: readonly TaskRow[], { validation, test, seed }: Extract<TaskSplits, { by: 'shares' }>): TaskRow[] {
  const unnamed = rows.map(({ split: _named, ...row }) => row);
  const shuffled = <T>(items: readonly T[]): T[] => new Random(seed, splitStream).shuffle([...items]);
  // `splitRows` cuts validation rows from what the test rows leave
  const sets = splitRows(unnamed, { validationShare: validation / (1 - test), testShare: test, shuffleTest: shuffled, shuffleValidation: shuffled });
  const splits = new Map((Object.entries(sets) as [Split, TaskRow[]][]).flatMap(([split, of]) => of.map((row) => [row, split] as const)));
  return unnamed.map((row) => ({ ...row, split: splits.get(row) ?? 'train' }));
}

/** Stored rows as a task reads and divides them. Rows that its mapping cannot read are listed and left out. */
export function taskRows(rows: readonly TaskRow[], { mapping, splits }: Partial<TaskReading>): { rows: TaskRow[]; unusable: UnusableRow[] } {
  const read = mapping ? rows.map((row) => rereadRow(row, mapping)) : rows;
  const usable = read.filter(isTaskRow);
  return { rows: splits?.by === 'shares' && usable.length > 0 ? dividedRows(usable, splits) : usable, unusable: read.filter((row): row is UnusableRow => !isTaskRow(row)) };
}

/** Few rows are answered several times where answers are sampled, so that a score means something. */
function scoredSet(model: LoadedModel, rows: readonly TaskRow[], raw: boolean, answers: number, sampling: Sampling, stream: number): ScoredSet {
  const prompts = promptsOf(model, rows.slice(0, answers), raw);
  return { prompts, samples: sampling.temperature > 0 ? Math.max(1, Math.round(answers / prompts.length)) : 1, sampling, stream };
}

export const validationSet = (model: LoadedModel, { validation }: SplitRows, raw: boolean, config: TrainingConfig, stream: number): ScoredSet =>
  scoredSet(model, validation, raw, config.validationRows, samplingOf(config, config.validationTemperature, config.seed), stream);

/**
 * Where the dataset leaves no test rows, the validation rows, with other samples: a flattered score, told by
 * `rowsUsed.test` = 0. Errors: `bad-input` for several seeds then, as one's validation rows are another's training rows.
 */
export function testSet(model: LoadedModel, split: SplitRows, raw: boolean, config: TrainingConfig, stream: number): ScoredSet {
  if (split.test.length === 0 && config.seeds > 1) throw new SingularError('bad-input', 'Several seeds are compared on test rows, and there are none: set testShare above 0 or bring rows of a test split.');
  return scoredSet(model, split.test.length > 0 ? split.test : split.validation, raw, config.testRows, samplingOf(config, config.testTemperature, testSeed), stream);
}

export const rowsUsed = (split: SplitRows, config: TrainingConfig): Record<Split, number> => ({
  train: split.train.length,
  validation: Math.min(split.validation.length, config.validationRows),
  test: Math.min(split.test.length, config.testRows),
});
