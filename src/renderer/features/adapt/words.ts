import type { JobState, SearchSummaryDto } from '../../../shared/contract.ts';

export const stateWords: Record<JobState, string> = { queued: 'waiting', running: 'running', paused: 'paused', succeeded: 'finished', failed: 'failed', cancelled: 'cancelled', interrupted: 'interrupted' };
export const stateTones: Record<JobState, 'neutral' | 'good' | 'bad' | 'accent'> = { queued: 'neutral', running: 'accent', paused: 'neutral', succeeded: 'good', failed: 'bad', cancelled: 'neutral', interrupted: 'bad' };
export const stopWords: Record<NonNullable<SearchSummaryDto['stopped']>, string> = { generations: 'ran all its generations', converged: 'converged: the deviation of every α reached its floor', stalled: 'stopped early: no better candidate for a while', kept: 'stopped by hand, the best was kept' };
export const optimiserWords = { cem: 'CEM', 'cma-es': 'CMA-ES' } as const;
