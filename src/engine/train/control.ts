/**
 * The control that an expert has to beat: the same numbers, shuffled within each matrix (arXiv 2501.06252, table 4). What
 * is left of its gain is not in which singular value got which number.
 */
import type { Sampling, TestScoreDto } from '../../shared/contract.ts';
import type { ZVectors } from '../../shared/matrices.ts';
import type { TrainingConfig } from '../../shared/training.ts';
import type { TaskRow } from '../host/protocol.ts';
import type { LoadedModel } from '../runtime/loaded-model.ts';
import { Random } from '../runtime/random.ts';
import type { Grader } from '../tasks/graders/grader.ts';
import { promptsOf } from './answers.ts';
import { scoreRows } from './evaluate.ts';
import { adaptationOf } from './methods/index.ts';
import { streams } from './methods/streams.ts';
import { splitOf, testSet, type ScoredSet } from './rows.ts';
import { againstBase } from './statistics.ts';

/** Each vector in an order of its own, drawn from (seed, its place among the sorted names). */
export const shuffledZ = (z: ZVectors, seed: number): ZVectors =>
  Object.fromEntries(Object.keys(z).sort().map((name, matrix) => [name, Float32Array.from(new Random(seed, streams.shuffle + matrix).shuffle([...z[name]]))]));

export interface ControlRequest {
  rows: readonly TaskRow[];
  grader: Grader;
  raw: boolean;
  z: ZVectors;
  shuffleSeed: number;
  sampling: Sampling;
  samples: number;
  /** of the training that `rows` were for: its test rows are scored as its final score did it, whatever `sampling` and `samples` say */
  config?: TrainingConfig;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** The shuffled expert against the base on the same rows, with the answers' seeds of a training's final score. */
export async function shuffledControl(model: LoadedModel, { rows, raw, z, shuffleSeed, config, grader, onProgress, signal, ...given }: ControlRequest): Promise<TestScoreDto> {
  const set: ScoredSet = config ? testSet(model, splitOf(rows, config), raw, config, streams.test) : { prompts: promptsOf(model, rows, raw), samples: given.samples, sampling: given.sampling, stream: streams.test };
  const { prompts, samples, sampling, stream } = set;
  const halves = 2 * prompts.length * samples;
  const score = async (of: ZVectors, before: number): Promise<number[][]> => {
    const adaptation = await adaptationOf(model, { method: 'svf', z: of });
    const { scores } = await scoreRows(model, prompts, adaptation, { grader, samples, sampling, stream, ...(signal && { signal }), onProgress: (done) => onProgress?.(before + done, halves) });
    return scores;
  };
  const base = await score({}, 0);
  const shuffled = await score(shuffledZ(z, shuffleSeed), halves / 2);
  return { rows: prompts.length, samples, temperature: sampling.temperature, ...againstBase(base, [shuffled]) };
}
