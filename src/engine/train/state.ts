/**
 * All state of a training at a step boundary. Randomness is drawn from (seed, step), so the state holds no generator:
 * a run taken up from here ends with the same numbers as one that was never interrupted.
 */
import { deserialize, serialize } from 'node:v8';
import { z } from 'zod';
import { SingularError } from '../../shared/errors.ts';
import type { ZVectors } from '../../shared/matrices.ts';
import type { Moments } from './adamw.ts';

export interface Best {
  z: ZVectors;
  step: number;
  score: number;
}

export interface TrainingState {
  /** steps done */
  step: number;
  z: ZVectors;
  moments: Record<string, Moments>;
  /** score of the base on each validation row */
  baseScores: number[];
  best: Best;
  validationsWithoutBest: number;
  /** of training, over all its sessions */
  seconds: number;
}

const version = 1;
const vector = z.instanceof(Float32Array);
const schema = z.object({
  version: z.literal(version),
  state: z.object({
    step: z.int().min(0),
    z: z.record(z.string(), vector),
    moments: z.record(z.string(), z.object({ first: vector, second: vector })),
    baseScores: z.array(z.number()),
    best: z.object({ z: z.record(z.string(), vector), step: z.int(), score: z.number() }),
    validationsWithoutBest: z.int(),
    seconds: z.number(),
  }),
});

export const saveState = (state: TrainingState): Uint8Array => serialize({ version, state });

export function restoreState(blob: Uint8Array): TrainingState {
  try {
    return schema.parse(deserialize(blob)).state;
  } catch (error) {
    throw new SingularError('bad-input', 'The checkpoint of this training cannot be read; start the training anew.', { cause: error });
  }
}
