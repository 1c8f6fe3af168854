import type { SearchSummaryDto } from '../../../shared/contract.ts';

export const stopWords: Record<NonNullable<SearchSummaryDto['stopped']>, string> = { generations: 'ran all its generations', converged: 'converged: the deviation of every α reached its floor', stalled: 'stopped early: no better candidate for a while', kept: 'stopped by hand, the best was kept' };
export const optimiserWords = { cem: 'CEM', 'cma-es': 'CMA-ES' } as const;
