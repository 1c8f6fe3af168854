/** AdamW (arXiv 1711.05101) over named tensors. State is plain data, so a checkpoint is a save of it. */
export interface AdamWOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
}

export interface Moments {
  first: Float32Array;
  second: Float32Array;
}

export type NamedVectors = ReadonlyMap<string, Float32Array>;

export const initMoments = (parameters: NamedVectors): Map<string, Moments> =>
  new Map([...parameters].map(([name, { length }]) => [name, { first: new Float32Array(length), second: new Float32Array(length) }]));

export interface AdamWStep {
  /** counts from 1 */
  step: number;
  learningRate: number;
  /** what gradients are multiplied by first, for clipping */
  gradientScale: number;
  /** parameters that are not decayed (norms, biases) are left out */
  decays?: (name: string) => boolean;
}

/**
 * One descent step, in place: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − η (m̂ / (√v̂ + ε) + λ w).
 */
export function updateAdamW(
  parameters: NamedVectors,
  gradients: NamedVectors,
  moments: ReadonlyMap<string, Moments>,
  { beta1, beta2, epsilon, weightDecay }: AdamWOptions,
  { step, learningRate, gradientScale, decays = () => true }: AdamWStep,
): void {
  const correction1 = 1 - beta1 ** step;
  const correction2 = Math.sqrt(1 - beta2 ** step);
  const rate = (learningRate * correction2) / correction1;
  const floor = epsilon * correction2;
  for (const [name, values] of parameters) {
    const gradient = gradients.get(name);
    const state = moments.get(name);
    if (!gradient || !state) throw new RangeError(`no gradient or optimiser state for ${name}`);
    const { first, second } = state;
    const kept = decays(name) ? 1 - learningRate * weightDecay : 1;
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i] * gradientScale;
      const m = beta1 * first[i] + (1 - beta1) * g;
      const v = beta2 * second[i] + (1 - beta2) * g * g;
      first[i] = m;
      second[i] = v;
      values[i] = values[i] * kept - (rate * m) / (Math.sqrt(v) + floor);
    }
  }
}

/** ‖g‖ over all tensors */
export function gradientNorm(gradients: NamedVectors): number {
  let sum = 0;
  for (const gradient of gradients.values()) for (let i = 0; i < gradient.length; i++) sum += gradient[i] * gradient[i];
  return Math.sqrt(sum);
}

/** What brings a gradient of this norm to at most `clipNorm`. */
export const clipScale = (norm: number, clipNorm: number): number => (norm > clipNorm ? clipNorm / norm : 1);
