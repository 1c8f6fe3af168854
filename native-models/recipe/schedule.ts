/** The learning rate of pretraining. */
export interface Schedule { steps: number; warmupSteps: number; decayShare: number; learningRate: number; finalLearningRate: number }

/**
 * Warm-up, a plateau, and a linear way down over the last `decayShare` of the steps (arXiv 2404.06395): up to where it
 * turns down, a longer run is the same run, so its length can be chosen while it goes. `step` counts from 1.
 */
export function learningRateAt(step: number, { steps, warmupSteps, decayShare, learningRate, finalLearningRate }: Schedule): number {
  if (step <= warmupSteps) return (learningRate * step) / warmupSteps;
  const decaySteps = Math.round(steps * decayShare);
  const left = Math.min(1, Math.max(0, (steps - step) / decaySteps));
  return learningRate * (finalLearningRate + (1 - finalLearningRate) * left);
}
