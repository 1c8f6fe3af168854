import type { SpectrumDto } from '../../shared/contract.ts';
import { projections } from '../../shared/matrices.ts';

export interface SpectrumLine { rank: number; points: { layer: number; share: number }[] }
export interface SpectrumPanel { projection: string; lines: SpectrumLine[] }

/** At most `most` of the ranks, the first and the last among them. */
export function someRanks(ranks: readonly number[], most: number): number[] {
  if (ranks.length <= most) return [...ranks];
  return Array.from({ length: most }, (_, index) => ranks[Math.round((index * (ranks.length - 1)) / (most - 1))]);
}

/** A panel a module, a line a rank, a point a layer (arXiv 2501.06252, figures 10 and 11). */
export function spectrumPanels({ ranks, matrices }: SpectrumDto, shown: readonly number[]): SpectrumPanel[] {
  const known = [...projections.filter((projection) => matrices.some((matrix) => matrix.projection === projection))];
  return known.map((projection) => ({
    projection,
    lines: shown.map((rank) => ({ rank, points: matrices.filter((matrix) => matrix.projection === projection).map((matrix) => ({ layer: matrix.layer, share: matrix.shares[ranks.indexOf(rank)] })).filter(({ share }) => Number.isFinite(share)).sort((a, b) => a.layer - b.layer) })),
  }));
}
