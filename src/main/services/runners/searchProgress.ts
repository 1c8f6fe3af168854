/**
 * What a search says of itself while it runs: its generations, and then, for as long again, how what they found is
 * compared and scored. Told from what the engine's events know, so that the end of the generations is said with its
 * reason as soon as the last one is there.
 */
import type { BudgetDto, SearchConfig, SearchOutcome } from '../../../shared/adaptation.ts';
import type { SteerAction } from '../../../engine/host/protocol.ts';

export interface SearchProgress { done: number; total: number; secondsLeft?: number; note: string }
/** Rows that the finalists are compared on, and those that the chosen one and the base are scored on. */
export interface Ahead { experts: number; examples: number; selection: number; test: number }
/** A search between two generations, or after them. */
export interface Standing {
  budget: Pick<BudgetDto, 'generations' | 'seconds'>;
  /** best different candidates so far */
  hall: number;
  /** once the generations are over: why, and how many are compared; then they have been, and the chosen one is scored */
  end?: { stopped: SearchOutcome['stopped']; finalists: number; isScoring: boolean };
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
export function searchProgress(config: SearchConfig, ahead: Ahead, { budget: { generations, seconds }, hall, end }: Standing, wish: SteerAction | undefined, elapsed: number): SearchProgress {
  if (generations === 0) return { done: 0, total: config.generations, note: wish === 'pause' ? 'the base and each expert alone; pauses after them' : 'the base and each expert alone' };
  const perGeneration = config.population * config.examples;
  // the base, each expert, the centre of the search, and the best candidates
  const finalists = end?.finalists ?? 2 + ahead.experts + hall;
  const answers = (end ? 0 : (config.generations - generations) * perGeneration) + (end?.isScoring ? 0 : finalists * (ahead.examples + ahead.selection)) + 2 * ahead.test;
  const left = (seconds / (generations * perGeneration)) * answers - elapsed;
  const secondsLeft = left > 0 ? left : undefined;
  if (!end) {
    const then = wish === 'pause' ? '; pauses when the next is through' : wish === 'keep' ? '; ends when the next is through' : '';
    return { done: generations, total: config.generations, secondsLeft, note: `generation ${generations} of at most ${config.generations}${then}` };
  }
  const scoring = `scoring on ${counted(ahead.test, 'test row')}`;
  const doing = end.isScoring ? scoring : `comparing ${finalists} finalists${ahead.test > 0 ? `, then ${scoring}` : ''}`;
  const late = wish === 'pause' ? '; too late to pause, it ends by itself' : '';
  return { done: generations, total: generations, secondsLeft, note: `${ends[end.stopped](counted(generations, 'generation'))}; ${doing}${late}` };
}
