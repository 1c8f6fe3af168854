import { expect, test } from 'vitest';
import type { Split } from '../../shared/contract.ts';
import type { TaskRow } from '../host/protocol.ts';
import { Random } from '../runtime/random.ts';
import { splitRows, type SplitRows } from './task.ts';

const rows = (prompts: string[], split?: Split, first = 0): TaskRow[] =>
  prompts.map((content, row) => ({ row: first + row, messages: [{ role: 'user', content }], reference: null, data: {}, ...(split && { split }) }));
const numbers = (some: TaskRow[]): number[] => some.map((row) => row.row);
const promptsOf = (some: TaskRow[]): Set<string> => new Set(some.map((row) => row.messages[0].content));
const many = (count: number, name = 'p'): string[] => Array.from({ length: count }, (_, index) => `${name}${index}`);
const by = (seed: number) => <T>(items: readonly T[]): T[] => new Random(seed).shuffle([...items]);
const split = (all: TaskRow[], validationShare: number | 'given', testShare: number, seed = 1): SplitRows =>
  splitRows(all, { validationShare, testShare, shuffleTest: by(0), shuffleValidation: by(seed) });

test('rows without a split: test is cut first and is the same for all seeds, validation by the seed; nothing is lost or shared', () => {
  const all = rows(many(100));
  const one = split(all, 0.5, 0.2, 7);
  expect([one.train.length, one.validation.length, one.test.length]).toEqual([40, 40, 20]);
  expect(numbers([...one.train, ...one.validation, ...one.test]).toSorted((a, b) => a - b)).toEqual(numbers(all));
  const other = split(all, 0.5, 0.2, 8);
  expect(numbers(other.test)).toEqual(numbers(one.test));
  expect(numbers(other.validation)).not.toEqual(numbers(one.validation));
  expect(split(all, 0.5, 0.2, 7)).toEqual(one);
});

test('rows of one prompt stay together', () => {
  const { train, validation, test: tests } = split(rows(Array.from({ length: 90 }, (_, index) => `p${index % 9}`)), 0.5, 0.2);
  for (const [a, b] of [[train, validation], [train, tests], [validation, tests]]) expect([...promptsOf(a)].filter((prompt) => promptsOf(b).has(prompt))).toEqual([]);
  expect(train.length + validation.length + tests.length).toBe(90);
});

test('a dataset’s own splits are kept; a number pools training and validation rows', () => {
  const all = [...rows(many(40, 'a'), 'train'), ...rows(many(20, 'b'), 'validation', 40), ...rows(many(10, 'c'), 'test', 60)];
  const given = split(all, 'given', 0.2);
  expect([numbers(given.train), numbers(given.validation), numbers(given.test)]).toEqual([numbers(all.slice(0, 40)), numbers(all.slice(40, 60)), numbers(all.slice(60))]);
  const halves = split(all, 0.5, 0.2);
  expect([halves.train.length, halves.validation.length, numbers(halves.test)]).toEqual([30, 30, numbers(all.slice(60))]);
});

test('a prompt in two splits is kept where it is a test', () => {
  const all = [...rows(['x', 'y', 'z'], 'train'), ...rows(['y', 'v'], 'validation', 3), ...rows(['x', 't'], 'test', 5)];
  const { train, validation, test: tests } = split(all, 'given', 0);
  expect([numbers(train), numbers(validation), numbers(tests)]).toEqual([[2], [3, 4], [5, 6]]);
});

test('each set that is wanted has a row, whatever the share; two prompts have no test', () => {
  for (const share of [0.001, 0.999]) expect(Object.values(split(rows(['a', 'b', 'c']), share, share)).map(({ length }) => length)).toEqual([1, 1, 1]);
  expect(Object.values(split(rows(['a', 'b']), 0.5, 0.5)).map(({ length }) => length)).toEqual([1, 1, 0]);
  expect(split(rows(many(10)), 0.5, 0).test).toEqual([]);
  expect(() => split(rows(['a', 'a']), 0.5, 0)).toThrow('fewer than two different prompts');
  expect(() => split(rows(['a', 'b'], 'test'), 0.5, 0)).toThrow('no row to train on');
});
