import type { EngineCalls } from '../../../engine/host/protocol.ts';
import type { SpectrumDto } from '../../../shared/contract.ts';

/** How finely the share is told: at every rank of small matrices, at this many ranks of large ones. */
const ranksShown = 64;

/**
 * Share of a spectrum in its top r singular values, Σ_{k ≤ r} σₖ² / Σ σ² (arXiv 2501.06252, figures 10 and 11). The
 * ranks are those of the largest matrix; a smaller one stays at 1 beyond its own.
 */
export function spectrumOf(matrices: EngineCalls['spectrum']['result']): SpectrumDto {
  const largest = Math.max(1, ...matrices.map(({ sigma }) => sigma.length));
  const count = Math.min(largest, ranksShown);
  const ranks = Array.from({ length: count }, (_, i) => Math.round(((i + 1) * largest) / count));
  return {
    ranks,
    matrices: matrices.map(({ name, layer, projection, sigma }) => {
      const sums: number[] = [];
      let sum = 0;
      for (const value of sigma) sums.push(sum += value * value);
      return { name, layer, projection, rank: sigma.length, shares: ranks.map((rank) => (sum === 0 ? 0 : (sums[Math.min(rank, sums.length) - 1] ?? 0) / sum)) };
    }),
  };
}
