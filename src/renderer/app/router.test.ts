import { describe, expect, it } from 'vitest';
import { hrefOf, matchPattern, parseHash } from './router.svelte.ts';

describe('addresses', () => {
  it('carry a path and a query, and come back as they were', () => {
    const href = hrefOf(`/experts/${encodeURIComponent('a/b ü')}`, { tags: 'x,y', empty: '', none: undefined, q: 'a&b=c' });
    const { path, query } = parseHash(href);
    expect(matchPattern('/experts/:id', path)).toEqual({ id: 'a/b ü' });
    expect(query).toEqual({ tags: 'x,y', q: 'a&b=c' });
  });
  it('fit only patterns of their length, part by part', () => {
    expect(matchPattern('/experts', '/experts/')).toEqual({});
    expect(matchPattern('/experts', '/experts/e1')).toBeNull();
    expect(matchPattern('/experts/:id', '/models/e1')).toBeNull();
  });
  it('that are broken lead nowhere instead of throwing', () => {
    expect(matchPattern('/experts/:id', '/experts/%E0%A4%A')).toBeNull();
    expect(parseHash('')).toEqual({ path: '/', query: {} });
    expect(parseHash('#mix')).toEqual({ path: '/mix', query: {} });
  });
});
