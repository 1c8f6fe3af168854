import { afterAll, describe, expect, it } from 'vitest';
import { openProducts } from '../runtime/products.ts';
import { Arena } from './arena.ts';
import { normals } from '../testing/seeded.ts';
import { secularRoot } from './secular.ts';
import { tridiagonalEigen } from './tridiagonal-eigen.ts';

const backend = openProducts({ threads: 2 });
const arena = new Arena(backend);
afterAll(() => backend.release());

describe('divide and conquer', () => {
  /** Largest entries of T Q − Q Λ and QᵀQ − I, relative to ‖T‖. */
  async function expectEigen(diagonal: number[], offDiagonal: number[]): Promise<Float64Array> {
    const n = diagonal.length;
    const { values, vectors: { data: q } } = await tridiagonalEigen(Float64Array.from(diagonal), Float64Array.from(offDiagonal), arena);
    const norm = Math.max(1e-300, ...diagonal.map((d, i) => Math.abs(d) + Math.abs(offDiagonal[i] ?? 0) + Math.abs(offDiagonal[i - 1] ?? 0)));
    let residual = 0;
    let departure = 0;
    for (let c = 0; c < n; c++) {
      if (c > 0) expect(values[c]).toBeGreaterThanOrEqual(values[c - 1]);
      for (let i = 0; i < n; i++) {
        const below = i > 0 ? offDiagonal[i - 1] * q[(i - 1) * n + c] : 0;
        const above = i < n - 1 ? offDiagonal[i] * q[(i + 1) * n + c] : 0;
        residual = Math.max(residual, Math.abs(below + diagonal[i] * q[i * n + c] + above - values[c] * q[i * n + c]) / norm);
      }
      for (let b = 0; b <= c; b++) {
        let inner = 0;
        for (let i = 0; i < n; i++) inner += q[i * n + b] * q[i * n + c];
        departure = Math.max(departure, Math.abs(inner - (b === c ? 1 : 0)));
      }
    }
    expect(residual).toBeLessThan(1e-13);
    expect(departure).toBeLessThan(1e-13);
    return values;
  }
  const random = (length: number, seed: number): number[] => Array.from({ length }, normals(seed));

  it.each([1, 2, 31, 32, 33, 65, 130, 260])('random, %i', async (n) => {
    await expectEigen(random(n, 1), random(n - 1, 2));
  });
  it('of −1, 2, −1 has the known values', async () => {
    const n = 200;
    const values = await expectEigen(Array<number>(n).fill(2), Array<number>(n - 1).fill(-1));
    values.forEach((value, i) => expect(Math.abs(value - 4 * Math.sin(((i + 1) * Math.PI) / (2 * (n + 1))) ** 2)).toBeLessThan(1e-13));
  });
  it('Wilkinson’s pairs', async () => {
    await expectEigen(Array.from({ length: 201 }, (_, i) => Math.abs(i - 100)), Array<number>(200).fill(1));
  });
  it('glued pairs: every value nearly four times', async () => {
    const one = Array.from({ length: 41 }, (_, i) => Math.abs(i - 20));
    const off = Array.from({ length: 163 }, (_, i) => (i % 41 === 40 ? 1e-9 : 1));
    await expectEigen([...one, ...one, ...one, ...one], off);
  });
  it('zero, diagonal, decoupled and graded', async () => {
    await expectEigen(Array<number>(100).fill(0), Array<number>(99).fill(0));
    await expectEigen(random(100, 3), Array<number>(99).fill(0));
    await expectEigen(random(100, 3), random(99, 4).map((value, i) => (i % 3 ? value : 0)));
    await expectEigen(random(120, 5).map((value, i) => value * 10 ** (-i / 4)), random(119, 6).map((value, i) => value * 10 ** (-i / 4)));
    await expectEigen(Array<number>(100).fill(1), Array<number>(99).fill(1e-200));
  });
});

describe('a root of the secular equation', () => {
  it('lies in its interval and solves it, for poles that nearly touch and weights of any size', () => {
    const random = normals(7);
    for (let trial = 0; trial < 200; trial++) {
      const k = 1 + (trial % 12);
      const poles = new Float64Array(k);
      for (let i = 1; i < k; i++) poles[i] = poles[i - 1] + 10 ** (-5 + 2 * random());
      const weights = Float64Array.from({ length: k }, () => 10 ** (-4 + 3 * random()));
      const total = weights.reduce((a, b) => a + b, 0);
      const differences = new Float64Array(k);
      for (let i = 0; i < k; i++) {
        const root = secularRoot(poles, weights, i, differences);
        expect(root).toBeGreaterThanOrEqual(poles[i]);
        expect(root).toBeLessThanOrEqual(i < k - 1 ? poles[i + 1] : poles[i] + total * (1 + 1e-7));
        let value = 1;
        let size = 1;
        for (let j = 0; j < k; j++) {
          value += weights[j] / differences[j];
          size += Math.abs(weights[j] / differences[j]);
        }
        // The differences are exact to rounding, so that f is zero to rounding too.
        expect(Math.abs(value)).toBeLessThan(1e-11 * size);
      }
    }
  });
});
