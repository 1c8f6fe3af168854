/**
 * Reverse accumulation over the total gradient table. A rule gets a node and the gradient of the objective with
 * respect to it, and returns the gradient with respect to each input (`null`: none is needed or none exists).
 */
import { add, cast, concat, div, expandLike, matmul, mul, neg, gatherLast, reciprocal, reshapeLike, rotary, scalar, scatterAdd, scatterLast, sigmoid, slice, sqrt, sub, sum, transpose, where, zerosLike, exp, reshape } from './builders.ts';
import { topological } from './graph.ts';
import { again } from './recompute.ts';
import type { Node, Op } from './ops.ts';
import { GraphError } from './shapes.ts';

type Rule<K extends Op> = (node: Node<K>, gradient: Node) => (Node | null)[];
/** An integer or boolean result, or one whose derivative is zero wherever it exists. */
type NotDifferentiable = 'not differentiable';

/** Sums a gradient over the axes along which `target` was broadcast. */
export function unbroadcast(gradient: Node, target: Node): Node {
  const lead = gradient.shape.length - target.shape.length;
  const axes = gradient.shape.flatMap((dim, i) => (i < lead || (target.shape[i - lead] === 1 && dim !== 1) ? [i] : []));
  if (axes.length === 0) return gradient;
  const summed = sum(gradient, axes);
  return lead === 0 ? summed : reshapeLike(summed, target);
}

const last = (node: Node): number => node.shape.length - 1;

export const gradientRules: { [K in Op]: Rule<K> | NotDifferentiable } = {
  input: () => [],
  constant: () => [],
  external: () => [],

  add: ({ inputs: [a, b] }, g) => [unbroadcast(g, a), unbroadcast(g, b)],
  sub: ({ inputs: [a, b] }, g) => [unbroadcast(g, a), unbroadcast(neg(g), b)],
  mul: ({ inputs: [a, b] }, g) => [unbroadcast(mul(g, b), a), unbroadcast(mul(g, a), b)],
  // d(a/b) = da/b − (a/b) db/b
  div: (node, g) => {
    const [a, b] = node.inputs;
    const overB = div(g, b);
    return [unbroadcast(overB, a), unbroadcast(neg(mul(overB, node)), b)];
  },
  neg: (_, g) => [neg(g)],
  exp: (node, g) => [mul(g, node)],
  log: ({ inputs: [x] }, g) => [div(g, x)],
  sqrt: (node, g) => [div(g, add(node, node))],
  // d(1/x) = −dx / x²
  reciprocal: (node, g) => [neg(mul(g, mul(node, node)))],
  // dσ = σ (1 − σ)
  sigmoid: (node, g) => [mul(g, mul(node, sub(scalar(1), node)))],
  // y = x σ(x): dy = σ + y (1 − σ)
  silu: (node, g) => {
    const s = sigmoid(node.inputs[0]);
    return [mul(g, add(s, mul(node, sub(scalar(1), s))))];
  },
  greater: 'not differentiable',
  where: ({ inputs: [condition, a, b] }, g) => {
    const zero = scalar(0);
    return [null, unbroadcast(where(condition, g, zero), a), unbroadcast(where(condition, zero, g), b)];
  },
  cast: ({ inputs: [x] }, g) => [x.dtype === 'float32' ? cast(g, 'float32') : null],

  sum: ({ inputs: [x] }, g) => [expandLike(g, x)],
  max: 'not differentiable', // used only to steady an exponent, where its gradient cancels
  // p (g − Σ g p)
  softmax: (node, g) => [mul(node, sub(g, sum(mul(g, node), [last(node)])))],
  // g − softmax(x) Σ g
  logSoftmax: (node, g) => [sub(g, mul(exp(node), sum(g, [last(node)])))],
  cumSum: 'not differentiable', // used only for sampling
  argMax: 'not differentiable',

  matmul: matmulGradient,

  // y = x r w with r = (mean x² + ε)^−½: dx = r (g w − x r² mean(g w x)), dw = Σ g x r
  rmsNorm: ({ inputs: [x, weight], attributes: { epsilon } }, g) => {
    const axis = last(x);
    const overWidth = scalar(1 / Number(x.shape[axis]));
    const r = reciprocal(sqrt(add(mul(sum(mul(x, x), [axis]), overWidth), scalar(epsilon))));
    const normalised = mul(x, r);
    const gw = mul(g, weight);
    const dx = mul(r, sub(gw, mul(normalised, mul(sum(mul(gw, normalised), [axis]), overWidth))));
    return [dx, unbroadcast(mul(g, normalised), weight)];
  },
  // a rotation's transpose is the rotation by the opposite angle
  rotary: ({ inputs: [, positions, cos, sin], attributes: { inverse } }, g) => [rotary(g, positions, cos, sin, !inverse), null, null, null],

  reshape: ({ inputs: [x] }, g) => [reshapeLike(g, x)],
  reshapeLike: ({ inputs: [x] }, g) => [reshapeLike(g, x), null],
  expandLike: ({ inputs: [x] }, g) => [unbroadcast(g, x), null],
  zerosLike: () => [null],
  transpose: ({ attributes: { permutation } }, g) => [transpose(g, permutation.map((_, axis) => permutation.indexOf(axis)))],
  slice: ({ inputs: [x], attributes: { axis, start, end } }, g) => {
    const extent = x.shape[axis];
    if (typeof extent !== 'number') throw new GraphError('slice: the gradient needs a known extent');
    const pad = (from: number, to: number): Node[] => (to > from ? [zerosLike(slice(x, axis, from, to))] : []);
    return [concat([...pad(0, start), g, ...pad(end, extent)], axis)];
  },
  concat: ({ inputs, attributes: { axis } }, g) => {
    let start = 0;
    return inputs.map((part) => {
      const extent = part.shape[axis];
      if (typeof extent !== 'number') throw new GraphError('concat: the gradient needs known extents');
      start += extent;
      return slice(g, axis, start - extent, start);
    });
  },

  gather: ({ inputs: [table, index] }, g) => {
    if (table.shape.length !== 2) throw new GraphError('gather: the gradient needs a table of rows');
    return [scatterAdd(zerosLike(table), reshape(index, ['index']), reshape(g, ['index', table.shape[1]])), null];
  },
  scatterAdd: 'not differentiable', // appears only in gradients; a second derivative is not used
  gatherLast: ({ inputs: [x, index] }, g) => [scatterLast(zerosLike(x), index, g), null],
  scatterLast: ({ inputs: [onto, index] }, g) => [unbroadcast(g, onto), null, gatherLast(g, index)],
  topKValues: 'not differentiable', // used only for sampling
  topKIndices: 'not differentiable',

  // The block once more, behind the gradient: its first values need not live until here.
  recomputed: (node, g) => {
    const [, x, ...leaves] = node.inputs;
    const { from, y } = again(node, g);
    return [null, ...accumulate(y, g, [from, ...leaves], from).map((gradient, i) => gradient ?? zerosLike([x, ...leaves][i]))];
  },
  barrier: 'not differentiable', // appears only in gradients
};

/** C = α op(A) op(B): dA = α g op(B)ᵀ, dB = α op(A)ᵀ g, transposed back where the operand was. */
function matmulGradient({ inputs: [a, b], attributes: { transposeA, transposeB, alpha } }: Node<'matmul'>, g: Node): Node[] {
  const da = transposeA
    ? matmul(b, g, { transposeA: transposeB, transposeB: true, alpha })
    : matmul(g, b, { transposeB: !transposeB, alpha });
  // a weight under a batch: one product over all rows, not one per row and a sum
  const flat = b.shape.length === 2 && a.shape.length > 2 && !transposeA;
  const left = flat ? reshape(a, ['flat', a.shape[a.shape.length - 1]]) : a;
  const right = flat ? reshape(g, ['flat', g.shape[g.shape.length - 1]]) : g;
  const db = transposeB
    ? matmul(right, left, { transposeA: true, transposeB: transposeA, alpha })
    : matmul(left, right, { transposeA: !transposeA, alpha });
  return [unbroadcast(da, a), unbroadcast(db, b)];
}

/**
 * Gradients of a scalar-valued objective with respect to `targets`, as nodes of the same graph.
 * `seed` is the gradient of the objective with respect to `of`; left out, `of` must hold one value.
 */
export function gradientsOf(of: Node, targets: readonly Node[]): Node[] {
  if (of.shape.some((dim) => dim !== 1)) throw new GraphError('the objective must hold one value');
  const ones = add(zerosLike(of), scalar(1));
  return accumulate(of, ones, targets).map((gradient, i) => gradient ?? zerosLike(targets[i]));
}

/** Gradients of Σ seed · of, not beyond `until`; null where a target is not part of it. */
function accumulate(of: Node, seed: Node, targets: readonly Node[], until?: Node): (Node | null)[] {
  const nodes = topological([of], until);
  const wanted = new Set(targets);
  const onPath = new Set<Node>();
  for (const candidate of nodes) {
    if (wanted.has(candidate) || candidate.inputs.some((child) => onPath.has(child))) onPath.add(candidate);
  }
  const gradients = new Map<Node, Node>([[of, seed]]);
  for (const current of nodes.toReversed()) {
    const gradient = gradients.get(current);
    if (gradient === undefined || current === until || !onPath.has(current)) continue;
    const contributions = apply(current, gradient);
    current.inputs.forEach((child, i) => {
      const contribution = contributions[i];
      if (!contribution || !onPath.has(child)) return;
      const sofar = gradients.get(child);
      gradients.set(child, sofar ? add(sofar, contribution) : contribution);
    });
  }
  return targets.map((target) => gradients.get(target) ?? null);
}

function apply<K extends Op>(node: Node<K>, gradient: Node): (Node | null)[] {
  const rule = gradientRules[node.op];
  if (rule === 'not differentiable') {
    throw new GraphError(`${node.op} has no gradient`);
  }
  return rule(node, gradient);
}
