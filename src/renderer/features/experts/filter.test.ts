import { describe, expect, it } from 'vitest';
import { filterFromQuery, queryFromFilter, type LibraryFilter } from './filter.ts';

describe('the library’s filter in the address', () => {
  it('comes back as it was', () => {
    const filter: LibraryFilter = { search: 'units & more', tags: ['school', 'math'], modelId: 'm1', method: 'lora', sort: 'gain' };
    const query = Object.fromEntries(Object.entries(queryFromFilter(filter)).filter((entry): entry is [string, string] => entry[1] !== undefined));
    expect(filterFromQuery(query)).toEqual(filter);
  });
  it('is nothing for the plain library, and ignores a sort that is not one', () => {
    expect(Object.values(queryFromFilter(filterFromQuery({ sort: 'size; drop table' }))).every((value) => value === undefined)).toBe(true);
  });
});
