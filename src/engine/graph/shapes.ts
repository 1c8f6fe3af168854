/** The shape and type rule of every op. A node is made only through `node()`, so an ill-formed graph cannot be built. */
import type { DataType, Dim, Node, Op, OpAttributes, Shape } from './ops.ts';

export class GraphError extends Error {
  override readonly name = 'GraphError';
}

interface Outline {
  shape: Shape;
  dtype: DataType;
}
type Rule<K extends Op> = (inputs: readonly Node[], attributes: OpAttributes[K]) => Outline;

const show = (shape: Shape): string => `[${shape.join(', ')}]`;
const fail = (message: string): never => {
  throw new GraphError(message);
};

function broadcastDim(a: Dim, b: Dim): Dim {
  if (a === b) return a;
  if (a === 1) return b;
  if (b === 1) return a;
  return fail(`dimensions ${a} and ${b} do not broadcast`);
}

/** NumPy's broadcasting of two shapes, symbols being equal only to themselves. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => broadcastDim(a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1));
}

function expectType(node: Node, dtype: DataType, what: string): void {
  if (node.dtype !== dtype) fail(`${what} is ${node.dtype}, expected ${dtype}`);
}

function expectFloats(inputs: readonly Node[], op: string): void {
  for (const input of inputs) expectType(input, 'float32', `an input of ${op}`);
}

const unary = (op: string): Rule<Op> => (inputs) => {
  expectFloats(inputs, op);
  return { shape: inputs[0].shape, dtype: 'float32' };
};

const binary = (op: string): Rule<Op> => ([a, b]) => {
  if (a.dtype !== b.dtype) fail(`${op} of ${a.dtype} and ${b.dtype}`);
  return { shape: broadcast(a.shape, b.shape), dtype: a.dtype };
};

function reduced(shape: Shape, axes: readonly number[]): Shape {
  for (const axis of axes) if (axis < 0 || axis >= shape.length) fail(`axis ${axis} of ${show(shape)}`);
  return shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
}

const reduction: Rule<'sum' | 'max'> = ([x], { axes }) => {
  expectType(x, 'float32', 'an input of a reduction');
  return { shape: reduced(x.shape, axes), dtype: 'float32' };
};

const size = (shape: Shape): number | undefined =>
  shape.every((dim) => typeof dim === 'number') ? shape.reduce<number>((a, b) => a * Number(b), 1) : undefined;

export const rules: { [K in Op]: Rule<K> } = {
  input: (_, { shape, dtype }) => ({ shape, dtype }),
  constant: (_, { data, shape }) => {
    if (size(shape) !== data.length) fail(`a constant of ${data.length} values has shape ${show(shape)}`);
    const dtype = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int64';
    return { shape, dtype };
  },
  external: (_, { name, place, shape }) => {
    const values = size(shape);
    if (values === undefined || values * 4 !== place.byteLength) fail(`${name} has ${place.byteLength} bytes but shape ${show(shape)}`);
    return { shape, dtype: 'float32' };
  },

  add: binary('add'),
  sub: binary('sub'),
  mul: binary('mul'),
  div: binary('div'),
  neg: unary('neg'),
  exp: unary('exp'),
  log: unary('log'),
  sqrt: unary('sqrt'),
  reciprocal: unary('reciprocal'),
  sigmoid: unary('sigmoid'),
  silu: unary('silu'),
  greater: ([a, b]) => ({ shape: broadcast(a.shape, b.shape), dtype: 'bool' }),
  where: ([condition, a, b]) => {
    expectType(condition, 'bool', 'the condition of where');
    if (a.dtype !== b.dtype) fail(`where of ${a.dtype} and ${b.dtype}`);
    return { shape: broadcast(condition.shape, broadcast(a.shape, b.shape)), dtype: a.dtype };
  },
  cast: ([x], { to }) => ({ shape: x.shape, dtype: to }),

  sum: reduction,
  max: reduction,
  softmax: unary('softmax'),
  logSoftmax: unary('logSoftmax'),
  cumSum: unary('cumSum'),
  argMax: ([x]) => ({ shape: reduced(x.shape, [x.shape.length - 1]), dtype: 'int64' }),

  matmul: ([a, b], { transposeA, transposeB }) => {
    expectFloats([a, b], 'matmul');
    if (a.shape.length < 2 || b.shape.length < 2) fail(`matmul of ${show(a.shape)} and ${show(b.shape)}`);
    const [aRows, aInner] = lastTwo(a.shape, transposeA);
    const [bInner, bColumns] = lastTwo(b.shape, transposeB);
    if (aInner !== bInner) fail(`matmul of ${show(a.shape)}${transposeA ? 'ᵀ' : ''} and ${show(b.shape)}${transposeB ? 'ᵀ' : ''}`);
    return { shape: [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), aRows, bColumns], dtype: 'float32' };
  },

  rmsNorm: ([x, weight]) => {
    expectFloats([x, weight], 'rmsNorm');
    if (weight.shape.length !== 1 || weight.shape[0] !== x.shape.at(-1)) fail(`rmsNorm of ${show(x.shape)} by ${show(weight.shape)}`);
    return { shape: x.shape, dtype: 'float32' };
  },
  rotary: ([x, positions]) => {
    if (x.shape.length !== 4) fail(`rotary of ${show(x.shape)}`);
    expectType(positions, 'int64', 'the positions of rotary');
    return { shape: x.shape, dtype: 'float32' };
  },

  reshape: ([x], { shape }) => {
    const from = size(x.shape);
    const to = size(shape);
    if (from !== undefined && to !== undefined && from !== to) fail(`reshape of ${show(x.shape)} to ${show(shape)}`);
    return { shape, dtype: x.dtype };
  },
  reshapeLike: ([x, like]) => ({ shape: like.shape, dtype: x.dtype }),
  expandLike: ([x, like]) => {
    broadcast(x.shape, like.shape);
    return { shape: like.shape, dtype: x.dtype };
  },
  zerosLike: ([like]) => ({ shape: like.shape, dtype: 'float32' }),
  transpose: ([x], { permutation }) => {
    if ([...permutation].sort((a, b) => a - b).some((axis, i) => axis !== i) || permutation.length !== x.shape.length) {
      fail(`transpose of ${show(x.shape)} by ${show(permutation)}`);
    }
    return { shape: permutation.map((axis) => x.shape[axis]), dtype: x.dtype };
  },
  slice: ([x], { axis, start, end, extent: named }) => {
    const extent = x.shape[axis];
    if (typeof extent === 'number' && (start < 0 || end > extent || start >= end)) fail(`slice ${start}:${end} of ${show(x.shape)}`);
    return { shape: x.shape.map((dim, i) => (i === axis ? (named ?? end - start) : dim)), dtype: x.dtype };
  },
  concat: (inputs, { axis }) => {
    const extents = inputs.map((input) => input.shape[axis]);
    const joined = extents.every((extent) => typeof extent === 'number') ? extents.reduce<number>((a, b) => a + Number(b), 0) : extents.join('+');
    return { shape: inputs[0].shape.map((dim, i) => (i === axis ? joined : dim)), dtype: inputs[0].dtype };
  },

  gather: ([table, index]) => {
    expectType(index, 'int64', 'the index of gather');
    return { shape: [...index.shape, ...table.shape.slice(1)], dtype: table.dtype };
  },
  scatterAdd: ([onto, index, updates]) => {
    if (onto.shape.length !== 2 || index.shape.length !== 1 || updates.shape.length !== 2) fail(`scatterAdd onto ${show(onto.shape)}`);
    return { shape: onto.shape, dtype: 'float32' };
  },
  gatherLast: ([x, index]) => ({ shape: index.shape, dtype: x.dtype }),
  scatterLast: ([onto]) => ({ shape: onto.shape, dtype: 'float32' }),
  topKValues: ([x], { k }) => ({ shape: [...x.shape.slice(0, -1), k], dtype: 'float32' }),
  topKIndices: ([x], { k }) => ({ shape: [...x.shape.slice(0, -1), k], dtype: 'int64' }),

  recomputed: ([y]) => ({ shape: y.shape, dtype: y.dtype }),
  barrier: ([x, after]) => {
    expectType(after, 'float32', 'what a barrier waits for');
    return { shape: x.shape, dtype: x.dtype };
  },
};

function lastTwo(shape: Shape, transposed: boolean): [Dim, Dim] {
  const rows = shape[shape.length - 2];
  const columns = shape[shape.length - 1];
  return transposed ? [columns, rows] : [rows, columns];
}

/** Makes a node; throws `GraphError` where the inputs do not fit the op. */
export function node<K extends Op>(op: K, inputs: readonly Node[], attributes: OpAttributes[K]): Node<K> {
  const rule: Rule<K> = rules[op];
  try {
    const { shape, dtype } = rule(inputs, attributes);
    return { op, inputs, attributes, shape, dtype };
  } catch (error) {
    if (error instanceof GraphError) throw new GraphError(`${op}: ${error.message}`);
    throw error;
  }
}
