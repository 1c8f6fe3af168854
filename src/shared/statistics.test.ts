import { expect, it } from 'vitest';
import { studentQuantile } from './statistics.ts';

it('Student’s quantiles are those of the tables, and fall between them with the degrees of freedom', () => {
  for (const [degrees, value] of [[1, 12.706], [2, 4.303], [5, 2.5706], [10, 2.228], [30, 2.0423], [1000, 1.962]]) expect(studentQuantile(degrees)).toBeCloseTo(value, 3);
  expect(studentQuantile(2.5)).toBeGreaterThan(studentQuantile(3));
  expect(studentQuantile(2.5)).toBeLessThan(studentQuantile(2));
});
