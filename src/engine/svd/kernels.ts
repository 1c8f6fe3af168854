/** The few vector loops that are not matrix products. Rows are contiguous: row c of `rows` begins at c × stride. */

/** out[c] = Σ_{i ≥ from} rows[c][i]·x[i], for c < count. Four rows at a time, so that x is read once for them. */
export function dotRows(rows: Float64Array, stride: number, count: number, x: Float64Array, from: number, to: number, out: Float64Array): void {
  let c = 0;
  for (; c + 4 <= count; c += 4) {
    const r0 = c * stride;
    const r1 = r0 + stride;
    const r2 = r1 + stride;
    const r3 = r2 + stride;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let i = from; i < to; i++) {
      const v = x[i];
      s0 += rows[r0 + i] * v;
      s1 += rows[r1 + i] * v;
      s2 += rows[r2 + i] * v;
      s3 += rows[r3 + i] * v;
    }
    out[c] = s0;
    out[c + 1] = s1;
    out[c + 2] = s2;
    out[c + 3] = s3;
  }
  for (; c < count; c++) {
    const r = c * stride;
    let s = 0;
    for (let i = from; i < to; i++) s += rows[r + i] * x[i];
    out[c] = s;
  }
}

/** x[i] −= Σ_{c < count} coefficients[c]·rows[c][i], for i ≥ from. */
export function subtractRows(x: Float64Array, rows: Float64Array, stride: number, count: number, coefficients: Float64Array, from: number, to: number): void {
  let c = 0;
  for (; c + 4 <= count; c += 4) {
    const r0 = c * stride;
    const r1 = r0 + stride;
    const r2 = r1 + stride;
    const r3 = r2 + stride;
    const f0 = coefficients[c];
    const f1 = coefficients[c + 1];
    const f2 = coefficients[c + 2];
    const f3 = coefficients[c + 3];
    for (let i = from; i < to; i++) x[i] -= f0 * rows[r0 + i] + f1 * rows[r1 + i] + f2 * rows[r2 + i] + f3 * rows[r3 + i];
  }
  for (; c < count; c++) {
    const r = c * stride;
    const f = coefficients[c];
    for (let i = from; i < to; i++) x[i] -= f * rows[r + i];
  }
}

const negligibleSquare = 1e-280;

/**
 * The reflector I − τ v vᵀ that takes x[from..to) to (β, 0, …, 0), with v[from] = 1; x is overwritten by v.
 * LAPACK's dlarfg, without its rescaling: callers have scaled the matrix to order one, and a tail whose square would
 * lose digits to underflow is as good as zero.
 */
export function householder(x: Float64Array, from: number, to: number): { beta: number; tau: number } {
  let tail = 0;
  for (let i = from + 1; i < to; i++) tail += x[i] * x[i];
  const alpha = x[from];
  x[from] = 1;
  if (tail < negligibleSquare) {
    x.fill(0, from + 1, to);
    return { beta: alpha, tau: 0 };
  }
  const beta = alpha >= 0 ? -Math.sqrt(alpha * alpha + tail) : Math.sqrt(alpha * alpha + tail);
  const scale = 1 / (alpha - beta);
  for (let i = from + 1; i < to; i++) x[i] *= scale;
  return { beta, tau: (beta - alpha) / beta };
}

/** target [columns, rows] = source [rows, columns]ᵀ, in tiles that stay in cache. */
export function transposeInto(target: Float64Array | Float32Array, source: Float64Array | Float32Array, rows: number, columns: number): void {
  const tile = 16;
  for (let i0 = 0; i0 < rows; i0 += tile) {
    const i1 = Math.min(i0 + tile, rows);
    for (let j0 = 0; j0 < columns; j0 += tile) {
      const j1 = Math.min(j0 + tile, columns);
      for (let j = j0; j < j1; j++) for (let i = i0; i < i1; i++) target[j * rows + i] = source[i * columns + j];
    }
  }
}
