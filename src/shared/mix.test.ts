import { describe, expect, it } from 'vitest';
import { matrixName } from './matrices.ts';
import { mixed, mixForms } from './mix.ts';

const q = [matrixName(0, 'q'), matrixName(1, 'q')];
const up = matrixName(0, 'up');
const a = { [q[0]]: Float32Array.of(1.5, 0.5), [q[1]]: Float32Array.of(2, 1) };
const b = { [q[0]]: Float32Array.of(0.75, 1), [up]: Float32Array.of(3) };

describe('a mix', () => {
  it('anchored at the base is 1 + Σ α (z − 1), by layer where α is', () => {
    expect(mixed([{ z: a, alpha: [0.5, -1] }, { z: b, alpha: 2 }], 'base-anchored')).toEqual({
      [q[0]]: Float32Array.of(1 + 0.5 * 0.5 + 2 * -0.25, 1 + 0.5 * -0.5), [q[1]]: Float32Array.of(0, 1), [up]: Float32Array.of(5),
    });
  });

  it('as a sum is Σ α z, with z = 1 where an expert leaves a matrix as it is', () => {
    expect(mixed([{ z: a, alpha: [0.5, -1] }, { z: b, alpha: 2 }], 'sum')).toEqual({
      [q[0]]: Float32Array.of(0.5 * 1.5 + 2 * 0.75, 0.5 * 0.5 + 2 * 1), [q[1]]: Float32Array.of(-2 + 2, -1 + 2), [up]: Float32Array.of(0.5 + 2 * 3),
    });
  });

  it('is the same in both forms where α add up to 1', () => {
    const parts = [{ z: a, alpha: 0.25 }, { z: b, alpha: 0.75 }];
    expect(mixed(parts, 'sum')).toEqual(mixed(parts, 'base-anchored'));
  });

  it.each(mixForms)('of the form %s is the base in a layer whose every α is 0, and leaves out what no part tunes', (form) => {
    expect(mixed([{ z: a, alpha: [0, 1] }], form)).toEqual({ [q[0]]: Float32Array.of(1, 1), [q[1]]: a[q[1]] });
  });
});
