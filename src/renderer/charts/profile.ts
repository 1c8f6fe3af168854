import type { ZMapDto } from '../../shared/contract.ts';
import { attentionProjections } from '../../shared/matrices.ts';

export type Block = 'attention' | 'mlp';
export interface LayerSize { layer: number; attention: number; mlp: number }

const blockOf = (projection: string): Block => ((attentionProjections as readonly string[]).includes(projection) ? 'attention' : 'mlp');
const rootMeanSquare = (values: readonly number[]): number => (values.length === 0 ? 0 : Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length));

/** How far z is from the base in each layer: the root mean square of z − 1 over its attention and MLP matrices. */
export function sizeByLayer(map: ZMapDto): LayerSize[] {
  const cells = new Map<number, Record<Block, number[]>>();
  for (const matrix of map.matrices) {
    const layer = cells.get(matrix.layer) ?? { attention: [], mlp: [] };
    layer[blockOf(matrix.projection)].push(...matrix.cells);
    cells.set(matrix.layer, layer);
  }
  return [...cells].sort(([a], [b]) => a - b).map(([layer, { attention, mlp }]) => ({ layer, attention: rootMeanSquare(attention), mlp: rootMeanSquare(mlp) }));
}

export interface RankBin { /** place in the spectrum, 0 the largest singular value, 1 the smallest */ place: number; low: number; mean: number; high: number }

/** Over all matrices, the mean of z − 1 by place in the spectrum, with the range that holds the middle 80 %. */
export function profileByRank(map: ZMapDto): RankBin[] {
  return Array.from({ length: map.bins }, (_, bin) => {
    const values = map.matrices.map((matrix) => matrix.cells[bin]).filter((value) => value !== undefined).sort((a, b) => a - b);
    const at = (share: number): number => values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0;
    return { place: map.bins > 1 ? bin / (map.bins - 1) : 0, low: at(0.1), mean: values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length), high: at(0.9) };
  });
}
