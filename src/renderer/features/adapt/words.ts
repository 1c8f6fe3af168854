import type { SearchConfig } from '../../../shared/adaptation.ts';
import type { SearchSummaryDto } from '../../../shared/contract.ts';
import { counted } from '../../format/index.ts';

export const stopWords: Record<NonNullable<SearchSummaryDto['stopped']>, string> = { generations: 'ran all its generations', converged: 'converged: every α is found to the tolerance', stalled: 'stopped early: no better candidate for a while', kept: 'stopped by hand, the best was kept' };
export const optimiserWords = { cem: 'CEM', 'cma-es': 'CMA-ES' } as const;
/** `10 examples`, and `example` alone: what a score is on. */
export const examplesOf = ({ examples }: SearchConfig): string => (examples === 1 ? 'example' : counted(examples, 'example'));
