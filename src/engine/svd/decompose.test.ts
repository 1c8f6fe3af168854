import { afterAll, describe, expect, it } from 'vitest';
import { openProducts } from '../runtime/products.ts';
import { decompose, type Svd } from './decompose.ts';
import { normals } from '../testing/seeded.ts';

const backend = openProducts({ threads: 2 });
afterAll(() => backend.release());

const random = (rows: number, columns: number, seed = 1): Float32Array => Float32Array.from({ length: rows * columns }, normals(seed));

function multiply(a: Float32Array, b: Float32Array, m: number, k: number, n: number): Float32Array {
  const result = new Float32Array(m * n);
  for (let i = 0; i < m; i++) for (let l = 0; l < k; l++) for (let j = 0; j < n; j++) result[i * n + j] += a[i * k + l] * b[l * n + j];
  return result;
}

/** Relative Frobenius error, and the largest departures of UᵀU and VᵀV from the identity, in double precision. */
function errors(weight: Float32Array, rows: number, columns: number, { u, sigma, vt }: Svd): { reconstruction: number; left: number; right: number } {
  const rank = sigma.length;
  let error = 0;
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const row = new Float64Array(columns);
    for (let r = 0; r < rank; r++) {
      const factor = u[i * rank + r] * sigma[r];
      for (let j = 0; j < columns; j++) row[j] += factor * vt[r * columns + j];
    }
    for (let j = 0; j < columns; j++) {
      error += (row[j] - weight[i * columns + j]) ** 2;
      total += weight[i * columns + j] ** 2;
    }
  }
  const departure = (length: number, at: (r: number, i: number) => number): number => {
    let worst = 0;
    for (let a = 0; a < rank; a++) {
      for (let b = a; b < rank; b++) {
        let inner = 0;
        for (let i = 0; i < length; i++) inner += at(a, i) * at(b, i);
        worst = Math.max(worst, Math.abs(inner - (a === b ? 1 : 0)));
      }
    }
    return worst;
  };
  return {
    reconstruction: Math.sqrt(error) / (Math.sqrt(total) || 1),
    left: departure(rows, (r, i) => u[i * rank + r]),
    right: departure(columns, (r, i) => vt[r * columns + i]),
  };
}

async function expectExact(weight: Float32Array, rows: number, columns: number): Promise<Svd> {
  const svd = await decompose(weight, rows, columns, backend);
  const rank = Math.min(rows, columns);
  expect([svd.u.length, svd.sigma.length, svd.vt.length]).toEqual([rows * rank, rank, rank * columns]);
  const { reconstruction, left, right } = errors(weight, rows, columns, svd);
  // A hundredth of what the cache promises: double precision inside, rounded once.
  expect(reconstruction).toBeLessThanOrEqual(2e-7);
  expect(left).toBeLessThanOrEqual(2e-7);
  expect(right).toBeLessThanOrEqual(2e-7);
  for (let i = 0; i < rank; i++) {
    expect(svd.sigma[i]).toBeGreaterThanOrEqual(0);
    if (i > 0) expect(svd.sigma[i]).toBeLessThanOrEqual(svd.sigma[i - 1]);
  }
  return svd;
}

const diagonal = (values: readonly number[], rows = values.length, columns = values.length): Float32Array => {
  const matrix = new Float32Array(rows * columns);
  values.forEach((value, i) => (matrix[i * columns + i] = value));
  return matrix;
};

describe('shapes', () => {
  // 32 is a leaf, 96 the unblocked size: both sides of each border, and of the panels beyond.
  it.each([[1, 1], [1, 7], [7, 1], [2, 2], [3, 5], [32, 32], [33, 33], [64, 65], [96, 96], [97, 97], [129, 128], [160, 224], [230, 70], [60, 300]])('%i × %i', async (rows, columns) => {
    await expectExact(random(rows, columns), rows, columns);
  });
});

describe('hostile matrices', () => {
  it('zero', async () => {
    expect([...(await expectExact(new Float32Array(40 * 50), 40, 50)).sigma]).toEqual(Array(40).fill(0));
  });
  it('one entry', async () => {
    const weight = new Float32Array(120 * 100);
    weight[4321] = -3;
    expect((await expectExact(weight, 120, 100)).sigma[0]).toBe(3);
  });
  it('all entries equal', async () => {
    expect((await expectExact(new Float32Array(110 * 130).fill(1), 110, 130)).sigma[0]).toBeCloseTo(Math.sqrt(110 * 130), 4);
  });
  it.each([1, 2, 50, 99])('rank %i of 100', async (rank) => {
    await expectExact(multiply(random(100, rank, 2), random(rank, 120, 3), 100, rank, 120), 100, 120);
  });
  it('the identity, and other repeated values', async () => {
    expect([...(await expectExact(diagonal(Array(140).fill(1)), 140, 140)).sigma]).toEqual(Array(140).fill(1));
    await expectExact(diagonal(Array.from({ length: 140 }, (_, i) => 1 + (i % 3))), 140, 140);
  });
  it('repeated values in a general basis', async () => {
    const { u, vt } = await decompose(random(130, 130, 4), 130, 130, backend);
    const values = Array.from({ length: 130 }, (_, i) => (i < 60 ? 2 : i < 120 ? 1 : 1e-3));
    const scaled = u.map((value, i) => value * values[i % 130]);
    const { sigma } = await expectExact(multiply(scaled, vt, 130, 130, 130), 130, 130);
    values.forEach((value, i) => expect(Math.abs(sigma[i] - value)).toBeLessThan(1e-6));
  });
  it('clustered values', async () => {
    const { u, vt } = await decompose(random(130, 130, 5), 130, 130, backend);
    const scaled = u.map((value, i) => value * (1 + (i % 130) * 1e-7));
    await expectExact(multiply(scaled, vt, 130, 130, 130), 130, 130);
  });
  it('columns and rows graded over fifteen decades', async () => {
    await expectExact(random(130, 130, 6).map((value, i) => value * 10 ** (-(i % 130) / 9)), 130, 130);
    await expectExact(random(130, 130, 7).map((value, i) => value * 10 ** (-Math.floor(i / 130) / 9)), 130, 130);
    await expectExact(diagonal(Array.from({ length: 100 }, (_, i) => 10 ** (-i / 7))), 100, 100);
  });
  it('nearly parallel columns', async () => {
    const noise = random(100, 100, 8);
    await expectExact(noise.map((value, i) => 1 + 1e-6 * value * ((i % 100) + 1)), 100, 100);
  });
  it('a Hilbert matrix', async () => {
    await expectExact(Float32Array.from({ length: 110 * 110 }, (_, i) => 1 / (1 + Math.floor(i / 110) + (i % 110))), 110, 110);
  });
  it.each([1e-30, 1e-18, 1e18, 1e34])('scale %f', async (scale) => {
    const plain = await decompose(random(70, 60), 70, 60, backend);
    const { sigma } = await expectExact(random(70, 60).map((value) => value * scale), 70, 60);
    expect(sigma[0] / scale / plain.sigma[0]).toBeCloseTo(1, 5);
  });
});

describe('what is refused', () => {
  it.each([NaN, Infinity, -Infinity])('%f, with its place', async (value) => {
    const weight = random(20, 30);
    weight[3 * 30 + 7] = value;
    await expect(decompose(weight, 20, 30, backend)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('row 3, column 7') as string });
  });
  it('singular values beyond single precision', async () => {
    await expect(decompose(new Float32Array(100 * 100).fill(1e38), 100, 100, backend)).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('one answer', () => {
  it('is the same to the bit twice, and signs are fixed by vt', async () => {
    const weight = random(150, 110, 9);
    const first = await decompose(weight, 150, 110, backend);
    expect(await decompose(weight, 150, 110, backend)).toEqual(first);
    const negated = await decompose(weight.map((value) => -value), 150, 110, backend);
    expect(Math.max(...negated.vt.map((value, i) => Math.abs(value - first.vt[i])))).toBeLessThan(1e-6);
    for (let r = 0; r < 110; r++) {
      const row = [...first.vt.subarray(r * 110, (r + 1) * 110)];
      expect(row.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a))).toBeGreaterThan(0);
    }
  });
  it('leaves its input alone', async () => {
    const weight = random(40, 40);
    const before = weight.slice();
    await decompose(weight, 40, 40, backend);
    expect(weight).toEqual(before);
  });
});
