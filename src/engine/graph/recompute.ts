/**
 * Blocks whose inner values are made again in the backward pass and not kept for it: memory for time (Chen et al. 2016,
 * arXiv 1604.06174). The second making waits for the gradient that arrives at the block, behind a `barrier`; without it
 * ONNX Runtime would see two equal computations, do one of them, and keep its values.
 */
import { topological } from './graph.ts';
import type { Node } from './ops.ts';
import { node } from './shapes.ts';

/** y = block(x). Everything of the block that depends on x is made again for its gradient. */
export function recomputed(x: Node, block: (x: Node) => Node): Node {
  const y = block(x);
  const leaves = topological([y], x).filter((leaf) => leaf !== x && leaf.op === 'input' && leaf.dtype === 'float32');
  return node('recomputed', [y, x, ...leaves], {});
}

/** A second y of a recomputed node, made from x once `after` is there. */
export function again({ inputs: [y, x] }: Node<'recomputed'>, after: Node): { from: Node; y: Node } {
  const from = node('barrier', [x, after], {});
  const copies = new Map<Node, Node>([[x, from]]);
  for (const original of topological([y], x)) {
    if (original === x || !original.inputs.some((child) => copies.has(child))) continue;
    copies.set(original, { ...original, inputs: original.inputs.map((child) => copies.get(child) ?? child) });
  }
  return { from, y: copies.get(y) ?? y };
}
