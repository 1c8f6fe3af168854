import { quantileSorted } from 'd3';
import type { ZMapDto } from '../../shared/contract.ts';

/**
 * The deviation that is drawn in full colour: the 99th percentile of |z − 1|, so that one extreme value does not
 * leave the rest dark. Never 0.
 */
export function fullColourDeviation(map: ZMapDto): number {
  const sizes = map.matrices.flatMap((matrix) => matrix.cells.map(Math.abs)).sort((a, b) => a - b);
  return Math.max(quantileSorted(sizes, 0.99) ?? 0, 1e-6);
}

export interface MatrixSummary { layer: number; projection: string; rank: number; mean: number; lowest: number; highest: number; size: number }

/** What the picture says of one matrix, in figures, of z − 1. */
export function summarize({ layer, projection, rank, cells }: ZMapDto['matrices'][number]): MatrixSummary {
  let sum = 0;
  let squares = 0;
  let lowest = Infinity;
  let highest = -Infinity;
  for (const cell of cells) {
    sum += cell;
    squares += cell * cell;
    lowest = Math.min(lowest, cell);
    highest = Math.max(highest, cell);
  }
  const count = Math.max(1, cells.length);
  return { layer, projection, rank, mean: sum / count, lowest, highest, size: Math.sqrt(squares / count) };
}

export interface LayerGroup { layer: number; first: number; count: number }

/** Rows that belong to one layer, which follow each other. */
export function groupsOf(map: ZMapDto): LayerGroup[] {
  const groups: LayerGroup[] = [];
  map.matrices.forEach(({ layer }, index) => {
    const last = groups.at(-1);
    if (last?.layer === layer) last.count++;
    else groups.push({ layer, first: index, count: 1 });
  });
  return groups;
}

/** Which singular values a bin holds: `σ 5–8`. */
export function rankRange(rank: number, bin: number, bins: number): string {
  const first = Math.floor((bin * rank) / bins) + 1;
  const last = Math.max(first, Math.floor(((bin + 1) * rank) / bins));
  return first === last ? `σ ${first}` : `σ ${first}–${last}`;
}
