/**
 * Roots of the secular equation f(λ) = 1 + ρ Σ z_j² / (d_j − λ), ρ > 0, d ascending and distinct, z_j ≠ 0: the
 * eigenvalues of diag(d) + ρ z zᵀ. One root lies in each interval (d_i, d_{i+1}), the last in (d_k, d_k + ρ‖z‖²).
 *
 * Each root is kept as a distance from its nearer pole, so that d_j − λ is known to full relative accuracy (Gu and
 * Eisenstat, SIAM J. Matrix Anal. Appl. 16, 1995). The iteration fits one pole to each half of the sum (Bunch, Nielsen
 * and Sorensen 1978), inside a bracket.
 */

const epsilon = Number.EPSILON;

/**
 * @param weights ρ z_j²
 * @param differences receives d_j − λ for every j
 * @returns λ
 */
export function secularRoot(d: Float64Array, weights: Float64Array, index: number, differences: Float64Array): number {
  const k = d.length;
  const isLast = index === k - 1;
  let reach = 0;
  if (isLast) for (let j = 0; j < k; j++) reach += weights[j];
  const gap = isLast ? reach : d[index + 1] - d[index];

  // f at the middle of the interval says which pole is nearer.
  let rest = 1;
  for (let j = 0; j < k; j++) {
    if (j === index || (j === index + 1 && !isLast)) continue;
    rest += weights[j] / (d[j] - d[index] - gap / 2);
  }
  const atMiddle = rest - (2 * weights[index]) / gap + (isLast ? 0 : (2 * weights[index + 1]) / gap);
  const fromLeft = isLast || atMiddle >= 0;
  const origin = fromLeft ? d[index] : d[index + 1];
  let low = fromLeft ? 0 : -gap / 2;
  let high = fromLeft ? (isLast ? gap * (1 + 1e-8) : gap / 2) : 0;
  for (let j = 0; j < k; j++) differences[j] = d[j] - origin;
  const shifts = differences;

  let x: number;
  if (isLast) {
    x = rest > 0 ? Math.min(Math.max(weights[index] / rest, low), high) : high;
  } else {
    const left = shifts[index];
    const right = shifts[index + 1];
    x = rootBetween(rest, rest * (left + right) + weights[index] + weights[index + 1], rest * left * right + weights[index] * right + weights[index + 1] * left, low, high);
  }
  if (!(x > low && x < high)) x = (low + high) / 2;

  for (let iteration = 0; iteration < 80; iteration++) {
    let psi = 0;
    let psiSlope = 0;
    for (let j = 0; j <= index; j++) {
      const inverse = 1 / (shifts[j] - x);
      const term = weights[j] * inverse;
      psi += term;
      psiSlope += term * inverse;
    }
    let phi = 0;
    let phiSlope = 0;
    for (let j = index + 1; j < k; j++) {
      const inverse = 1 / (shifts[j] - x);
      const term = weights[j] * inverse;
      phi += term;
      phiSlope += term * inverse;
    }
    const f = 1 + psi + phi;
    if (Math.abs(f) <= 16 * epsilon * (1 - psi + phi)) break;
    if (f < 0) low = x;
    else high = x;
    const left = shifts[index] - x;
    let step: number;
    if (isLast) {
      // 1 + r + s / (left − step) = 0
      const s = psiSlope * left * left;
      const c = 1 + psi - psiSlope * left;
      step = left + s / c;
    } else {
      const right = shifts[index + 1] - x;
      const s = psiSlope * left * left;
      const q = phiSlope * right * right;
      const c = 1 + (psi - psiSlope * left) + (phi - phiSlope * right);
      step = rootBetween(c, c * (left + right) + s + q, left * right * f, low - x, high - x);
    }
    let next = x + step;
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (next === x || next === low || next === high) break;
    x = next;
  }
  for (let j = 0; j < k; j++) differences[j] -= x;
  return origin + x;
}

/** The root of c·x² − a·x + b between `low` and `high`; NaN where there is none. */
function rootBetween(c: number, a: number, b: number, low: number, high: number): number {
  const root = Math.sqrt(Math.max(a * a - 4 * b * c, 0));
  const q = (a >= 0 ? a + root : a - root) / 2;
  const first = b / q;
  if (first > low && first < high) return first;
  const second = q / c;
  return second > low && second < high ? second : NaN;
}
