/** The rows of a task: divided by its own shares, whatever the dataset names, and the same for every use. */
import { expect, test } from 'vitest';
import type { Split } from '../../shared/contract.ts';
import { quickPreset } from '../../shared/training.ts';
import type { TaskRow } from '../host/protocol.ts';
import { dividedRows, splitOf, taskRows } from './rows.ts';

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
