/** What a training will take at most, and, where this machine has trained before, how long. */
import type { RunDto } from '../../../shared/contract.ts';
import type { TrainingConfig } from '../../../shared/training.ts';

export interface Cost {
  /** answers sampled for learning */
  answers: number;
  /** tokens of all answers if each reached its longest, training and validation */
  tokensAtMost: number;
  trainRows: number;
  validationRows: number;
  /** answers scored at each validation; sampled ones may be several of one row */
  validationAnswers: number;
  /** how often each training row is seen, on average */
  passes: number;
  secondsAtMost: number | null;
  /** name of the earlier run that the time is judged by */
  judgedBy: string | null;
}

type PastRun = Pick<RunDto, 'name' | 'modelId' | 'state' | 'seconds' | 'config' | 'createdAt'>;

function tokensAtMost(config: TrainingConfig, validationAnswers: number): number {
  const validations = Math.floor(config.steps / config.validateEvery) + 1; // the base is validated first
  return config.steps * config.batchSize * config.maxTokens + validations * validationAnswers * config.maxTokens;
}

/**
 * Time comes from the latest finished run on the same model: its seconds over its own most tokens, times this one's.
 * Answers are usually shorter than the longest allowed, in both, so this errs little as long as the data is alike.
 */
export function estimateCost(config: TrainingConfig, rows: number, modelId: string, past: readonly PastRun[]): Cost {
  const keptApart = Math.max(1, Math.min(rows - 1, Math.round(rows * config.validationShare)));
  const trainRows = Math.max(0, rows - keptApart);
  const validationRows = Math.min(keptApart, config.validationRows);
  const validationAnswers = config.validationTemperature > 0 ? config.validationRows : validationRows;
  const tokens = tokensAtMost(config, validationAnswers);
  const peer = past
    .filter((run) => run.modelId === modelId && run.state === 'succeeded' && (run.seconds ?? 0) > 0)
    .sort((a, b) => b.createdAt - a.createdAt)[0];
  const seconds = peer?.seconds === undefined ? null : (peer.seconds / tokensAtMost(peer.config, peer.config.validationRows)) * tokens;
  return {
    answers: config.steps * config.batchSize,
    tokensAtMost: tokens,
    trainRows,
    validationRows,
    validationAnswers,
    passes: trainRows === 0 ? 0 : (config.steps * config.batchSize) / config.samplesPerPrompt / trainRows,
    secondsAtMost: seconds,
    judgedBy: peer?.name ?? null,
  };
}
