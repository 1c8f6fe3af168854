/** Small loops that several parts share. */

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
