/** What scores and their intervals share, wherever they are put together. */
import type { Interval } from './contract.ts';

export const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length);

/** The middle value, or the mean of the two middle ones; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length === 0 ? 0 : sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** 97.5 % quantile of the normal distribution. */
export const normalQuantile = 1.959964;

const gridSteps = 512;

/**
 * 97.5 % quantile of Student's t for any degrees of freedom from 1. From 10 on by Cornish–Fisher (Abramowitz and Stegun
 * 26.7.5); below by t = √ν tan θ, under which the density is cos^(ν−1) θ: its integral over a grid, to 4 digits.
 */
export function studentQuantile(degrees: number): number {
  if (degrees >= 10) {
    const z = normalQuantile;
    return z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) + (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3);
  }
  const freedom = Math.max(1, degrees);
  const step = Math.PI / 2 / gridSteps;
  const density = (at: number): number => Math.max(0, Math.cos(at * step)) ** (freedom - 1);
  const sums = [0];
  for (let at = 1; at <= gridSteps; at++) sums.push(sums[at - 1] + (density(at - 1) + 4 * density(at - 0.5) + density(at)) / 6);
  const wanted = 0.95 * sums[gridSteps];
  const above = sums.findIndex((sum) => sum >= wanted);
  const angle = (above - (sums[above] - wanted) / (sums[above] - sums[above - 1])) * step;
  return Math.sqrt(freedom) * Math.tan(angle);
}

/**
 * Mean over S seeds with its 95 % interval over seeds × rows. Every seed is scored on the same n rows, so the error of
 * having drawn these rows does not shrink with S; that of having drawn these seeds does:
 *
 *   V = W + B / S,   W = mean of the seeds' own variances (half width / 1.96)²,   B = variance of the seeds' means
 *   interval = mean ± t_ν √V,   1/ν = (W² / (n − 1) + (B/S)² / (S − 1)) / V²   (Satterthwaite)
 *
 * B holds the noise of sampled answers too, which W counts already: the interval is on the wide side. One seed keeps
 * its own interval. An interval that is not symmetric (a share near 0 or 1) counts with half its width.
 */
export function overSeeds(intervals: readonly Interval[], rows: number): Interval {
  const [only] = intervals;
  if (intervals.length === 1) return only;
  const centre = mean(intervals.map((interval) => interval.mean));
  const within = mean(intervals.map(({ low, high }) => ((high - low) / 2 / normalQuantile) ** 2));
  const between = intervals.reduce((sum, interval) => sum + (interval.mean - centre) ** 2, 0) / (intervals.length - 1) / intervals.length;
  const variance = within + between;
  if (variance === 0) return { mean: centre, low: centre, high: centre };
  const degrees = variance ** 2 / (within ** 2 / Math.max(1, rows - 1) + between ** 2 / (intervals.length - 1));
  const half = studentQuantile(degrees) * Math.sqrt(variance);
  return { mean: centre, low: centre - half, high: centre + half };
}

/** A share stays between 0 and 1. */
export const bounded = ({ mean, low, high }: Interval): Interval => ({ mean, low: Math.max(0, low), high: Math.min(1, high) });

/** A difference of two shares stays between −1 and 1. */
export const boundedGain = ({ mean, low, high }: Interval): Interval => ({ mean, low: Math.max(-1, low), high: Math.min(1, high) });

/** Wilson's interval of a share of `count` trials; 95 % with the normal quantile. Never beyond 0 and 1, and no point where all trials agree. */
export function wilsonInterval(share: number, count: number, quantile = normalQuantile): Interval {
  const square = quantile ** 2;
  const centre = (share + square / (2 * count)) / (1 + square / count);
  const half = (quantile * Math.sqrt((share * (1 - share)) / count + square / (4 * count ** 2))) / (1 + square / count);
  return { mean: share, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/**
 * A share of right answers to the same `count` questions, asked once at each of S seeds, with its 95 % interval over
 * seeds × questions. The variance is that of `overSeeds`, V = p (1 − p) / count + B / S; the interval is Wilson's with as
 * many independent questions as would give V, and with Student's quantile for its degrees of freedom (an effective
 * sample size, as for shares of clustered surveys: Franco, Little, Louis and Slud 2019). It is never narrower than that of
 * `count` questions asked once. `right`: how many, at each seed.
 */
export function shareOverSeeds(right: readonly number[], count: number): Interval {
  const shares = right.map((one) => one / count);
  const share = mean(shares);
  const within = (share * (1 - share)) / count;
  const between = shares.length < 2 ? 0 : shares.reduce((sum, one) => sum + (one - share) ** 2, 0) / (shares.length - 1) / shares.length;
  if (between === 0) return wilsonInterval(share, count);
  const variance = within + between;
  const degrees = variance ** 2 / (within ** 2 / Math.max(1, count - 1) + between ** 2 / (shares.length - 1));
  return wilsonInterval(share, (share * (1 - share)) / variance, studentQuantile(degrees));
}
