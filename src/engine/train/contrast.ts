/** One way of answering rows (a z, a z for each row, an adapter) against the base on the same rows, with the answers' seeds of a training's final score. */
import type { Sampling, TestScoreDto } from '../../shared/contract.ts';
import type { TaskRow, Way } from '../host/protocol.ts';
import type { Adaptation, LoadedModel } from '../runtime/loaded-model.ts';
import type { Grader } from '../tasks/graders/grader.ts';
import { promptsOf } from './answers.ts';
import { shuffledZ } from './control.ts';
import { scoreRows } from './evaluate.ts';
import { adaptationOf } from './methods/index.ts';
import { streams } from './methods/streams.ts';
import { againstBase } from './statistics.ts';

export interface ContrastRequest {
  rows: readonly TaskRow[];
  grader: Grader;
  raw: boolean;
  sampling: Sampling;
  way: Way;
  /** the base's score of each row, where it is known */
  base?: readonly number[];
  clock: () => number;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface Contrast { test: TestScoreDto; baseScores: number[]; seconds: number; answerTokens: number }

export async function contrast(model: LoadedModel, { rows, raw, sampling, way, base, clock, onProgress, grader, signal }: ContrastRequest): Promise<Contrast> {
  const prompts = promptsOf(model, rows, raw);
  const total = prompts.length * (base ? 1 : 2);
  const score = async (adaptation: Adaptation, before: number): ReturnType<typeof scoreRows> =>
    scoreRows(model, prompts, adaptation, { grader, samples: 1, sampling, stream: streams.test, ...(signal && { signal }), onProgress: (done) => onProgress?.(before + done, total) });
  const baseScores = base ? [...base] : (await score({ kind: 'base' }, 0)).scores.map(([only]) => only);
  const adaptation = await adaptationFor(model, way);
  const began = clock();
  const { scores, answers } = await score(adaptation, total - prompts.length);
  const seconds = clock() - began;
  return {
    test: { rows: prompts.length, samples: 1, temperature: sampling.temperature, ...againstBase(baseScores.map((value) => [value]), [scores]) },
    baseScores, seconds, answerTokens: answers.reduce((sum, { ids }) => sum + ids.length, 0),
  };
}

async function adaptationFor(model: LoadedModel, way: Way): Promise<Adaptation> {
  if (way.method === 'shuffled') return adaptationOf(model, { method: 'svf', z: shuffledZ(way.z, way.seed) });
  if (way.method !== 'per-row') return adaptationOf(model, way);
  return way.choice.every((place) => place === null) ? { kind: 'base' } : { kind: 'per-row', z: way.choice.map((place) => (place === null ? {} : way.zs[place])) };
}
