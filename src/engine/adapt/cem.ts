/**
 * The cross-entropy method with a diagonal Gaussian (Rubinstein 1999; arXiv 2501.06252, section 3.2): sample, keep the
 * elite, fit mean and deviation to it. Beside the paper: a floor under the deviation and an optional smoothing, so that
 * a few lucky generations do not narrow it to a point. Left out: full covariance, noise schedules.
 */
import { clamp, normals, ranking, scalar, vector, type Bounds, type Optimiser, type OptimiserState } from './optimiser.ts';

export interface CemOptions {
  mean: readonly number[];
  deviation: number;
  population: number;
  /** share of the population that the next generation is fitted to; at least two candidates */
  eliteShare: number;
  deviationFloor: number;
  /** share of the old mean and deviation that stays; 0 in the paper */
  smoothing: number;
  bounds: Bounds;
  seed: number;
}

export function crossEntropyMethod(options: CemOptions, saved?: OptimiserState): Optimiser {
  const { population, bounds, smoothing, deviationFloor } = options;
  const elites = Math.max(2, Math.round(population * options.eliteShare));
  let mean = saved ? vector(saved, 'mean') : [...options.mean];
  // (a checkpoint of an earlier version knows only what the floor left)
  let spread = saved ? vector(saved, 'spread' in saved ? 'spread' : 'deviation') : options.mean.map(() => options.deviation);
  const deviation = (): number[] => spread.map((value) => Math.max(deviationFloor, value));
  let generation = saved ? scalar(saved, 'generation') : 0;
  return {
    ask() {
      const scale = deviation();
      return normals(options.seed, generation, population, mean.length).map((steps) => steps.map((step, i) => clamp(mean[i] + scale[i] * step, bounds)));
    },
    tell(candidates, fitness) {
      const elite = ranking(fitness).slice(0, elites).map((i) => candidates[i]);
      const centre = mean.map((_, i) => elite.reduce((sum, x) => sum + x[i], 0) / elite.length);
      const old = deviation();
      const fitted = centre.map((value, i) => Math.sqrt(elite.reduce((sum, x) => sum + (x[i] - value) ** 2, 0) / elite.length));
      mean = mean.map((before, i) => smoothing * before + (1 - smoothing) * centre[i]);
      spread = old.map((before, i) => smoothing * before + (1 - smoothing) * fitted[i]);
      generation++;
    },
    get centre() {
      return mean;
    },
    get deviation() {
      return deviation();
    },
    get spread() {
      return spread;
    },
    get generation() {
      return generation;
    },
    save: () => ({ mean, spread, generation }),
  };
}
