/**
 * Symmetric A → tridiagonal T = Qᵀ A Q by Householder reflectors, a panel at a time (LAPACK's dsytrd and dlatrd):
 * inside a panel each reflector needs one product of the panel's starting matrix with a vector, and the whole panel is
 * then taken out of the trailing matrix as one product A ← A − V Wᵀ − W Vᵀ.
 */
import type { Matrix } from '../runtime/products.ts';
import type { Arena } from './arena.ts';
import { householder } from './kernels.ts';
import type { VectorKernels, VectorWorkspace } from './vector-kernels.ts';

export interface Tridiagonal {
  size: number;
  diagonal: Float64Array;
  /** size − 1 numbers */
  offDiagonal: Float64Array;
  /** reflector i is row i, size numbers, zero up to and including column i; Q = H₀ H₁ … */
  reflectors: Float64Array;
  tau: Float64Array;
}

const panelWidth = 32;
/** Below this the trailing matrix stays in cache and a call costs more than its arithmetic. */
const unblockedSize = 96;

/** The memory of a reduction: `matrix` is where the caller puts A; the rest is laid out behind it. */
export interface Reduction { size: number; matrix: Float64Array; layout: Layout; workspace: VectorWorkspace }

interface Layout {
  numbers: Float64Array;
  kernels: VectorKernels;
  /** numbers from one panel vector to the next; each ends in zeros */
  stride: number;
  /** v and w of the panel's reflector c are the panel vectors 2c and 2c + 1, over the coordinates of the trailing matrix */
  pairs: number;
  column: number;
  image: number;
  coefficients: number;
}

export function openReduction(size: number, arena: Arena): Reduction {
  const stride = size + 8;
  const pairs = size * size;
  const column = pairs + 2 * panelWidth * stride;
  const image = column + stride;
  const coefficients = image + stride;
  const workspace = arena.takeWorkspace(coefficients + 2 * panelWidth);
  const { numbers, kernels } = workspace;
  return { size, workspace, matrix: numbers.subarray(0, size * size), layout: { numbers, kernels, stride, pairs, column, image, coefficients } };
}

/** Reduces the symmetric matrix that lies in `reduction` (both halves), and ends the reduction. */
export async function tridiagonalise(reduction: Reduction, arena: Arena): Promise<Tridiagonal> {
  const { size, layout } = reduction;
  const result: Tridiagonal = {
    size,
    diagonal: new Float64Array(size),
    offDiagonal: new Float64Array(Math.max(size - 1, 0)),
    reflectors: arena.take(Math.max(size - 1, 0) * size).fill(0),
    tau: new Float64Array(Math.max(size - 1, 0)),
  };
  let rows = size;
  for (; rows > unblockedSize; rows -= panelWidth) {
    reducePanel(rows, layout, result);
    await updateTrailing(rows, layout, arena);
  }
  reduceRest(layout.numbers.subarray(0, rows * rows), rows, result);
  arena.giveWorkspace(reduction.workspace);
  return result;
}

/** Reduces the first `panelWidth` columns of the trailing matrix [m, m]; their v and w stay in `pairs`. */
function reducePanel(m: number, { numbers, kernels, stride, pairs, column, image, coefficients }: Layout, result: Tridiagonal): void {
  const offset = result.size - m;
  numbers.fill(0, pairs, coefficients);
  const v = numbers.subarray(column, column + m);
  const w = numbers.subarray(image, image + m);
  const factors = numbers.subarray(coefficients, coefficients + 2 * panelWidth);
  for (let j = 0; j < panelWidth; j++) {
    // Panel vectors so far, rounded up to a group of four: the ones that follow are zero.
    const known = Math.ceil(j / 2) * 4;
    v.fill(0, 0, j);
    v.set(numbers.subarray(j * m + j, (j + 1) * m), j);
    for (let c = 0; c < known; c++) factors[c] = numbers[pairs + (c ^ 1) * stride + j];
    const from = Math.floor(j / 4) * 4;
    const length = 8 * (m - from);
    kernels.subtractRows(8 * (pairs + from), 8 * stride, known, 8 * (column + from), length, 8 * coefficients);
    result.diagonal[offset + j] = v[j];
    v.fill(0, 0, j + 1);
    const { beta, tau } = householder(v, j + 1, m);
    result.offDiagonal[offset + j] = beta;
    result.tau[offset + j] = tau;
    result.reflectors.set(v.subarray(j + 1), (offset + j) * result.size + offset + j + 1);

    // w = τ (A v − V Wᵀv − W Vᵀv), less its part along v
    trailingProduct(m, j + 1, numbers, kernels, column, image);
    kernels.dotRows(8 * (pairs + from), 8 * stride, known, 8 * (column + from), length, 8 * coefficients);
    for (let c = 0; c < known; c += 2) {
      const first = factors[c];
      factors[c] = factors[c + 1];
      factors[c + 1] = first;
    }
    kernels.subtractRows(8 * (pairs + from), 8 * stride, known, 8 * (image + from), length, 8 * coefficients);
    let inner = 0;
    for (let i = j + 1; i < m; i++) inner += w[i] * v[i];
    const shift = 0.5 * tau * tau * inner;
    w.fill(0, 0, j + 1);
    for (let i = j + 1; i < m; i++) w[i] = tau * w[i] - shift * v[i];
    numbers.set(v, pairs + 2 * j * stride);
    numbers.set(w, pairs + (2 * j + 1) * stride);
  }
}

/** numbers[image..] = A v over the coordinates from `from`, for v at `column`. The last rows are no whole group of four. */
function trailingProduct(m: number, from: number, numbers: Float64Array, kernels: VectorKernels, column: number, image: number): void {
  numbers.fill(0, image, image + m);
  const groups = (m - from) >> 2;
  kernels.symmetricProduct(8 * (from * m + from), 8 * m, groups, 8 * (column + from), 8 * (image + from));
  for (let i = from + 4 * groups; i < m; i++) {
    const row = i * m;
    const factor = numbers[column + i];
    let sum = numbers[row + i] * factor;
    for (let k = from; k < i; k++) {
      sum += numbers[row + k] * numbers[column + k];
      numbers[image + k] += numbers[row + k] * factor;
    }
    numbers[image + i] += sum;
  }
}

/** A ← A − V Wᵀ − W Vᵀ without its first `panelWidth` rows and columns, moved to the front of the memory. */
async function updateTrailing(m: number, { numbers, stride, pairs }: Layout, arena: Arena): Promise<void> {
  const rest = m - panelWidth;
  for (let i = 0; i < rest; i++) {
    const begin = (i + panelWidth) * m + panelWidth;
    numbers.copyWithin(i * rest, begin, begin + rest);
  }
  const left = arena.matrix(2 * panelWidth, rest);
  const right = arena.matrix(2 * panelWidth, rest);
  for (let c = 0; c < 2 * panelWidth; c++) {
    const row = numbers.subarray(pairs + c * stride + panelWidth, pairs + c * stride + m);
    left.data.set(row, c * rest);
    right.data.set(row, (c ^ 1) * rest);
  }
  const trailing: Matrix = { data: numbers.subarray(0, rest * rest), rows: rest, columns: rest };
  await arena.product(left, right, { transposeA: true, from: trailing, into: trailing.data });
  arena.give(left, right);
}

/** The last, small part: the same, with the rank-two update made at once. */
function reduceRest(data: Float64Array, m: number, result: Tridiagonal): void {
  const offset = result.size - m;
  const w = new Float64Array(m);
  for (let j = 0; j < m; j++) {
    const column = data.subarray(j * m, (j + 1) * m);
    result.diagonal[offset + j] = column[j];
    if (j === m - 1) break;
    const { beta, tau } = householder(column, j + 1, m);
    result.offDiagonal[offset + j] = beta;
    result.tau[offset + j] = tau;
    result.reflectors.set(column.subarray(j + 1), (offset + j) * result.size + offset + j + 1);
    let inner = 0;
    for (let i = j + 1; i < m; i++) {
      const row = i * m;
      let sum = 0;
      for (let k = j + 1; k < m; k++) sum += data[row + k] * column[k];
      w[i] = sum;
      inner += sum * column[i];
    }
    const shift = 0.5 * tau * tau * inner;
    for (let i = j + 1; i < m; i++) w[i] = tau * w[i] - shift * column[i];
    for (let i = j + 1; i < m; i++) {
      const row = i * m;
      const vi = column[i];
      const wi = w[i];
      for (let k = j + 1; k < m; k++) data[row + k] -= vi * w[k] + wi * column[k];
    }
  }
}

/** Reflectors applied together. */
const blockWidth = 128;

/**
 * Q X for the reflectors of T, in place: blocks I − Vᵀ T V (compact WY form, T upper triangular), last block first.
 * @param x [size, any], overwritten
 */
export async function applyReflectors({ size, reflectors, tau }: Tridiagonal, x: Matrix, arena: Arena): Promise<void> {
  const count = Math.max(size - 1, 0);
  for (let first = Math.floor(Math.max(count - 1, 0) / blockWidth) * blockWidth; first >= 0; first -= blockWidth) {
    const width = Math.min(blockWidth, count - first);
    if (width <= 0) continue;
    const length = size - first - 1;
    const v = arena.matrix(width, length);
    for (let c = 0; c < width; c++) {
      const row = (first + c) * size;
      v.data.set(reflectors.subarray(row + first + 1, row + size), c * length);
    }
    const gram = await arena.product(v, v, { transposeB: true });
    const t = compactFactor(gram.data, tau.subarray(first, first + width), width);
    const part: Matrix = { data: x.data.subarray((first + 1) * x.columns), rows: length, columns: x.columns };
    const overlap = await arena.product(v, part);
    const coefficients = await arena.product(t, overlap);
    await arena.product(v, coefficients, { transposeA: true, from: part, into: part.data });
    arena.give(v, gram, overlap, coefficients);
  }
}

/** T of the compact WY form: T[j][j] = τ_j, T[0..j, j] = −τ_j T[0..j, 0..j] (V v_j)[0..j]. */
function compactFactor(gram: Float64Array, tau: Float64Array, width: number): Matrix {
  const t = new Float64Array(width * width);
  for (let j = 0; j < width; j++) {
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let k = i; k < j; k++) sum += t[i * width + k] * gram[k * width + j];
      t[i * width + j] = -tau[j] * sum;
    }
    t[j * width + j] = tau[j];
  }
  return { data: t, rows: width, columns: width };
}
