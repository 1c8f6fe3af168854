import { bridge } from '../bridge/index.ts';
import type { SearchSummaryDto } from '../../shared/contract.ts';
import { Resource } from './resource.svelte.ts';

/** Searches for α, the newest first. */
class SearchesState extends Resource<SearchSummaryDto[]> {
  constructor() {
    super([], async () => (await bridge.call('searches.list', { limit: 500 })).searches);
  }
}

export const searches = new SearchesState();
