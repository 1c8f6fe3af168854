/**
 * Thin singular value decomposition W = U Σ Vᵀ by matrix products (docs/decisions/0003-svd-by-matrix-products.md):
 *
 *   decompose.ts           the door: checks, orientation, scale, signs
 *   gram-svd.ts            WᵀW in double precision, its eigenvectors V, U = W V Σ⁻¹, and the small singular values
 *   tridiagonalise.ts      symmetric → tridiagonal, and back
 *   tridiagonal-eigen.ts   divide and conquer
 *   secular.ts             its scalar equation
 *   implicit-ql.ts         its leaves
 *   kernels.ts             vector loops
 *   cache.ts               the SVD cache of a model
 */
import { SingularError } from '../../shared/errors.ts';
import type { MatrixBackend } from '../runtime/products.ts';
import { Arena } from './arena.ts';
import { gramSvd } from './gram-svd.ts';
import { transposeInto } from './kernels.ts';

export interface Svd {
  /** [rows, rank], orthonormal columns */
  u: Float32Array;
  /** [rank], descending, not negative */
  sigma: Float32Array;
  /** [rank, columns], orthonormal rows; the first of each row's largest entries in magnitude is positive */
  vt: Float32Array;
}

/**
 * Thin SVD of `weight` [rows, columns], rank = min(rows, columns), to single precision.
 * @throws SingularError `bad-input` for a value that is not finite, naming its place
 */
export async function decompose(weight: Float32Array, rows: number, columns: number, backend: MatrixBackend): Promise<Svd> {
  if (weight.length !== rows * columns || rows < 1 || columns < 1) throw new Error(`decompose: ${weight.length} numbers for [${rows}, ${columns}]`);
  const scale = powerOfTwoScale(weight, columns);
  const isWide = columns > rows;
  const long = isWide ? columns : rows;
  const rank = isWide ? rows : columns;

  const arena = arenaOf(backend);
  const matrix = arena.take(weight.length);
  if (isWide) transposeInto(matrix, weight, rows, columns);
  else matrix.set(weight);
  for (let i = 0; i < matrix.length; i++) matrix[i] *= scale;
  const { left, values, right } = await gramSvd({ data: matrix, rows: long, columns: rank }, arena);

  // Descending, with right vectors as rows: `order` walks the values from the largest.
  const order = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);
  const sigma = Float32Array.from(order, (i) => values[i] / scale);
  if (!Number.isFinite(sigma[0])) throw new SingularError('bad-input', `The weights are too large: a singular value passes the range of single precision (${values[order[0]] / scale}).`);
  const isSorted = order.every((from, to) => from === to);
  const sortedLeft = isSorted ? left : permuteColumns(left, long, rank, order);
  const sortedRight = isSorted ? right : permuteColumns(right, rank, rank, order);
  const u = new Float32Array(rows * rank);
  const vt = new Float32Array(rank * columns);
  if (isWide) {
    u.set(sortedRight);
    transposeInto(vt, sortedLeft, columns, rank);
  } else {
    u.set(sortedLeft);
    transposeInto(vt, sortedRight, columns, rank);
  }
  arena.give(matrix, left, right);
  fixSigns(u, vt, rows, rank, columns);
  return { u, sigma, vt };
}

/** Memory is kept from one matrix to the next for as long as the backend lives. */
const arenas = new WeakMap<MatrixBackend, Arena>();
function arenaOf(backend: MatrixBackend): Arena {
  let arena = arenas.get(backend);
  if (!arena) arenas.set(backend, (arena = new Arena(backend)));
  return arena;
}

/** A power of two that brings the largest entry to [1, 2): exact, and squares neither vanish nor overflow. */
function powerOfTwoScale(weight: Float32Array, columns: number): number {
  let largest = 0;
  for (let i = 0; i < weight.length; i++) {
    const magnitude = Math.abs(weight[i]);
    if (!(magnitude < Infinity)) {
      throw new SingularError('bad-input', `A weight is not a finite number: ${weight[i]} at row ${Math.floor(i / columns)}, column ${i % columns}.`);
    }
    if (magnitude > largest) largest = magnitude;
  }
  return largest === 0 ? 1 : 2 ** -Math.floor(Math.log2(largest));
}

function permuteColumns(matrix: Float64Array, rows: number, columns: number, order: readonly number[]): Float64Array {
  const result = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[i * columns + j] = matrix[i * columns + order[j]];
  return result;
}

/** An SVD is unique only up to the sign of each pair of vectors; this fixes it. */
function fixSigns(u: Float32Array, vt: Float32Array, rows: number, rank: number, columns: number): void {
  const sign = new Float32Array(rank);
  for (let r = 0; r < rank; r++) {
    let largest = 0;
    for (let i = r * columns; i < (r + 1) * columns; i++) if (Math.abs(vt[i]) > Math.abs(largest)) largest = vt[i];
    sign[r] = largest < 0 ? -1 : 1;
    if (largest < 0) for (let i = r * columns; i < (r + 1) * columns; i++) vt[i] = -vt[i];
  }
  for (let i = 0; i < rows; i++) for (let r = 0; r < rank; r++) u[i * rank + r] *= sign[r];
}
