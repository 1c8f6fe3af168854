/**
 * SVD of a tall matrix from the eigenvectors of its Gram matrix, in double precision: G = AᵀA = V Λ Vᵀ, A V = U Σ.
 *
 * Squaring halves the digits: V is accurate to ε ‖A‖² / σ, so only the columns of A V with σ ≥ 10⁻⁴ ‖A‖ are
 * orthogonal to 10⁻⁷. The others are projected against those and decomposed again by themselves, at their own scale;
 * a matrix of full numerical rank ends there or after one more round. What is left at rounding level has no direction
 * of its own: its singular values are 0 and its left vectors any completion of the basis.
 */
import type { Matrix } from '../runtime/products.ts';
import { Random } from '../runtime/random.ts';
import type { Arena } from './arena.ts';
import { applyReflectors, openReduction, tridiagonalise } from './tridiagonalise.ts';
import { tridiagonalEigen } from './tridiagonal-eigen.ts';

export interface GramSvd {
  /** [rows, columns] */
  left: Float64Array;
  /** [columns], about descending */
  values: Float64Array;
  /** [columns, columns], column i belongs to value i */
  right: Float64Array;
}

/** Columns this much smaller than the largest are decomposed by themselves. */
const accurateShare = 1e-4;
/** Below this share of the whole matrix's norm a column is rounding noise of double precision. */
const noiseShare = 1e-13;

/** @param a rows ≥ columns, entries of order one, finite. `left` and `right` of the result are the arena's */
export async function gramSvd(a: Matrix, arena: Arena): Promise<GramSvd> {
  const { rows, columns } = a;
  const left = arena.take(rows * columns);
  const values = new Float64Array(columns);
  let right: Matrix | undefined;
  let current = a;
  let done = 0;
  let floor = 0;
  while (done < columns) {
    const width = current.columns;
    const { basis, image, norms } = await principalColumns(current, arena);
    if (done === 0) floor = norms[0] * noiseShare;
    right = right ? await rotateTail(right, done, basis, arena) : basis;
    const largest = norms[0];
    if (!(largest > floor)) {
      arena.give(image);
      break;
    }
    let accurate = 1;
    while (accurate < width && norms[accurate] >= accurateShare * largest) accurate++;
    for (let j = 0; j < accurate; j++) values[done + j] = norms[j];
    putColumns(left, columns, done, image, 0, accurate, norms);
    done += accurate;
    if (done < columns) {
      const rest = arena.matrix(rows, columns - done);
      takeColumns(rest.data, image, accurate);
      await projectOut(left, columns, done, rest, arena);
      if (current !== a) arena.give(current);
      current = rest;
    }
    arena.give(image);
  }
  if (current !== a) arena.give(current);
  if (done < columns) await complete(left, rows, columns, done, arena);
  if (!right) throw new Error('a matrix without columns');
  return { left, values, right: right.data };
}

/** Eigenvectors of AᵀA, descending, A times them, and the norms of those columns (near descending). */
async function principalColumns(a: Matrix, arena: Arena): Promise<{ basis: Matrix; image: Matrix; norms: Float64Array }> {
  const n = a.columns;
  const reduction = openReduction(n, arena);
  await arena.product(a, a, { transposeA: true, into: reduction.matrix });
  const tridiagonal = await tridiagonalise(reduction, arena);
  const { vectors } = await tridiagonalEigen(tridiagonal.diagonal, tridiagonal.offDiagonal, arena);
  reverseColumns(vectors);
  await applyReflectors(tridiagonal, vectors, arena);
  arena.give(tridiagonal.reflectors);
  const image = await arena.product(a, vectors);
  const norms = new Float64Array(n);
  for (let i = 0; i < a.rows; i++) {
    const row = i * n;
    for (let j = 0; j < n; j++) norms[j] += image.data[row + j] * image.data[row + j];
  }
  for (let j = 0; j < n; j++) norms[j] = Math.sqrt(norms[j]);
  return { basis: vectors, image, norms };
}

function reverseColumns({ data, rows, columns }: Matrix): void {
  for (let i = 0; i < rows; i++) data.subarray(i * columns, (i + 1) * columns).reverse();
}

/** left[:, to..to+count) = image[:, from..from+count) / norms */
function putColumns(left: Float64Array, columns: number, to: number, image: Matrix, from: number, count: number, norms: Float64Array): void {
  const inverse = Float64Array.from(norms.subarray(from, from + count), (norm) => 1 / norm);
  for (let i = 0; i < image.rows; i++) {
    const source = i * image.columns + from;
    const target = i * columns + to;
    for (let j = 0; j < count; j++) left[target + j] = image.data[source + j] * inverse[j];
  }
}

function takeColumns(target: Float64Array, source: Matrix, from: number): void {
  const width = source.columns - from;
  for (let i = 0; i < source.rows; i++) target.set(source.data.subarray(i * source.columns + from, (i + 1) * source.columns), i * width);
}

/** rest ← rest − U Uᵀ rest, twice: once is not enough where rest lies almost in U. */
async function projectOut(left: Float64Array, columns: number, done: number, rest: Matrix, arena: Arena): Promise<void> {
  const rows = rest.rows;
  const known = arena.matrix(rows, done);
  for (let i = 0; i < rows; i++) known.data.set(left.subarray(i * columns, i * columns + done), i * done);
  for (let pass = 0; pass < 2; pass++) {
    const overlap = await arena.product(known, rest, { transposeA: true });
    await arena.product(known, overlap, { from: rest, into: rest.data });
    arena.give(overlap);
  }
  arena.give(known);
}

/** right[:, done..] ← right[:, done..] · rotation */
async function rotateTail(right: Matrix, done: number, rotation: Matrix, arena: Arena): Promise<Matrix> {
  const n = right.columns;
  const tail = arena.matrix(right.rows, n - done);
  takeColumns(tail.data, right, done);
  const rotated = await arena.product(tail, rotation);
  for (let i = 0; i < right.rows; i++) right.data.set(rotated.data.subarray(i * (n - done), (i + 1) * (n - done)), i * n + done);
  arena.give(tail, rotated, rotation);
  return right;
}

/** Fills columns done.. of `left` with an orthonormal basis of (part of) the complement of the columns before. */
async function complete(left: Float64Array, rows: number, columns: number, done: number, arena: Arena): Promise<void> {
  if (done === 0) {
    left.fill(0);
    for (let j = 0; j < columns; j++) left[j * columns + j] = 1;
    return;
  }
  const width = columns - done;
  const random = new Random(0x5eed);
  const block: Matrix = { data: Float64Array.from({ length: rows * width }, () => random.normal()), rows, columns: width };
  await projectOut(left, columns, done, block, arena);
  const { left: basis, right } = await gramSvd(block, arena);
  for (let i = 0; i < rows; i++) left.set(basis.subarray(i * width, (i + 1) * width), i * columns + done);
  arena.give(basis, right);
}
