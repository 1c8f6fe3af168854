import type { SearchConfig } from '../../../shared/adaptation.ts';
import type { JobState, SearchDto, SearchSummaryDto } from '../../../shared/contract.ts';
import { counted } from '../../format/index.ts';

export const stopWords: Record<NonNullable<SearchSummaryDto['stopped']>, string> = { generations: 'ran all its generations', converged: 'converged: every α is found to the tolerance', stalled: 'stopped early: no better candidate for a while', kept: 'stopped by hand, the best was kept' };
export const optimiserWords = { cem: 'CEM', 'cma-es': 'CMA-ES' } as const;
export const isEnded = (state: JobState): boolean => state === 'succeeded' || state === 'cancelled' || state === 'failed';

/** What was saved at the end of a search: a mix that was found, one expert as it is, or nothing, the base. `name` is of the expert. */
export type Found = { kind: 'mix' } | { kind: 'expert'; name: string } | { kind: 'base' };
export function foundIn({ chosen, experts }: Pick<SearchDto, 'chosen' | 'experts'>): Found {
  if (chosen?.kind === 'base') return { kind: 'base' };
  return chosen?.kind === 'expert' ? { kind: 'expert', name: experts[chosen.expert ?? 0]?.name ?? 'an expert' } : { kind: 'mix' };
}
/** Beside the base's score. */
export const foundLabel = (found: Found): string => (found.kind === 'base' ? 'What was chosen, the base' : found.kind === 'expert' ? `What was chosen, ${found.name} alone` : 'The mix that was found');
/** What the finalists were compared on. */
export const comparedOn = ({ finalists, config }: Pick<SearchDto, 'finalists' | 'config'>): string => (finalists.some(({ selection }) => selection !== undefined) ? 'selection rows' : examplesOf(config));

/** `10 examples`, and `example` alone: what a score is on. */
export const examplesOf = ({ examples }: SearchConfig): string => (examples === 1 ? 'example' : counted(examples, 'example'));
