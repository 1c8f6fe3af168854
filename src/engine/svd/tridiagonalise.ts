/**
 * Symmetric A → tridiagonal T = Qᵀ A Q by Householder reflectors, a panel at a time (LAPACK's dsytrd and dlatrd):
 * inside a panel each reflector needs one product of the panel's starting matrix with a vector, and the whole panel is
 * then taken out of the trailing matrix as one product A ← A − V Wᵀ − W Vᵀ.
 */
import type { Matrix, MatrixBackend } from '../runtime/products.ts';
import { dotRows, householder, subtractRows } from './kernels.ts';

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

/** @param matrix symmetric, full storage; overwritten */
export async function tridiagonalise(matrix: Matrix, backend: MatrixBackend): Promise<Tridiagonal> {
  const size = matrix.rows;
  const result: Tridiagonal = {
    size,
    diagonal: new Float64Array(size),
    offDiagonal: new Float64Array(Math.max(size - 1, 0)),
    reflectors: new Float64Array(Math.max(size - 1, 0) * size),
    tau: new Float64Array(Math.max(size - 1, 0)),
  };
  let active = matrix;
  let offset = 0;
  while (active.rows > unblockedSize) {
    active = await reducePanel(active, offset, result, backend);
    offset += panelWidth;
  }
  reduceRest(active, offset, result);
  return result;
}

/** Reduces the first `panelWidth` columns of `active` and returns the updated trailing matrix. */
async function reducePanel(active: Matrix, offset: number, result: Tridiagonal, backend: MatrixBackend): Promise<Matrix> {
  const m = active.rows;
  // Rows 2c and 2c + 1 are v and w of the panel's reflector c, over the coordinates of `active`.
  const pairs = new Float64Array(2 * panelWidth * m);
  const coefficients = new Float64Array(2 * panelWidth);
  const column = new Float64Array(m);
  const image: Matrix = { data: new Float64Array(m), rows: m, columns: 1 };
  for (let j = 0; j < panelWidth; j++) {
    column.fill(0, 0, j);
    column.set(active.data.subarray(j * m + j, (j + 1) * m), j);
    for (let c = 0; c < j; c++) {
      coefficients[2 * c] = pairs[(2 * c + 1) * m + j];
      coefficients[2 * c + 1] = pairs[2 * c * m + j];
    }
    subtractRows(column, pairs, m, 2 * j, coefficients, j, m);
    result.diagonal[offset + j] = column[j];
    column[j] = 0;
    const { beta, tau } = householder(column, j + 1, m);
    result.offDiagonal[offset + j] = beta;
    result.tau[offset + j] = tau;
    result.reflectors.set(column.subarray(j + 1), (offset + j) * result.size + offset + j + 1);

    await backend.product(active, { data: column, rows: m, columns: 1 }, { into: image.data });
    const w = image.data;
    dotRows(pairs, m, 2 * j, column, j + 1, m, coefficients);
    for (let c = 0; c < 2 * j; c += 2) {
      const swap = coefficients[c];
      coefficients[c] = coefficients[c + 1];
      coefficients[c + 1] = swap;
    }
    subtractRows(w, pairs, m, 2 * j, coefficients, j + 1, m);
    let inner = 0;
    for (let i = j + 1; i < m; i++) inner += w[i] * column[i];
    const shift = 0.5 * tau * tau * inner;
    for (let i = j + 1; i < m; i++) w[i] = tau * w[i] - shift * column[i];
    w.fill(0, 0, j + 1);
    pairs.set(column, 2 * j * m);
    pairs.set(w, (2 * j + 1) * m);
  }
  const rest = m - panelWidth;
  const trailing: Matrix = { data: new Float64Array(rest * rest), rows: rest, columns: rest };
  for (let i = 0; i < rest; i++) {
    const begin = (i + panelWidth) * m + panelWidth;
    trailing.data.set(active.data.subarray(begin, begin + rest), i * rest);
  }
  const left: Matrix = { data: new Float64Array(2 * panelWidth * rest), rows: 2 * panelWidth, columns: rest };
  const right: Matrix = { data: new Float64Array(2 * panelWidth * rest), rows: 2 * panelWidth, columns: rest };
  for (let c = 0; c < 2 * panelWidth; c++) {
    const row = pairs.subarray(c * m + panelWidth, (c + 1) * m);
    left.data.set(row, c * rest);
    right.data.set(row, (c ^ 1) * rest);
  }
  return backend.product(left, right, { transposeA: true, from: trailing, into: trailing.data });
}

/** The last, small part: the same, with the rank-two update made at once. */
function reduceRest({ data, rows: m }: Matrix, offset: number, result: Tridiagonal): void {
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
export async function applyReflectors({ size, reflectors, tau }: Tridiagonal, x: Matrix, backend: MatrixBackend): Promise<void> {
  const count = Math.max(size - 1, 0);
  for (let first = Math.floor(Math.max(count - 1, 0) / blockWidth) * blockWidth; first >= 0; first -= blockWidth) {
    const width = Math.min(blockWidth, count - first);
    if (width <= 0) continue;
    const length = size - first - 1;
    const v: Matrix = { data: new Float64Array(width * length), rows: width, columns: length };
    for (let c = 0; c < width; c++) {
      const row = (first + c) * size;
      v.data.set(reflectors.subarray(row + first + 1, row + size), c * length);
    }
    const gram = await backend.product(v, v, { transposeB: true });
    const t = compactFactor(gram.data, tau.subarray(first, first + width), width);
    const part: Matrix = { data: x.data.subarray((first + 1) * x.columns), rows: length, columns: x.columns };
    const coefficients = await backend.product(t, await backend.product(v, part));
    await backend.product(v, coefficients, { transposeA: true, from: part, into: part.data });
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
