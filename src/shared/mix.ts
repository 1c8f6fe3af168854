import { layerOfMatrix, type ZVectors } from './matrices.ts';

/**
 * How the parts of a mix come together:
 * - `base-anchored`: `z′ = 1 + Σ αₖ (zₖ − 1)`, what a fader does: each part is a way off from the base, and all α at 0 are the base.
 * - `sum`: `z′ = Σ αₖ zₖ` (arXiv 2501.06252, section 3.2): the parts are weighed against each other. Where their α add
 *   up to 1 it is the same; where they do not, every singular value grows or shrinks with their sum.
 */
export const mixForms = ['base-anchored', 'sum'] as const;
export type MixForm = (typeof mixForms)[number];

/** One strip of the desk. `alpha` is one number, or one per layer. */
export interface MixPart {
  z: ZVectors;
  alpha: number | readonly number[];
}

/** By layer where there is one for each, the same for all otherwise; a layer that has none is silent. */
export const alphaOfLayer = (alpha: number | readonly number[], layer: number): number => (typeof alpha === 'number' ? alpha : (alpha[layer] ?? 0));

/**
 * How far a mix lies from the parts' own ways off the base, as a constant for all singular values of a layer:
 * `z′ = 1 + Σ αₖ (zₖ − 1) + offset`, with offset `Σ αₖ − 1` for a sum. A layer whose every α is 0 asks for no expert: it
 * is the base in either form (a sum would make it nothing at all).
 */
export function mixOffset(form: MixForm, alphas: readonly number[]): number {
  if (form === 'base-anchored' || alphas.every((alpha) => alpha === 0)) return 0;
  return alphas.reduce((total, alpha) => total + alpha, 0) - 1;
}

/**
 * z′ of a mix. A matrix that no part tunes is absent from the result, which means the base; in one that only some tune,
 * the others stand for the base (z = 1). All α = 0 gives ones everywhere, which is the base to the bit.
 */
export function mixed(parts: readonly MixPart[], form: MixForm): ZVectors {
  const result: ZVectors = {};
  for (const part of parts) {
    for (const [name, z] of Object.entries(part.z)) {
      const layer = layerOfMatrix(name);
      const target = (result[name] ??= new Float32Array(z.length).fill(1 + mixOffset(form, parts.map(({ alpha }) => alphaOfLayer(alpha, layer)))));
      const alpha = alphaOfLayer(part.alpha, layer);
      if (alpha === 0) continue;
      for (let i = 0; i < z.length; i++) target[i] += alpha * (z[i] - 1);
    }
  }
  return result;
}
