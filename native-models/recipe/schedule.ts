/** The phases of pretraining and their learning rates. */
import type { OptionStyle } from './skills/skill.ts';

export interface Phase extends Schedule {
  options: OptionStyle;
}

/** The phase that a step (from 1) falls into, and the steps of those before it. */
export function phaseOf(phases: readonly [Phase, ...Phase[]], step: number): { phase: Phase; before: number } {
  let before = 0;
  for (const phase of phases) {
    if (step <= before + phase.steps) return { phase, before };
    before += phase.steps;
  }
  const [first] = phases;
  return { phase: phases.at(-1) ?? first, before: before - (phases.at(-1) ?? first).steps };
}

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
