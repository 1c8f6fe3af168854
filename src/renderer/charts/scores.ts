import type { Interval } from '../../shared/contract.ts';

/** A scale that holds all intervals, at least ten points wide, within 0 … 1. */
export function scoreDomain(scores: readonly Interval[]): [number, number] {
  const low = Math.min(...scores.map((score) => score.low));
  const high = Math.max(...scores.map((score) => score.high));
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const pad = Math.max(0.01, (high - low) * 0.08, (0.1 - (high - low)) / 2);
  return [Math.max(0, low - pad), Math.min(1, high + pad)];
}
