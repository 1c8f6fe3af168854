/**
 * Separable CMA-ES (Ros and Hansen, "A simple modification in CMA-ES achieving linear time and space complexity", 2008):
 * evolution paths, step-size control by path length, rank-one and rank-µ updates of a diagonal covariance, whose learning
 * rates are (n + 2) / 3 times those of the full method. Candidates beyond the bounds are moved onto them, and learned
 * from as they were evaluated. Left out: restarts, active (negative) weights.
 */
import { clamp, normals, ranking, scalar, vector, type Bounds, type Optimiser, type OptimiserState } from './optimiser.ts';

export interface CmaOptions {
  mean: readonly number[];
  deviation: number;
  population: number;
  deviationFloor: number;
  bounds: Bounds;
  seed: number;
}

export function separableCmaEs(options: CmaOptions, saved?: OptimiserState): Optimiser {
  const { population, bounds, deviationFloor } = options;
  const n = options.mean.length;
  const parents = Math.floor(population / 2);
  const raw = Array.from({ length: parents }, (_, i) => Math.log((population + 1) / 2) - Math.log(i + 1));
  const total = raw.reduce((a, b) => a + b, 0);
  const weights = raw.map((weight) => weight / total);
  const effective = 1 / weights.reduce((sum, weight) => sum + weight ** 2, 0);

  const pathRate = (effective + 2) / (n + effective + 5);
  const damping = 1 + 2 * Math.max(0, Math.sqrt((effective - 1) / (n + 1)) - 1) + pathRate;
  const covariancePathRate = (4 + effective / n) / (n + 4 + (2 * effective) / n);
  const separable = (n + 2) / 3;
  const rankOne = Math.min(1, (separable * 2) / ((n + 1.3) ** 2 + effective));
  const rankMu = Math.min(1 - rankOne, (separable * 2 * (effective - 2 + 1 / effective)) / ((n + 2) ** 2 + effective));
  const expectedLength = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));

  let mean = saved ? vector(saved, 'mean') : [...options.mean];
  let step = saved ? scalar(saved, 'step') : options.deviation;
  let variance = saved ? vector(saved, 'variance') : mean.map(() => 1);
  let stepPath = saved ? vector(saved, 'stepPath') : mean.map(() => 0);
  let variancePath = saved ? vector(saved, 'variancePath') : mean.map(() => 0);
  let generation = saved ? scalar(saved, 'generation') : 0;
  const spread = (): number[] => variance.map((value) => step * Math.sqrt(value));
  const deviation = (): number[] => spread().map((value) => Math.max(deviationFloor, value));

  return {
    ask() {
      const scale = deviation();
      return normals(options.seed, generation, population, n).map((steps) => steps.map((value, i) => clamp(mean[i] + scale[i] * value, bounds)));
    },
    tell(candidates, fitness) {
      const best = ranking(fitness).slice(0, parents).map((i) => candidates[i]);
      const moved = mean.map((_, i) => best.reduce((sum, x, k) => sum + weights[k] * x[i], 0));
      const shift = moved.map((value, i) => (value - mean[i]) / step);

      const keep = Math.sqrt(pathRate * (2 - pathRate) * effective);
      stepPath = stepPath.map((value, i) => (1 - pathRate) * value + keep * (shift[i] / Math.sqrt(variance[i])));
      const length = Math.hypot(...stepPath);
      // a long path means the step is still growing: the rank-one update waits
      const settled = length / Math.sqrt(1 - (1 - pathRate) ** (2 * (generation + 1))) < (1.4 + 2 / (n + 1)) * expectedLength;
      const keepVariance = settled ? Math.sqrt(covariancePathRate * (2 - covariancePathRate) * effective) : 0;
      variancePath = variancePath.map((value, i) => (1 - covariancePathRate) * value + keepVariance * shift[i]);
      const correction = settled ? 0 : rankOne * covariancePathRate * (2 - covariancePathRate);
      variance = variance.map((value, i) => {
        const spread = best.reduce((sum, x, k) => sum + weights[k] * ((x[i] - mean[i]) / step) ** 2, 0);
        return Math.max(1e-12, (1 - rankOne - rankMu + correction) * value + rankOne * variancePath[i] ** 2 + rankMu * spread);
      });
      mean = moved;
      step *= Math.exp(Math.min(1, (pathRate / damping) * (length / expectedLength - 1)));
      generation++;
    },
    get centre() {
      return mean;
    },
    get deviation() {
      return deviation();
    },
    get spread() {
      return spread();
    },
    get generation() {
      return generation;
    },
    save: () => ({ mean, step, variance, stepPath, variancePath, generation }),
  };
}
