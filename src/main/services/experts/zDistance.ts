/** How two experts differ. A matrix that an expert does not tune is the base there: ones. */
import type { ZVectors } from '../../../shared/matrices.ts';

/** 1 + z of `b` − z of `a`, so that a z map of it shows the difference. */
export function differenceOf(a: ZVectors, b: ZVectors): ZVectors {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(names.map((name) => {
    const length = (a[name] ?? b[name]).length;
    return [name, Float32Array.from({ length }, (_, i) => 1 + (b[name]?.[i] ?? 1) - (a[name]?.[i] ?? 1))];
  }));
}

/** Cosine of z − 1 over the matrices that both tune; null where they share none or one is the base there. */
export function cosineOf(a: ZVectors, b: ZVectors): number | null {
  let [dot, squaresOfA, squaresOfB] = [0, 0, 0];
  for (const [name, za] of Object.entries(a)) {
    const zb = b[name];
    if (!zb || zb.length !== za.length) continue;
    for (let i = 0; i < za.length; i++) {
      const [da, db] = [za[i] - 1, zb[i] - 1];
      dot += da * db;
      squaresOfA += da * da;
      squaresOfB += db * db;
    }
  }
  return squaresOfA === 0 || squaresOfB === 0 ? null : Math.max(-1, Math.min(1, dot / Math.sqrt(squaresOfA * squaresOfB)));
}
