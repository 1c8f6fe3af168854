/** What a training will take at most, which rows it uses for what, and, where this machine has trained before, how long. */
import type { DatasetDto, RunDto, Split } from '../../../shared/contract.ts';
import type { TrainingConfig } from '../../../shared/training.ts';

export interface RowShare { rows: number; from: string }
export type RowShares = Record<Split, RowShare>;

export interface Cost {
  /** answers sampled for learning, all trials together */
  answers: number;
  /** tokens of all answers if each reached its longest: training, validation and test */
  tokensAtMost: number;
  rows: RowShares;
  /** answers scored at each validation; sampled ones may be several of one row */
  validationAnswers: number;
  /** trainings of their own: repetitions × λ */
  trials: number;
  /** how often each training row is seen by one trial, on average */
  passes: number;
  secondsAtMost: number | null;
  /** name of the earlier run that the time is judged by */
  judgedBy: string | null;
}

type PastRun = Pick<RunDto, 'name' | 'modelId' | 'state' | 'seconds' | 'config' | 'createdAt'>;

/** The share of validation rows where the dataset names none of its own. */
const shareWithoutOwn = 0.25;
const share = (rows: number, part: number): number => (part === 0 || rows < 2 ? 0 : Math.max(1, Math.min(rows - 1, Math.round(rows * part))));

/** Which rows train, choose and test: the task's own where it names them, else shares of the rest; as the engine cuts them. */
export function rowShares(config: TrainingConfig, splits: DatasetDto['splits']): RowShares {
  const ownValidation = config.validationShare === 'given' && splits.validation > 0;
  const pool = splits.train + splits.unassigned + (ownValidation ? 0 : splits.validation);
  const cut = splits.test > 0 ? 0 : share(pool, config.testShare);
  const test: RowShare = splits.test > 0 ? { rows: Math.min(splits.test, config.testRows), from: 'the task’s own' } : { rows: Math.min(cut, config.testRows), from: 'kept apart' };
  if (ownValidation) return { train: { rows: pool - cut, from: 'the rest' }, validation: { rows: splits.validation, from: 'the task’s own' }, test };
  const kept = share(pool - cut, config.validationShare === 'given' ? shareWithoutOwn : config.validationShare);
  return { train: { rows: pool - cut - kept, from: 'the rest' }, validation: { rows: kept, from: 'kept apart' }, test };
}

const trialsOf = (config: TrainingConfig): number => config.seeds * Math.max(1, config.klSweep.length);

function tokensAtMost(config: TrainingConfig, validationAnswers: number): number {
  const validations = Math.floor(config.steps / config.validateEvery) + 1; // the base is validated first
  const sampled = config.objective === 'policy-gradient' ? config.steps * config.batchSize * config.maxTokens : 0;
  return trialsOf(config) * (sampled + validations * validationAnswers * config.maxTokens);
}

/**
 * Time comes from the latest finished run on the same model with the same objective: its seconds over its own most
 * tokens, times this one's. Answers are usually shorter than the longest allowed, in both, so this errs little as long
 * as the data is alike.
 */
export function estimateCost(config: TrainingConfig, splits: DatasetDto['splits'], modelId: string, past: readonly PastRun[]): Cost {
  const rows = rowShares(config, splits);
  const validationAnswers = config.validationTemperature > 0 ? config.validationRows : Math.min(rows.validation.rows, config.validationRows);
  const tokens = tokensAtMost(config, validationAnswers);
  const trials = trialsOf(config);
  const peer = past
    .filter((run) => run.modelId === modelId && run.state === 'succeeded' && (run.seconds ?? 0) > 0 && run.config.objective === config.objective)
    .sort((a, b) => b.createdAt - a.createdAt)[0];
  const seconds = peer?.seconds === undefined ? null : (peer.seconds / tokensAtMost(peer.config, peer.config.validationRows)) * tokens;
  const prompts = config.objective === 'policy-gradient' ? config.batchSize / config.samplesPerPrompt : config.batchSize;
  return {
    answers: trials * config.steps * config.batchSize,
    tokensAtMost: tokens,
    rows, validationAnswers, trials,
    passes: rows.train.rows === 0 ? 0 : (config.steps * prompts) / rows.train.rows,
    secondsAtMost: seconds,
    judgedBy: peer?.name ?? null,
  };
}
