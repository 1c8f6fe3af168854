/** Arithmetic of the training's pictures: domains, running means, and the nearest step to a pointer. */
import { bisector, extent } from 'd3';

export interface Point { step: number; value: number }

/**
 * Domain of a picture of gains, in shares: holds every value and the base's zero, and is at least ten points high so
 * that noise does not look like progress.
 */
export function gainDomain(gains: readonly number[]): [number, number] {
  const [low, high] = extent([0, ...gains.filter(Number.isFinite)]);
  if (low === undefined || high === undefined) return [-0.05, 0.05];
  const missing = Math.max(0, 0.1 - (high - low)) / 2;
  const pad = (high - low) * 0.06 + 0.005;
  return [low - missing - pad, high + missing + pad];
}

/** Domain of any other figure: always with zero, so that heights compare. */
export function zeroDomain(values: readonly number[]): [number, number] {
  const [low, high] = extent(values.filter(Number.isFinite));
  if (low === undefined || high === undefined) return [0, 1];
  const bottom = Math.min(0, low);
  const top = Math.max(0, high);
  return bottom === top ? [0, 1] : [bottom, top + (top - bottom) * 0.06];
}

/** Mean of the last `window` values at each point: what a noisy batch score tends to. */
export function trailingMean(points: readonly Point[], window: number): Point[] {
  let sum = 0;
  return points.map((point, index) => {
    sum += point.value;
    if (index >= window) sum -= points[index - window]?.value ?? 0;
    return { step: point.step, value: sum / Math.min(index + 1, window) };
  });
}

const byStep = bisector<{ step: number }, number>((point) => point.step);

/** The item whose step is nearest; undefined when there is none. Items are in order of their steps. */
export function nearest<T extends { step: number }>(items: readonly T[], step: number): T | undefined {
  return items[byStep.center(items, step)];
}

/** At most `limit` points of a longer curve: of every bucket the lowest and the highest, so that no spike is lost. */
export function thinned(points: readonly Point[], limit: number): Point[] {
  if (points.length <= limit) return [...points];
  const buckets = Math.max(1, Math.floor(limit / 2));
  const size = points.length / buckets;
  const kept: Point[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const slice = points.slice(Math.floor(bucket * size), Math.floor((bucket + 1) * size));
    const low = slice.reduce((a, b) => (b.value < a.value ? b : a));
    const high = slice.reduce((a, b) => (b.value > a.value ? b : a));
    kept.push(...(low === high ? [low] : low.step < high.step ? [low, high] : [high, low]));
  }
  return kept;
}
