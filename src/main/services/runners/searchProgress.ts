/**
 * What a search says of itself while it runs: its generations, and then, for as long again, how what they found is
 * compared and scored. Told from what the engine's events know, so that the end of the generations is said with its
 * reason as soon as the last one is there.
 */
import type { BudgetDto, SearchConfig, SearchOutcome } from '../../../shared/adaptation.ts';
import type { SearchCheckpoint, SteerAction } from '../../../engine/host/protocol.ts';

export interface SearchProgress { done: number; total: number; secondsLeft?: number; note: string }
/** Rows that the finalists are compared on, and those that the chosen one and the base are scored on. */
export interface Ahead { experts: number; examples: number; selection: number; test: number }
/** A search between two generations. */
export interface Standing { budget: Pick<BudgetDto, 'generations' | 'seconds'>; /** best different candidates so far */ hall: number; ended?: SearchOutcome['stopped'] }

/**
 * Deviation of every coordinate as it was fitted, before its floor, from an optimiser's saved state: named so by the
 * cross-entropy method, step × √variance of CMA-ES. tests/parity/searchEnd.test.ts holds it to the optimisers.
 */
export function spreadOf({ spread, deviation, step, variance }: SearchCheckpoint['optimiser']): readonly number[] {
  if (typeof step === 'number' && typeof variance === 'object') return variance.map((value) => step * Math.sqrt(value));
  const fitted = spread ?? deviation;
  return typeof fitted === 'object' ? fitted : [];
}

/** Why no generation follows the state that this one left, or undefined; the engine's own rule (engine/adapt/search.ts). */
export function endAfter({ tolerance, patience, generations }: SearchConfig, { optimiser, withoutBetter, budget }: Pick<SearchCheckpoint, 'optimiser' | 'withoutBetter' | 'budget'>): SearchOutcome['stopped'] | undefined {
  const spread = spreadOf(optimiser);
  if (tolerance > 0 && spread.length > 0 && spread.every((value) => value <= tolerance)) return 'converged';
  if (patience > 0 && withoutBetter >= patience) return 'stalled';
  return budget.generations >= generations ? 'generations' : undefined;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const ends: Record<SearchOutcome['stopped'], (generations: string) => string> = {
  generations: (generations) => `all ${generations} ran`,
  converged: (generations) => `converged after ${generations}`,
  stalled: (generations) => `no better mix for a while, ended after ${generations}`,
  kept: (generations) => `stopped by hand after ${generations}`,
};

/**
 * `wish`: what was asked of the search by hand. Time left counts answers: one of those ahead takes as long as one of a
 * generation has taken so far, and `elapsed` seconds of what comes after the generations are over.
 */
export function searchProgress(config: SearchConfig, ahead: Ahead, { budget: { generations, seconds }, hall, ended }: Standing, wish: SteerAction | undefined, elapsed: number): SearchProgress {
  if (generations === 0) return { done: 0, total: config.generations, note: wish === 'pause' ? 'the base and each expert alone; pauses after them' : 'the base and each expert alone' };
  const perGeneration = config.population * config.examples;
  // the base, each expert, the centre of the search, and the best candidates
  const finalists = 2 + ahead.experts + hall;
  const answers = (ended ? 0 : (config.generations - generations) * perGeneration) + finalists * (ahead.examples + ahead.selection) + 2 * ahead.test;
  const left = (seconds / (generations * perGeneration)) * answers - elapsed;
  const secondsLeft = left > 0 ? left : undefined;
  if (!ended) {
    const then = wish === 'pause' ? '; pauses when the next is through' : wish === 'keep' ? '; ends when the next is through' : '';
    return { done: generations, total: config.generations, secondsLeft, note: `generation ${generations} of at most ${config.generations}${then}` };
  }
  const scored = ahead.test > 0 ? `, then scoring on ${counted(ahead.test, 'test row')}` : '';
  const late = wish === 'pause' ? '; too late to pause, it ends by itself' : '';
  return { done: generations, total: generations, secondsLeft, note: `${ends[ended](counted(generations, 'generation'))}; comparing ${finalists} finalists${scored}${late}` };
}
