/**
 * SVD of a tall matrix from the eigenvectors of its Gram matrix, in double precision: G = AᵀA = V Λ Vᵀ, A V = U Σ.
 *
 * Squaring halves the digits: V is accurate to ε ‖A‖² / σ, so only the columns of A V with σ ≥ 10⁻⁴ ‖A‖ are
 * orthogonal to 10⁻⁷. The others are projected against those and decomposed again by themselves, at their own scale;
 * a matrix of full numerical rank ends there or after one more round. What is left at rounding level has no direction
 * of its own: its singular values are 0 and its left vectors any completion of the basis.
 */
import type { Matrix, MatrixBackend } from '../runtime/products.ts';
import { seededNormals } from './normals.ts';
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

/** @param a rows ≥ columns, entries of order one, finite */
export async function gramSvd(a: Matrix, backend: MatrixBackend): Promise<GramSvd> {
  const { rows, columns } = a;
  const left = new Float64Array(rows * columns);
  const values = new Float64Array(columns);
  let right: Matrix | undefined;
  let current = a;
  let done = 0;
  let floor = 0;
  while (done < columns) {
    const width = current.columns;
    const { basis, image, norms } = await principalColumns(current, backend);
    if (done === 0) floor = norms[0] * noiseShare;
    right = right ? await rotateTail(right, done, basis, backend) : basis;
    const largest = norms[0];
    if (!(largest > floor)) break;
    let accurate = 1;
    while (accurate < width && norms[accurate] >= accurateShare * largest) accurate++;
    for (let j = 0; j < accurate; j++) values[done + j] = norms[j];
    putColumns(left, columns, done, image, 0, accurate, norms);
    done += accurate;
    if (done < columns) {
      const rest: Matrix = { data: new Float64Array(rows * (columns - done)), rows, columns: columns - done };
      takeColumns(rest.data, image, accurate);
      current = await projectOut(left, columns, done, rest, backend);
    }
  }
  if (done < columns) await complete(left, rows, columns, done, backend);
  if (!right) throw new Error('a matrix without columns');
  return { left, values, right: right.data };
}

/** Eigenvectors of AᵀA, descending, A times them, and the norms of those columns (near descending). */
async function principalColumns(a: Matrix, backend: MatrixBackend): Promise<{ basis: Matrix; image: Matrix; norms: Float64Array }> {
  const n = a.columns;
  const reduction = openReduction(n);
  await backend.product(a, a, { transposeA: true, into: reduction.matrix });
  const tridiagonal = await tridiagonalise(reduction, backend);
  const { vectors } = await tridiagonalEigen(tridiagonal.diagonal, tridiagonal.offDiagonal, backend);
  reverseColumns(vectors);
  await applyReflectors(tridiagonal, vectors, backend);
  const image = await backend.product(a, vectors);
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

/** rest − U Uᵀ rest, twice: once is not enough where rest lies almost in U. */
async function projectOut(left: Float64Array, columns: number, done: number, rest: Matrix, backend: MatrixBackend): Promise<Matrix> {
  const rows = rest.rows;
  const known: Matrix = { data: new Float64Array(rows * done), rows, columns: done };
  for (let i = 0; i < rows; i++) known.data.set(left.subarray(i * columns, i * columns + done), i * done);
  for (let pass = 0; pass < 2; pass++) {
    const overlap = await backend.product(known, rest, { transposeA: true });
    await backend.product(known, overlap, { from: rest, into: rest.data });
  }
  return rest;
}

/** right[:, done..] ← right[:, done..] · rotation */
async function rotateTail(right: Matrix, done: number, rotation: Matrix, backend: MatrixBackend): Promise<Matrix> {
  const n = right.columns;
  const tail: Matrix = { data: new Float64Array(right.rows * (n - done)), rows: right.rows, columns: n - done };
  takeColumns(tail.data, right, done);
  const rotated = await backend.product(tail, rotation);
  for (let i = 0; i < right.rows; i++) right.data.set(rotated.data.subarray(i * (n - done), (i + 1) * (n - done)), i * n + done);
  return right;
}

/** Fills columns done.. of `left` with an orthonormal basis of (part of) the complement of the columns before. */
async function complete(left: Float64Array, rows: number, columns: number, done: number, backend: MatrixBackend): Promise<void> {
  if (done === 0) {
    for (let j = 0; j < columns; j++) left[j * columns + j] = 1;
    return;
  }
  const width = columns - done;
  const random = seededNormals(0x5eed);
  const block: Matrix = { data: Float64Array.from({ length: rows * width }, random), rows, columns: width };
  const projected = await projectOut(left, columns, done, block, backend);
  const { left: basis } = await gramSvd(projected, backend);
  for (let i = 0; i < rows; i++) left.set(basis.subarray(i * width, (i + 1) * width), i * columns + done);
}
