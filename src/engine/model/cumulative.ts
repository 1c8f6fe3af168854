/**
 * Cumulative sums along the last axis as products with triangles of ones: over a vocabulary, ONNX Runtime's own operator
 * adds one number after the other on one thread, which at 64 rows of 1,024 is a twentieth of a decode step.
 */
import { add, constant, cumSum, matmul, reshape, slice } from '../graph/builders.ts';
import type { Node } from '../graph/ops.ts';

/** Blocks have a width in between; so few of them are added up one after the other, as the numbers within a block are. */
const narrowest = 8;
const widest = 512;
const mostBlocks = 128;

/** x [rows, width] → its inclusive cumulative sums [rows, width]; they never fall where x ≥ 0. */
export function cumulative(x: Node): Node {
  const width = Number(x.shape[1]);
  const block = blockOf(width);
  if (block === undefined) return cumSum(x);
  const blocks = width / block;
  const within = reshape(matmul(reshape(x, ['blocks', block]), triangle(block)), ['rows', blocks, block]);
  const sums = reshape(slice(within, 2, block - 1, block), ['rows', blocks]);
  const before = reshape(matmul(sums, triangle(blocks, 1)), ['rows', blocks, 1]);
  return reshape(add(within, before), ['rows', width]);
}

/** The width's divisor nearest to its root, if there is one that serves. */
function blockOf(width: number): number | undefined {
  let best: number | undefined;
  for (let block = Math.max(narrowest, Math.ceil(width / mostBlocks)); block <= Math.min(widest, width / 2); block++) {
    if (width % block === 0 && (best === undefined || Math.abs(block - Math.sqrt(width)) < Math.abs(best - Math.sqrt(width)))) best = block;
  }
  return best;
}

/** [width, width], ones where row + above ≤ column: what multiplies it adds up what lies before, itself included where above is 0. */
function triangle(width: number, above = 0): Node {
  const data = new Float32Array(width * width);
  for (let row = 0; row + above < width; row++) data.fill(1, row * width + row + above, (row + 1) * width);
  return constant(data, [width, width]);
}
