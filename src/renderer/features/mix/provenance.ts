/** What a saved mix is, in a few words: how much lies in it, its form where that is not the faders' own, and where it is from. */
import type { MixDto, SearchSummaryDto } from '../../../shared/contract.ts';
import { counted } from '../../format/index.ts';

type Known = Pick<SearchSummaryDto, 'id' | 'datasetName' | 'task'>;

/** What the mix was found on; undefined where no search found it, or the search was removed. */
export function foundOn({ searchId }: Pick<MixDto, 'searchId'>, searches: readonly Known[]): { searchId: string; task: string } | undefined {
  const search = searchId === undefined ? undefined : searches.find(({ id }) => id === searchId);
  return search && { searchId: search.id, task: search.task ?? search.datasetName };
}

export function aboutMix(mix: Pick<MixDto, 'parts' | 'form' | 'searchId'>, searches: readonly Known[]): string {
  const found = foundOn(mix, searches);
  return [
    mix.parts.length === 0 ? 'the base, no strips' : counted(mix.parts.length, 'strip'),
    ...(mix.form === 'sum' ? ['z′ = Σ α z'] : []),
    ...(found ? [`found on ${found.task}`] : mix.searchId !== undefined ? ['found by a search that was removed'] : []),
  ].join(', ');
}
