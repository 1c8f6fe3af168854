/**
 * A graph is a set of named outputs; everything else is reached from them. This folder knows shapes, gradients and
 * ONNX, and nothing about models:
 *
 *   ops.ts        the op set
 *   shapes.ts     what each op makes of its inputs (checked while building)
 *   builders.ts   one function per op
 *   gradients.ts  the total gradient table, and reverse accumulation over it
 *   recompute.ts  blocks that are made again in the backward pass instead of being kept for it
 *   encode.ts     ONNX bytes
 */
import type { Node } from './ops.ts';
import { GraphError } from './shapes.ts';

export interface Graph {
  readonly name: string;
  readonly inputs: readonly Node<'input'>[];
  readonly outputs: ReadonlyMap<string, Node>;
  /** every node, each after its inputs */
  readonly nodes: readonly Node[];
}

export const isInput = (node: Node): node is Node<'input'> => node.op === 'input';

/** Nodes reachable from `roots`, each after its inputs, in a deterministic order; not beyond `until`. Iterative: graphs are deep. */
export function topological(roots: Iterable<Node>, until?: Node): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  for (const root of roots) {
    if (seen.has(root)) continue;
    seen.add(root);
    stack.push({ node: root, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const child = top.node === until ? undefined : top.node.inputs[top.next++];
      if (child === undefined) {
        order.push(top.node);
        stack.pop();
      } else if (!seen.has(child)) {
        seen.add(child);
        stack.push({ node: child, next: 0 });
      }
    }
  }
  return order;
}

/** Closes a graph over its outputs. Input names must be unique and must differ from output names. */
export function graph(name: string, outputs: Record<string, Node>): Graph {
  const named = new Map(Object.entries(outputs));
  const nodes = topological(named.values());
  const inputs = nodes.filter(isInput);
  const names = new Set(named.keys());
  for (const { attributes } of inputs) {
    if (names.has(attributes.name)) throw new GraphError(`${name}: the name ${attributes.name} is used twice`);
    names.add(attributes.name);
  }
  return { name, inputs, outputs: named, nodes };
}
