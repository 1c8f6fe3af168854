import type { ZMapDto } from '../../../shared/contract.ts';
import { projections, type ZVectors } from '../../../shared/matrices.ts';

/** The bins that are computed once when an expert is stored. */
export const storedBins = 100;

const pattern = /\.layers\.(\d+)\.(?:self_attn|mlp)\.([a-z]+)_proj\.weight$/;

/**
 * z − 1 averaged into `bins` bins by rank, matrices in the order layer, then q k v o gate up down. Where a matrix has
 * fewer singular values than bins, neighbouring bins show the same value.
 */
export function zMapOf(z: ZVectors, layers: number, bins: number): ZMapDto {
  const matrices = Object.entries(z).map(([name, vector]) => {
    const [, layer = '0', projection = ''] = pattern.exec(name) ?? [];
    const rank = vector.length;
    const cells = Array.from({ length: bins }, (_, bin) => {
      const start = Math.floor((bin * rank) / bins);
      const end = Math.max(start + 1, Math.floor(((bin + 1) * rank) / bins));
      let sum = 0;
      for (let i = start; i < end; i++) sum += (vector[i] ?? 1) - 1;
      return sum / (end - start);
    });
    return { name, layer: Number(layer), projection, rank, cells };
  });
  const order = (projection: string): number => (projections as readonly string[]).indexOf(projection);
  matrices.sort((a, b) => a.layer - b.layer || order(a.projection) - order(b.projection));
  return { layers, bins, matrices };
}
