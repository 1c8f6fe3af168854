/** Numbers from a seed, for tests. */
import { Random } from '../runtime/random.ts';

/** uniform in [0, 1) */
export function seeded(seed: number): () => number {
  const random = new Random(seed);
  return () => random.uniform();
}

/** standard normal */
export function normals(seed: number): () => number {
  const random = new Random(seed);
  return () => random.normal();
}
