/** Means with 95 % intervals: of a score, of a paired gain, and of several seeds on the same rows. */
import type { Interval } from '../../shared/contract.ts';
import { boundedGain, mean, normalQuantile, studentQuantile } from '../../shared/statistics.ts';

export { mean };

export function variance(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

/**
 * Wilson's interval of the share of right answers over rows × samples. Answers to one row are alike, so the number of
 * answers is divided by the design effect of the rows (Kish), which is 1 for one sample a row.
 */
export function scoreInterval(scoresByRow: readonly (readonly number[])[]): Interval {
  const all = scoresByRow.flat();
  const p = mean(all);
  const n = all.length;
  if (n === 0) return { mean: 0, low: 0, high: 1 };
  const samples = n / scoresByRow.length;
  const spread = p * (1 - p);
  const effect = spread > 0 && samples > 1 ? Math.min(samples, Math.max(1, (variance(scoresByRow.map(mean)) * samples) / spread)) : 1;
  const count = n / effect;
  const z2 = normalQuantile ** 2;
  const centre = (p + z2 / (2 * count)) / (1 + z2 / count);
  const half = (Math.sqrt(z2) * Math.sqrt(spread / count + z2 / (4 * count ** 2))) / (1 + z2 / count);
  return { mean: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/**
 * Mean difference of paired rows, with Student's interval. Where all rows differ alike, most often not at all, that would
 * have no width, as if more rows could tell nothing: there it is the score interval's (Tango 1998), ± z² / (n + z²).
 */
export function pairedGain(base: readonly number[], other: readonly number[]): Interval {
  const differences = other.map((value, i) => value - base[i]);
  const centre = mean(differences);
  if (differences.length > 0 && differences.every((value) => value === differences[0])) {
    const half = normalQuantile ** 2 / (differences.length + normalQuantile ** 2);
    return boundedGain({ mean: centre, low: centre - half, high: centre + half });
  }
  const half = studentQuantile(differences.length - 1) * Math.sqrt(variance(differences) / Math.max(1, differences.length));
  return boundedGain({ mean: centre, low: centre - half, high: centre + half });
}

/**
 * Mean of `values[seed][row]` with an interval for other seeds and other rows alike. Both are random effects: the variance
 * of the mean is that of the means of rows, plus that of the means of seeds, less the residual that both contain
 * (two-way clustering: Cameron, Gelbach and Miller 2011), at least the larger of the two; Student's t has the degrees
 * of freedom of Satterthwaite's rule. One seed alone has the interval of its rows.
 */
export function crossedMean(values: readonly (readonly number[])[]): Interval {
  const seeds = values.length;
  const rows = values[0]?.length ?? 0;
  const centre = mean(values.map(mean));
  if (rows === 0) return { mean: 0, low: 0, high: 0 };
  const seedMeans = values.map(mean);
  const rowMeans = values[0].map((_, row) => mean(values.map((of) => of[row])));
  const ofRows = variance(rowMeans) / rows;
  const ofSeeds = variance(seedMeans) / seeds;
  let squares = 0;
  values.forEach((of, seed) => of.forEach((value, row) => (squares += (value - seedMeans[seed] - rowMeans[row] + centre) ** 2)));
  const residual = seeds > 1 && rows > 1 ? squares / ((seeds - 1) * (rows - 1)) / (seeds * rows) : 0;
  const total = Math.max(ofRows, ofSeeds, ofRows + ofSeeds - residual);
  const degrees = total > 0 ? (ofRows + ofSeeds) ** 2 / (ofRows ** 2 / Math.max(1, rows - 1) + ofSeeds ** 2 / Math.max(1, seeds - 1)) : 1;
  const half = total > 0 ? studentQuantile(degrees) * Math.sqrt(total) : 0;
  return { mean: centre, low: centre - half, high: centre + half };
}

/**
 * The score of one or more seeds against the base's on the same rows; `base[row][sample]`, `trials[seed][row][sample]`.
 * One seed: Wilson's interval and the paired one; several: `crossedMean` of scores and of paired differences.
 */
export function againstBase(base: readonly (readonly number[])[], trials: readonly (readonly (readonly number[])[])[]): { base: Interval; score: Interval; gain: Interval } {
  const baseRows = base.map(mean);
  const rows = trials.map((scores) => scores.map(mean));
  if (trials.length === 1) return { base: scoreInterval(base), score: scoreInterval(trials[0]), gain: pairedGain(baseRows, rows[0]) };
  const score = crossedMean(rows);
  return {
    base: scoreInterval(base),
    score: { mean: score.mean, low: Math.max(0, score.low), high: Math.min(1, score.high) },
    gain: boundedGain(crossedMean(rows.map((of) => of.map((value, row) => value - baseRows[row])))),
  };
}
