import { expect, it } from 'vitest';
import type { SampleDto } from '../../../shared/contract.ts';
import { kindsOf, pairedAnswers, pairsTable } from './pairs.ts';

const sample = (index: number, score: number, step: number): SampleDto => ({ trial: 0, step, index, row: 10 + index, prompt: `p${index}`, answer: `a${index}/${step}`, reference: null, score, reward: score, reason: `r${index}` });
const own = [sample(0, 1, 1), sample(1, 0, 1), sample(2, 1, 1), sample(3, 0, 1)];
const base = [sample(3, 0, 0), sample(0, 0, 0), sample(1, 1, 0), sample(2, 1, 0)];

it('answers are paired by their place, and told apart by what became of them', () => {
  const pairs = pairedAnswers(own, base);
  expect(pairs.map(({ own: mine, base: theirs }) => [mine.index, theirs?.index])).toEqual([[0, 0], [1, 1], [2, 2], [3, 3]]);
  expect(Object.fromEntries(kindsOf(pairs).map(({ value, pairs: of }) => [value, of.map(({ own: { index } }) => index)]))).toEqual({ all: [0, 1, 2, 3], gained: [0], lost: [1], 'both-right': [2], 'both-wrong': [3] });
});

it('of the base alone nothing is gained or lost', () => {
  const pairs = pairedAnswers(own, []);
  expect(pairs[0]).toEqual({ own: own[0] });
  expect(kindsOf(pairs).map(({ pairs: of }) => of.length)).toEqual([4, 0, 0, 0, 0]);
  expect(pairsTable(pairs).rows[1]).toEqual([12, 'p1', null, 'a1/1', 0, 'r1', null, null, null]);
});
