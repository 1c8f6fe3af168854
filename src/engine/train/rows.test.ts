/** The rows of a task: divided by its own shares, whatever the dataset names, and the same for every use. */
import { expect, test } from 'vitest';
import type { Split } from '../../shared/contract.ts';
import { quickPreset } from '../../shared/training.ts';
import type { TaskRow } from '../host/protocol.ts';
import { chosenRows, dividedRows, splitOf, taskRows, touchedBy } from './rows.ts';

const shares = { by: 'shares', validation: 0.25, test: 0.25, seed: 1 } as const;
/** Forty prompts, each in two rows; the dataset calls all of them test rows. */
const rows: TaskRow[] = Array.from({ length: 80 }, (_, row) => ({ row, messages: [{ role: 'user', content: `p${row % 40}` }], reference: null, data: { text: row === 7 ? '' : `t${row}` }, split: 'test' }));
const bySplit = (of: readonly TaskRow[], split: Split): TaskRow[] => of.filter((row) => row.split === split);

test('every row has a split of the wished share, in file order; no prompt is in two', () => {
  const divided = dividedRows(rows, shares);
  expect(divided.map(({ row }) => row)).toEqual(rows.map(({ row }) => row));
  expect((['train', 'validation', 'test'] as const).map((split) => bySplit(divided, split).length)).toEqual([40, 20, 20]);
  const splits = Map.groupBy(divided, ({ messages }) => messages[0].content);
  for (const of of splits.values()) expect(new Set(of.map(({ split }) => split)).size).toBe(1);
});

test('the seed decides, and a training takes the three sets as they are, whatever its own seed', () => {
  const divided = dividedRows(rows, shares);
  expect(dividedRows(rows, shares)).toEqual(divided);
  expect(dividedRows(rows, { ...shares, seed: 2 })).not.toEqual(divided);
  for (const seed of [0, 5]) {
    const split = splitOf(divided, { ...quickPreset, validationShare: 'given', seed });
    for (const name of ['train', 'validation', 'test'] as const) expect(new Set(split[name])).toEqual(new Set(bySplit(divided, name)));
  }
});

test('without a test share nothing is kept for testing', () => {
  expect(bySplit(dividedRows(rows, { ...shares, test: 0 }), 'test')).toEqual([]);
});

test('rows that the mapping cannot read are listed and left out; without shares the named splits stay', () => {
  const { rows: read, unusable } = taskRows(rows, { mapping: { kind: 'prompt-only', prompt: 'text' } });
  expect(unusable).toEqual([{ row: 7, reason: 'its prompt in column “text” is empty' }]);
  expect(read).toHaveLength(79);
  expect(read[0]).toMatchObject({ messages: [{ content: 't0' }], split: 'test' });
  expect(taskRows(rows, { splits: { by: 'dataset' } })).toEqual({ rows, unusable: [] });
});

test('rows that an expert learned from are neither chosen by nor tested on, whatever its settings, and are counted', () => {
  const plain = rows.map(({ split: _named, ...row }) => row);
  const atMost = { train: 80, validation: 80, test: 80 };
  const numbers = (of: readonly TaskRow[]): number[] => of.map(({ row }) => row);
  const undisturbed = chosenRows(plain, 0, atMost);
  expect(undisturbed.left).toEqual({ validation: 0, test: 0 });
  for (const change of [{ seed: 1 }, { testShare: 0.05, validationShare: 0.1, seed: 3 }, { seeds: 3 }]) {
    const config = { ...quickPreset, ...change };
    const touched = touchedBy([{ rows: plain, config }]);
    const chosen = chosenRows(plain, 0, atMost, { touched });
    const own = splitOf(plain, config);
    for (const row of numbers(own.train)) expect(numbers([...chosen.validation, ...chosen.test])).not.toContain(row);
    for (const row of numbers(own.validation)) expect(numbers(chosen.test)).not.toContain(row);
    expect(chosen.left).toEqual({ validation: undisturbed.validation.length - chosen.validation.length, test: undisturbed.test.length - chosen.test.length });
    expect(chosen.left.validation + chosen.left.test).toBeGreaterThan(0);
  }
  // divided as that training divided them, nothing is left out
  const config = { ...quickPreset, testShare: 0.05, validationShare: 0.1, seed: 3 };
  const chosen = chosenRows(plain, 0, atMost, { config, touched: touchedBy([{ rows: plain, config }]) });
  expect(chosen.left).toEqual({ validation: 0, test: 0 });
  expect(new Set(numbers(chosen.test))).toEqual(new Set(numbers(splitOf(plain, config).test)));
});
