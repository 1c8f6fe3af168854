/**
 * Search by populations over ℝⁿ, maximising. Pure: all randomness of a generation comes from (seed, generation), and
 * the state is plain data, so a search that was killed goes on with the same numbers.
 */
import type { Fitness } from '../../shared/adaptation.ts';
import { Random } from '../runtime/random.ts';

export interface Bounds {
  low: number;
  high: number;
}

export interface Optimiser {
  /** candidates of the present generation: the same ones until `tell` was called */
  ask(): number[][];
  /** what came of them; moves on to the next generation */
  tell(candidates: readonly (readonly number[])[], fitness: readonly Fitness[]): void;
  /** mean and deviation of the distribution, one number for each coordinate */
  readonly centre: readonly number[];
  readonly deviation: readonly number[];
  /** the deviation as it was fitted, before its floor */
  readonly spread: readonly number[];
  readonly generation: number;
  /** plain data; the function that made the optimiser takes it back */
  save(): OptimiserState;
}

export type OptimiserState = Readonly<Record<string, number | readonly number[]>>;

/** Best first. Stable: of equal candidates the earlier one stays in front. */
export function ranking(fitness: readonly Fitness[]): number[] {
  return fitness.map((_, i) => i).sort((a, b) => fitness[b].score - fitness[a].score || fitness[b].tieBreak - fitness[a].tieBreak || a - b);
}

export const clamp = (value: number, { low, high }: Bounds): number => Math.min(high, Math.max(low, value));

/** [population][coordinates], each N(0, 1) */
export function normals(seed: number, generation: number, population: number, coordinates: number): number[][] {
  const random = new Random(seed, generation + 1);
  return Array.from({ length: population }, () => Array.from({ length: coordinates }, () => random.normal()));
}

export const vector = (state: OptimiserState, key: string): number[] => {
  const value = state[key];
  if (typeof value === 'number' || value === undefined) throw new RangeError(`The state of the search lacks ${key}.`);
  return [...value];
};
export const scalar = (state: OptimiserState, key: string): number => {
  const value = state[key];
  if (typeof value !== 'number') throw new RangeError(`The state of the search lacks ${key}.`);
  return value;
};
