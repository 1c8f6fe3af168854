import { methods, type Method } from '../../../shared/training.ts';

export type LibrarySort = 'created' | 'name' | 'gain';
export interface LibraryFilter { search: string; tags: string[]; /** empty: all */ modelId: string; /** empty: all */ method: Method | ''; sort: LibrarySort }

const sorts: readonly string[] = ['created', 'name', 'gain'];

/** The filter is in the address, so that going back from an expert finds the library as it was. */
export function filterFromQuery(query: Record<string, string>): LibraryFilter {
  return {
    search: query.search ?? '',
    tags: query.tags ? query.tags.split(',').filter(Boolean) : [],
    modelId: query.model ?? '',
    method: methods.find((method) => method === query.method) ?? '',
    sort: sorts.includes(query.sort) ? (query.sort as LibrarySort) : 'created',
  };
}

export function queryFromFilter({ search, tags, modelId, method, sort }: LibraryFilter): Record<string, string | undefined> {
  return { search: search || undefined, tags: tags.join(',') || undefined, model: modelId || undefined, method: method || undefined, sort: sort === 'created' ? undefined : sort };
}
