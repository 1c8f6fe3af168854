import { expect, test } from 'vitest';
import type { TaskRow } from '../host/protocol.ts';
import { splitRows } from './task.ts';

const rows = (prompts: string[]): TaskRow[] => prompts.map((content, row) => ({ row, messages: [{ role: 'user', content }], reference: null, data: {} }));
const numbers = (some: TaskRow[]): number[] => some.map((row) => row.row);

test('a split is seeded, disjoint and whole', () => {
  const all = rows(Array.from({ length: 100 }, (_, index) => `p${index}`));
  const split = splitRows(all, 0.25, 7);
  expect(split.validation).toHaveLength(25);
  expect([...numbers(split.train), ...numbers(split.validation)].toSorted((a, b) => a - b)).toEqual(numbers(all));
  expect(splitRows(all, 0.25, 7)).toEqual(split);
  expect(numbers(splitRows(all, 0.25, 8).validation)).not.toEqual(numbers(split.validation));
});

test('rows of one prompt stay together', () => {
  const all = rows(Array.from({ length: 90 }, (_, index) => `p${index % 9}`));
  const { train, validation } = splitRows(all, 0.5, 1);
  const prompts = (some: TaskRow[]): Set<string> => new Set(some.map((row) => row.messages[0].content));
  expect([...prompts(train)].filter((prompt) => prompts(validation).has(prompt))).toEqual([]);
  expect(train.length + validation.length).toBe(90);
});

test('each side has a row, whatever the share', () => {
  for (const share of [0.001, 0.999]) {
    const { train, validation } = splitRows(rows(['a', 'b']), share, 0);
    expect([train.length, validation.length]).toEqual([1, 1]);
  }
  expect(() => splitRows(rows(['a', 'a']), 0.5, 0)).toThrow('fewer than two different prompts');
});
