import { describe, expect, it } from 'vitest';
import { normals } from '../testing/seeded.ts';
import { vectorWorkspace } from './vector-kernels.ts';

/** Every kernel against the sum it stands for, with strides and addresses that are no round numbers of vectors. */
describe.each([4, 8, 20, 100])('vectors of %i numbers', (length) => {
  const stride = length + 3;
  const count = 12;
  const rows = 5;
  const x = rows + count * stride;
  const out = x + length;
  const fill = (): ReturnType<typeof vectorWorkspace> => {
    const workspace = vectorWorkspace(out + count);
    const random = normals(length);
    for (let i = 0; i < workspace.numbers.length; i++) workspace.numbers[i] = random();
    return workspace;
  };

  it('dotRows', () => {
    const { numbers, kernels } = fill();
    const before = numbers.slice();
    kernels.dotRows(8 * rows, 8 * stride, count, 8 * x, 8 * length, 8 * out);
    for (let c = 0; c < count; c++) {
      let sum = 0;
      for (let i = 0; i < length; i++) sum += before[rows + c * stride + i] * before[x + i];
      expect(numbers[out + c]).toBeCloseTo(sum, 12);
    }
    expect(numbers.subarray(0, out)).toEqual(before.subarray(0, out));
    expect(numbers.subarray(out + count)).toEqual(before.subarray(out + count));
  });

  it('subtractRows', () => {
    const { numbers, kernels } = fill();
    const before = numbers.slice();
    kernels.subtractRows(8 * rows, 8 * stride, count, 8 * x, 8 * length, 8 * out);
    for (let i = 0; i < length; i++) {
      let value = before[x + i];
      for (let c = 0; c < count; c++) value -= before[out + c] * before[rows + c * stride + i];
      expect(numbers[x + i]).toBeCloseTo(value, 12);
    }
    expect(numbers.subarray(0, x)).toEqual(before.subarray(0, x));
    expect(numbers.subarray(x + length)).toEqual(before.subarray(x + length));
  });

  it('symmetricProduct reads only the lower triangle and the diagonal blocks', () => {
    const workspace = vectorWorkspace(length * stride + 2 * length + 1);
    const { numbers, kernels } = workspace;
    const vector = length * stride + 1;
    const image = vector + length;
    const random = normals(length + 1);
    const full = new Float64Array(length * length);
    for (let i = 0; i < length; i++) for (let j = 0; j <= i; j++) full[i * length + j] = full[j * length + i] = random();
    for (let i = 0; i < length; i++) {
      for (let j = 0; j < length; j++) numbers[i * stride + j] = j >> 2 > i >> 2 ? NaN : full[i * length + j];
      numbers[vector + i] = random();
      numbers[image + i] = i; // it adds
    }
    kernels.symmetricProduct(0, 8 * stride, length / 4, 8 * vector, 8 * image);
    for (let i = 0; i < length; i++) {
      let sum = i;
      for (let j = 0; j < length; j++) sum += full[i * length + j] * numbers[vector + j];
      expect(numbers[image + i]).toBeCloseTo(sum, 10);
    }
  });
});
