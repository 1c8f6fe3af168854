/** Eigen-decomposition of a small symmetric tridiagonal matrix by the implicit QL iteration (EISPACK's tql2). */
import type { Eigen } from './tridiagonal-eigen.ts';

const epsilon = Number.EPSILON;

export function implicitQl(diagonal: Float64Array, offDiagonal: Float64Array): Eigen {
  const n = diagonal.length;
  const d = diagonal.slice();
  const e = new Float64Array(n);
  e.set(offDiagonal.subarray(0, Math.max(n - 1, 0)));
  // Vectors as rows while iterating: a rotation then touches two contiguous rows.
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rows[i * n + i] = 1;
  let scale = 0;
  for (let i = 0; i < n; i++) scale = Math.max(scale, Math.abs(d[i]) + Math.abs(e[i]));
  const negligible = epsilon * epsilon * scale;

  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]) > epsilon * (Math.abs(d[m]) + Math.abs(d[m + 1])) && Math.abs(e[m]) > negligible) m++;
      if (m === l) break;
      if (iteration === 100) throw new Error('the QL iteration does not converge');
      // Wilkinson's shift
      let g = (d[l + 1] - d[l]) / (2 * e[l]);
      let r = Math.hypot(g, 1);
      g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
      let sine = 1;
      let cosine = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = sine * e[i];
        const b = cosine * e[i];
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        sine = f / r;
        cosine = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * sine + 2 * cosine * b;
        p = sine * r;
        d[i + 1] = g + p;
        g = cosine * r - b;
        const low = i * n;
        const high = low + n;
        for (let k = 0; k < n; k++) {
          const x = rows[high + k];
          const y = rows[low + k];
          rows[high + k] = sine * y + cosine * x;
          rows[low + k] = cosine * y - sine * x;
        }
      }
      if (r === 0 && i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
  const order = [...d.keys()].sort((a, b) => d[a] - d[b]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    for (let k = 0; k < n; k++) vectors[k * n + to] = rows[from * n + k];
  });
  return { values: Float64Array.from(order, (i) => d[i]), vectors: { data: vectors, rows: n, columns: n } };
}
