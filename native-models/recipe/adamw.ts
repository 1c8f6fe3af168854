/** AdamW (arXiv 1711.05101) over named tensors: state is plain data, so a checkpoint is a save of it. */
export interface AdamWOptions { beta1: number; beta2: number; epsilon: number; weightDecay: number }
export interface AdamWState { first: Float32Array; second: Float32Array }
export type Tensors = ReadonlyMap<string, { data: Float32Array; shape: readonly number[] }>;

export function initAdamW(tensors: Tensors): Map<string, AdamWState> {
  return new Map([...tensors].map(([name, { data }]) => [name, { first: new Float32Array(data.length), second: new Float32Array(data.length) }]));
}

/**
 * One update in place. `step` counts from 1. Vectors (norms) are not decayed.
 * m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − η (m̂ / (√v̂ + ε) + λw)
 */
export function updateAdamW(tensors: Tensors, gradients: ReadonlyMap<string, Float32Array>, state: ReadonlyMap<string, AdamWState>, step: number, learningRate: number, gradientScale: number, options: AdamWOptions): void {
  const { beta1, beta2, epsilon, weightDecay } = options;
  const correction1 = 1 - beta1 ** step;
  const correction2 = Math.sqrt(1 - beta2 ** step);
  for (const [name, { data, shape }] of tensors) {
    const gradient = gradients.get(name);
    const moments = state.get(name);
    if (!gradient || !moments) throw new RangeError(`no gradient or optimiser state for ${name}`);
    const { first, second } = moments;
    const decay = shape.length > 1 ? 1 - learningRate * weightDecay : 1;
    const rate = (learningRate * correction2) / correction1;
    const floor = epsilon * correction2;
    for (let i = 0; i < data.length; i++) {
      const g = gradient[i] * gradientScale;
      const m = beta1 * first[i] + (1 - beta1) * g;
      const v = beta2 * second[i] + (1 - beta2) * g * g;
      first[i] = m;
      second[i] = v;
      data[i] = data[i] * decay - (rate * m) / (Math.sqrt(v) + floor);
    }
  }
}

/** ‖g‖ over all tensors */
export function gradientNorm(gradients: ReadonlyMap<string, Float32Array>): number {
  let sum = 0;
  for (const gradient of gradients.values()) for (let i = 0; i < gradient.length; i++) sum += gradient[i] * gradient[i];
  return Math.sqrt(sum);
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
