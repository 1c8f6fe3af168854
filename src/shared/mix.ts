import type { ZVectors } from './matrices.ts';

/** One strip of the desk. `alpha` is one number, or one per layer. */
export interface MixPart {
  z: ZVectors;
  alpha: number | readonly number[];
}

const layerOf = (name: string): number => Number(/\.layers\.(\d+)\./.exec(name)?.[1] ?? 0);

/**
 * Base-anchored mix `z' = 1 + Σ αₖ (zₖ − 1)`. A matrix that no part tunes is absent from the result,
 * which means the base; all α = 0 gives ones everywhere, which is the base to the bit.
 */
export function mixBaseAnchored(parts: readonly MixPart[]): ZVectors {
  const mixed: ZVectors = {};
  for (const part of parts) {
    for (const [name, z] of Object.entries(part.z)) {
      const alpha = typeof part.alpha === 'number' ? part.alpha : (part.alpha[layerOf(name)] ?? 0);
      const target = (mixed[name] ??= new Float32Array(z.length).fill(1));
      if (alpha === 0) continue;
      for (let i = 0; i < z.length; i++) target[i] += alpha * (z[i] - 1);
    }
  }
  return mixed;
}
