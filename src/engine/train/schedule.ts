export interface Schedule {
  steps: number;
  warmupSteps: number;
  learningRate: number;
  schedule: 'cosine' | 'constant';
  /** share of the learning rate that the cosine ends at */
  finalShare?: number;
}

/** Linear warm-up, then constant or a cosine. `step` counts from 1. */
export function learningRateAt(step: number, { steps, warmupSteps, learningRate, schedule, finalShare = 0 }: Schedule): number {
  if (step <= warmupSteps) return (learningRate * step) / warmupSteps;
  if (schedule === 'constant') return learningRate;
  const progress = Math.min(1, (step - 1 - warmupSteps) / Math.max(1, steps - warmupSteps));
  return learningRate * (finalShare + (1 - finalShare) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
