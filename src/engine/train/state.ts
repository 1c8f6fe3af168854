/**
 * All state of a training at a step boundary. Randomness is drawn from (seed, step), so the state holds no generator:
 * a run taken up from here ends with the same numbers as one that was never interrupted.
 */
import { deserialize, serialize } from 'node:v8';
import { z } from 'zod';
import { SingularError } from '../../shared/errors.ts';

const vector = z.custom<Float32Array>((value) => value instanceof Float32Array);
const parameters = z.record(z.string(), vector);
const count = z.int().min(0);

const trialSchema = z.object({
  /** steps done */
  step: count,
  parameters,
  moments: z.record(z.string(), z.object({ first: vector, second: vector })),
  baseValidation: z.number(),
  /** step 0 is the base */
  best: z.object({ parameters, step: count, score: z.number() }),
  validationsWithoutBest: count,
  seconds: z.number(),
  answerTokens: count,
});
/** The trial that is running. */
export type TrialState = z.infer<typeof trialSchema>;

const finishedSchema = z.object({
  trial: count,
  seed: count,
  klCoefficient: z.number(),
  steps: count,
  bestStep: count,
  baseValidation: z.number(),
  validation: z.number(),
  /** scores[row][sample] of its best checkpoint on the test rows */
  testScores: z.array(z.array(z.number())),
  seconds: z.number(),
  answerTokens: count,
});
export type FinishedTrial = z.infer<typeof finishedSchema>;

const stateSchema = z.object({
  finished: z.array(finishedSchema),
  /** the best checkpoint of the finished trial that is best on validation */
  kept: parameters.nullable(),
  /** the base on the test rows, once it was scored */
  baseTest: z.array(z.array(z.number())).nullable(),
  peakMemoryBytes: z.number(),
  current: trialSchema.nullable(),
});
export type TrainingState = z.infer<typeof stateSchema>;

const version = 2;
const schema = z.object({ version: z.literal(version), state: stateSchema });

export const saveState = (state: TrainingState): Uint8Array => serialize({ version, state });

export function restoreState(blob: Uint8Array): TrainingState {
  try {
    return schema.parse(deserialize(blob)).state;
  } catch (error) {
    throw new SingularError('bad-input', 'The checkpoint of this training cannot be read; start the training anew.', { cause: error });
  }
}
