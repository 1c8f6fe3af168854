/** Whether U Σ Vᵀ is the SVD of W, in the time of a few matrix-vector products. */
import { Random } from '../runtime/random.ts';
import type { Svd } from './decompose.ts';

export interface Residuals {
  /** ‖W x − U Σ Vᵀ x‖ / ‖W‖, about the relative Frobenius error: E‖E x‖² = ‖E‖² for normal x */
  reconstruction: number;
  /** ‖Uᵀ U y − y‖ / ‖y‖ */
  left: number;
  /** ‖Vᵀ V y − y‖ / ‖y‖ */
  right: number;
}

/** What the decomposition promises (decompose.ts); a sound one shows a hundredth of it. */
export const residualTolerance = 1e-5;

export const isSound = ({ reconstruction, left, right }: Residuals): boolean =>
  reconstruction <= residualTolerance && left <= residualTolerance && right <= residualTolerance;

/** @param weight [rows, columns] @param seed of the random x and y */
export function residuals(weight: Float32Array, rows: number, columns: number, { u, sigma, vt }: Svd, seed: number): Residuals {
  const rank = sigma.length;
  const random = new Random(seed);
  const x = Float64Array.from({ length: columns }, () => random.normal());
  const y = Float64Array.from({ length: rank }, () => random.normal());

  const expected = times(weight, rows, columns, x);
  const scaled = times(vt, rank, columns, x).map((value, i) => value * sigma[i]);
  const actual = times(u, rows, rank, scaled);
  let square = 0;
  for (let i = 0; i < weight.length; i++) square += weight[i] * weight[i];
  const norm = Math.sqrt(square);
  const error = distance(expected, actual);

  const left = timesTransposed(u, rows, rank, times(u, rows, rank, y));
  const right = times(vt, rank, columns, timesTransposed(vt, rank, columns, y));
  const length = Math.sqrt(y.reduce((sum, value) => sum + value * value, 0));
  return { reconstruction: norm === 0 ? error : error / norm, left: distance(left, y) / length, right: distance(right, y) / length };
}

function distance(a: Float64Array, b: Float64Array): number {
  let square = 0;
  for (let i = 0; i < a.length; i++) square += (a[i] - b[i]) ** 2;
  return Math.sqrt(square);
}

/** matrix [rows, columns] · x */
function times(matrix: Float32Array, rows: number, columns: number, x: Float64Array): Float64Array {
  const result = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const row = i * columns;
    let even = 0;
    let odd = 0;
    let j = 0;
    for (; j + 1 < columns; j += 2) {
      even += matrix[row + j] * x[j];
      odd += matrix[row + j + 1] * x[j + 1];
    }
    if (j < columns) even += matrix[row + j] * x[j];
    result[i] = even + odd;
  }
  return result;
}

/** matrix [rows, columns]ᵀ · x */
function timesTransposed(matrix: Float32Array, rows: number, columns: number, x: Float64Array): Float64Array {
  const result = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    const row = i * columns;
    const factor = x[i];
    for (let j = 0; j < columns; j++) result[j] += factor * matrix[row + j];
  }
  return result;
}
