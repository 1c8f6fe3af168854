/**
 * Eigen-decomposition of a symmetric tridiagonal matrix by divide and conquer (Cuppen 1981; deflation and stable
 * vectors as in LAPACK's dlaed2 and dlaed3): two halves are solved, a rank-one coupling joins them, and the joined
 * vectors are one matrix product per half. Leaves are solved by the implicit QL iteration.
 */
import type { Matrix } from '../runtime/products.ts';
import type { Arena } from './arena.ts';
import { implicitQl } from './implicit-ql.ts';
import { secularRoot } from './secular.ts';

export interface Eigen {
  /** ascending */
  values: Float64Array;
  /** [size, size], column i belongs to value i */
  vectors: Matrix;
}

const leafSize = 32;
const epsilon = Number.EPSILON;

export async function tridiagonalEigen(diagonal: Float64Array, offDiagonal: Float64Array, arena: Arena): Promise<Eigen> {
  const size = diagonal.length;
  if (size <= leafSize) return implicitQl(diagonal, offDiagonal);
  const half = size >> 1;
  const coupling = offDiagonal[half - 1];
  const top = diagonal.slice(0, half);
  const bottom = diagonal.slice(half);
  top[half - 1] -= Math.abs(coupling);
  bottom[0] -= Math.abs(coupling);
  const first = await tridiagonalEigen(top, offDiagonal.subarray(0, half - 1), arena);
  const second = await tridiagonalEigen(bottom, offDiagonal.subarray(half), arena);
  return join(first, second, coupling, arena);
}

interface Rotation { a: number; b: number; cosine: number; sine: number }

/** Eigen-decomposition of diag(first, second) + |coupling| v vᵀ, v = (last basis vector, ± first basis vector). */
async function join(first: Eigen, second: Eigen, coupling: number, arena: Arena): Promise<Eigen> {
  const n1 = first.values.length;
  const n2 = second.values.length;
  const size = n1 + n2;
  const d = new Float64Array(size);
  d.set(first.values);
  d.set(second.values, n1);
  const z = new Float64Array(size);
  const scale = Math.SQRT1_2;
  for (let i = 0; i < n1; i++) z[i] = scale * first.vectors.data[(n1 - 1) * n1 + i];
  for (let i = 0; i < n2; i++) z[n1 + i] = (coupling < 0 ? -scale : scale) * second.vectors.data[i];
  const rho = 2 * Math.abs(coupling);

  const { kept, rotations } = deflate(d, z, rho);
  const vectors = arena.take(kept.length ** 2);
  const roots = coupledVectors(d, z, rho, kept, vectors);

  // Columns of the joined basis: kept poles' roots and deflated values, ascending.
  const isKept = new Uint8Array(size);
  for (const index of kept) isKept[index] = 1;
  const columns: { value: number; root: number; index: number }[] = roots.map((value, root) => ({ value, root, index: -1 }));
  for (let index = 0; index < size; index++) if (!isKept[index]) columns.push({ value: d[index], root: -1, index });
  columns.sort((a, b) => a.value - b.value);

  const basis = arena.take(size * size).fill(0);
  columns.forEach(({ root, index }, column) => {
    if (root < 0) basis[index * size + column] = 1;
  });
  const columnOfRoot = new Int32Array(kept.length);
  columns.forEach(({ root }, column) => {
    if (root >= 0) columnOfRoot[root] = column;
  });
  scatterTransposed(basis, size, vectors, kept, columnOfRoot);
  for (let i = rotations.length - 1; i >= 0; i--) rotateRows(basis, size, rotations[i]);

  const joined = arena.take(size * size);
  const upper: Matrix = { data: basis.subarray(0, n1 * size), rows: n1, columns: size };
  const lower: Matrix = { data: basis.subarray(n1 * size), rows: n2, columns: size };
  await arena.product(first.vectors, upper, { into: joined.subarray(0, n1 * size) });
  await arena.product(second.vectors, lower, { into: joined.subarray(n1 * size) });
  arena.give(vectors, basis, first.vectors, second.vectors);
  return { values: Float64Array.from(columns, ({ value }) => value), vectors: { data: joined, rows: size, columns: size } };
}

/**
 * Takes out what the coupling does not move: entries of z that are negligible, and one of each pair of poles that are
 * as good as equal, after a rotation that puts all of their z into the other. Changes d and z.
 */
function deflate(d: Float64Array, z: Float64Array, rho: number): { kept: number[]; rotations: Rotation[] } {
  const order = [...d.keys()].sort((a, b) => d[a] - d[b]);
  let largest = 0;
  for (let i = 0; i < d.length; i++) largest = Math.max(largest, Math.abs(d[i]), Math.abs(z[i]) * rho);
  const tolerance = 8 * epsilon * largest;
  const kept: number[] = [];
  const rotations: Rotation[] = [];
  let previous = -1;
  for (const index of order) {
    if (rho * Math.abs(z[index]) <= tolerance) continue;
    if (previous >= 0) {
      const length = Math.hypot(z[previous], z[index]);
      const cosine = z[index] / length;
      const sine = -z[previous] / length;
      if (Math.abs((d[index] - d[previous]) * cosine * sine) <= tolerance) {
        rotations.push({ a: previous, b: index, cosine, sine });
        z[index] = length;
        z[previous] = 0;
        const low = d[previous] * cosine * cosine + d[index] * sine * sine;
        d[index] = d[previous] * sine * sine + d[index] * cosine * cosine;
        d[previous] = low;
      } else kept.push(previous);
    }
    previous = index;
  }
  if (previous >= 0) kept.push(previous);
  return { kept, rotations };
}

/**
 * Roots of the secular equation over the kept poles; `vectors` receives the eigenvectors of diag + ρ ẑ ẑᵀ, row by row, where ẑ is the
 * vector for which the computed roots are exact (Löwner's formula): orthogonal however close the roots are.
 */
function coupledVectors(d: Float64Array, z: Float64Array, rho: number, kept: readonly number[], vectors: Float64Array): number[] {
  const k = kept.length;
  const poles = Float64Array.from(kept, (index) => d[index]);
  const weights = Float64Array.from(kept, (index) => rho * z[index] * z[index]);
  const roots: number[] = [];
  const squares = new Float64Array(k).fill(1);
  for (let i = 0; i < k; i++) {
    const differences = vectors.subarray(i * k, (i + 1) * k);
    roots.push(secularRoot(poles, weights, i, differences));
    const pole = poles[i];
    for (let j = 0; j < i; j++) squares[j] *= differences[j] / (poles[j] - pole);
    squares[i] *= -differences[i];
    for (let j = i + 1; j < k; j++) squares[j] *= differences[j] / (poles[j] - pole);
  }
  const exact = new Float64Array(k);
  for (let j = 0; j < k; j++) exact[j] = Math.sqrt(Math.abs(squares[j])) * (z[kept[j]] < 0 ? -1 : 1);
  for (let i = 0; i < k; i++) {
    const row = vectors.subarray(i * k, (i + 1) * k);
    let norm = 0;
    for (let j = 0; j < k; j++) {
      const value = exact[j] / row[j];
      row[j] = value;
      norm += value * value;
    }
    const scale = 1 / Math.sqrt(norm);
    for (let j = 0; j < k; j++) row[j] *= scale;
  }
  return roots;
}

/** basis[kept[j]][columnOfRoot[i]] = vectors[i][j], in tiles. */
function scatterTransposed(basis: Float64Array, size: number, vectors: Float64Array, kept: readonly number[], columnOfRoot: Int32Array): void {
  const k = kept.length;
  const tile = 16;
  for (let i0 = 0; i0 < k; i0 += tile) {
    const i1 = Math.min(i0 + tile, k);
    for (let j = 0; j < k; j++) {
      const row = kept[j] * size;
      for (let i = i0; i < i1; i++) basis[row + columnOfRoot[i]] = vectors[i * k + j];
    }
  }
}

function rotateRows(basis: Float64Array, size: number, { a, b, cosine, sine }: Rotation): void {
  const first = basis.subarray(a * size, (a + 1) * size);
  const second = basis.subarray(b * size, (b + 1) * size);
  for (let i = 0; i < size; i++) {
    const x = first[i];
    const y = second[i];
    first[i] = cosine * x - sine * y;
    second[i] = sine * x + cosine * y;
  }
}
