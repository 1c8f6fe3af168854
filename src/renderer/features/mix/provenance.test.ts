import { expect, test } from 'vitest';
import { aboutMix, foundOn } from './provenance.ts';

const part = { expertId: 'e', alpha: 1, muted: false, solo: false };
const searches = [{ id: 's', datasetName: 'math-hard', task: 'sums' }, { id: 't', datasetName: 'math-hard' }];

test('a saved mix says how much lies in it, its form where that is the paper’s, and what it was found on', () => {
  expect(aboutMix({ parts: [part], form: 'base-anchored' }, searches)).toBe('1 strip');
  expect(aboutMix({ parts: [part, part], form: 'sum', searchId: 's' }, searches)).toBe('2 strips, z′ = Σ α z, found on sums');
  expect(aboutMix({ parts: [], form: 'base-anchored', searchId: 't' }, searches)).toBe('the base, no strips, found on math-hard');
  expect(aboutMix({ parts: [part], form: 'base-anchored', searchId: 'gone' }, searches)).toBe('1 strip, found by a search that was removed');
});

test('the desk leads to the search only where there is one', () => {
  expect(foundOn({ searchId: 's' }, searches)).toEqual({ searchId: 's', task: 'sums' });
  expect([foundOn({}, searches), foundOn({ searchId: 'gone' }, searches)]).toEqual([undefined, undefined]);
});
