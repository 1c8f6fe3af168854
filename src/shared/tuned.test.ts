import { expect, test } from 'vitest';
import { matrixName, projections, type MatrixShape } from './matrices.ts';
import { paperPreset } from './training.ts';
import { chosenLayers, trainableParameters, tunedMatrices } from './tuned.ts';

const shape: Record<string, [rows: number, columns: number]> = { q: [8, 8], k: [4, 8], v: [4, 8], o: [8, 8], gate: [16, 8], up: [16, 8], down: [8, 16] };
const matrices: MatrixShape[] = [0, 1, 2].flatMap((layer) => projections.map((projection) => {
  const [rows, columns] = shape[projection];
  return { name: matrixName(layer, projection), layer, projection, rows, columns, rank: Math.min(rows, columns) };
}));

test('layers by name and by number; one that is not there is refused', () => {
  expect(chosenLayers('every-second', 3)).toEqual([0, 2]);
  expect([...chosenLayers('first-half', 3), ...chosenLayers('last-half', 3)]).toEqual([0, 1, 2]);
  expect(chosenLayers([2, 0], 3)).toEqual([0, 2]);
  expect(() => chosenLayers([3], 3)).toThrow(/layer 3/);
});

test.each([
  ['svf', 'attention', 3 * (8 + 4 + 4 + 8)],
  ['svf', 'both', 3 * (24 + 8 + 8 + 8)],
  ['lora', 'query-value', 3 * 16 * (16 + 12)],
  ['dora', 'query-value', 3 * (16 * (16 + 12) + 8 + 4)],
  ['ia3', 'both', 3 * (4 + 4 + 16)],
] as const)('%s on %s trains %i numbers', (method, modules, count) => {
  expect(trainableParameters(matrices, 3, { ...paperPreset, method, modules })).toBe(count);
});

test('of every second layer, only that layer’s matrices', () => {
  expect(new Set(tunedMatrices(matrices, 3, { method: 'lora', modules: 'mlp', layers: 'every-second' }).map(({ layer }) => layer))).toEqual(new Set([0, 2]));
});
