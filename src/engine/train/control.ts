/**
 * The control that an expert has to beat: the same numbers, shuffled within each matrix (arXiv 2501.06252, table 4). What
 * is left of its gain is not in which singular value got which number.
 */
import type { Sampling, TestScoreDto } from '../../shared/contract.ts';
import type { ZVectors } from '../../shared/matrices.ts';
import type { TaskRow } from '../host/protocol.ts';
import type { LoadedModel } from '../runtime/loaded-model.ts';
import { Random } from '../runtime/random.ts';
import type { Grader } from '../tasks/graders/grader.ts';
import { promptsOf } from './answers.ts';
import { scoreRows } from './evaluate.ts';
import { adaptationOf } from './methods/index.ts';
import { streams } from './methods/streams.ts';
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
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** The shuffled expert against the base on the same rows, with the answers' seeds of a training's final score. */
export async function shuffledControl(model: LoadedModel, { rows, raw, z, shuffleSeed, onProgress, ...request }: ControlRequest): Promise<TestScoreDto> {
  const prompts = promptsOf(model, rows, raw);
  const halves = 2 * prompts.length * request.samples;
  const score = async (of: ZVectors, before: number): Promise<number[][]> => {
    const adaptation = await adaptationOf(model, { method: 'svf', z: of });
    const { scores } = await scoreRows(model, prompts, adaptation, { ...request, stream: streams.test, onProgress: (done) => onProgress?.(before + done, halves) });
    return scores;
  };
  const base = await score({}, 0);
  const shuffled = await score(shuffledZ(z, shuffleSeed), halves / 2);
  return { rows: prompts.length, samples: request.samples, temperature: request.sampling.temperature, ...againstBase(base, [shuffled]) };
}
