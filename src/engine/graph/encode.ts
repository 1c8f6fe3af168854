/**
 * A graph as ONNX. Two dialects of the same numbers: `cpu` uses ONNX Runtime's fused CPU kernels, `portable` only
 * what every execution provider has (WebGPU knows no FusedMatMul).
 */
import type { Graph } from './graph.ts';
import type { AttributeValue, OnnxInitializer, OnnxNode } from './onnx.ts';
import { writeModel } from './onnx.ts';
import type { ConstantData, DataType, Node, Op, Shape, TensorPlace } from './ops.ts';

export type Dialect = 'cpu' | 'portable';

export interface EncodeOptions {
  dialect: Dialect;
  /** path of a file relative to the folder that sessions are given for external data, with forward slashes */
  locate: (place: TensorPlace) => string;
}

type Emit<K extends Op> = (encoder: Encoder, node: Node<K>) => string;

const castCode: Record<DataType, number> = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 };

class Encoder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  readonly dialect: Dialect;
  private readonly locate: EncodeOptions['locate'];
  private readonly names = new Map<Node, string>();
  private readonly shared = new Map<string, string>();
  private readonly reserved: ReadonlyMap<Node, string>;
  private next = 0;

  constructor(options: EncodeOptions, reserved: ReadonlyMap<Node, string>) {
    this.dialect = options.dialect;
    this.locate = options.locate;
    this.reserved = reserved;
  }

  fresh(): string {
    return `v${this.next++}`;
  }

  nameOf(node: Node): string {
    const name = this.names.get(node);
    if (name === undefined) throw new Error(`a ${node.op} is used before it is encoded`);
    return name;
  }

  encode<K extends Op>(node: Node<K>): void {
    const emit = emitters[node.op] as Emit<K>;
    this.names.set(node, emit(this, node));
  }

  /** Emits one ONNX node over the encoded inputs; `target` gives the value its public name where it is an output. */
  emit(type: string, inputs: readonly string[], options: { attributes?: Record<string, AttributeValue>; domain?: OnnxNode['domain']; target?: Node } = {}): string {
    const { attributes = {}, domain = '', target } = options;
    const output = (target && this.reserved.get(target)) ?? this.fresh();
    this.nodes.push({ type, domain, inputs, outputs: [output], attributes });
    return output;
  }

  emitPair(type: string, inputs: readonly string[], attributes: Record<string, AttributeValue>): [string, string] {
    const outputs: [string, string] = [this.fresh(), this.fresh()];
    this.nodes.push({ type, domain: '', inputs, outputs, attributes });
    return outputs;
  }

  /** Values that several nodes need in the same form (a shape, a small constant, a TopK) are emitted once. */
  once(key: string, make: () => string): string {
    let name = this.shared.get(key);
    if (name === undefined) {
      name = make();
      this.shared.set(key, name);
    }
    return name;
  }

  constant(data: ConstantData, shape: readonly number[]): string {
    const make = (): string => {
      const dtype = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int64';
      const name = this.fresh();
      this.initializers.push({ name, dtype, shape, content: { raw: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) } });
      return name;
    };
    return data.length <= 8 ? this.once(`${data.constructor.name}:${shape.join('x')}:${data.join(',')}`, make) : make();
  }

  ints(...values: number[]): string {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length]);
  }

  external(name: string, place: TensorPlace, shape: Shape): string {
    return this.once(`external:${place.file}:${place.offset}`, () => {
      const content = { location: this.locate(place), offset: place.offset, byteLength: place.byteLength };
      this.initializers.push({ name, dtype: 'float32', shape: shape.map(Number), content });
      return name;
    });
  }

  /** The shape of a value as an int64 tensor: a constant where it is known. */
  shapeOf(node: Node): string {
    if (node.shape.every((dim) => typeof dim === 'number')) return this.ints(...node.shape.map(Number));
    const name = this.nameOf(node);
    return this.once(`shape:${name}`, () => this.emit('Shape', [name]));
  }
}

const plain =
  (type: string): Emit<Op> =>
  (encoder, node) =>
    encoder.emit(type, node.inputs.map((child) => encoder.nameOf(child)), { target: node });

const withAttributes =
  (type: string, attributes: Record<string, AttributeValue>, domain: OnnxNode['domain'] = ''): Emit<Op> =>
  (encoder, node) =>
    encoder.emit(type, node.inputs.map((child) => encoder.nameOf(child)), { attributes, domain, target: node });

const reduce =
  (type: string): Emit<'sum' | 'max'> =>
  (encoder, node) =>
    encoder.emit(type, [encoder.nameOf(node.inputs[0]), encoder.ints(...node.attributes.axes)], { attributes: { keepdims: 1 }, target: node });

const emitters: { [K in Op]: Emit<K> } = {
  input: (_, { attributes: { name } }) => name,
  constant: (encoder, { attributes: { data, shape } }) => encoder.constant(data, shape.map(Number)),
  external: (encoder, { attributes: { name, place, shape } }) => encoder.external(name, place, shape),

  add: plain('Add'),
  sub: plain('Sub'),
  mul: plain('Mul'),
  div: plain('Div'),
  neg: plain('Neg'),
  exp: plain('Exp'),
  log: plain('Log'),
  sqrt: plain('Sqrt'),
  reciprocal: plain('Reciprocal'),
  sigmoid: plain('Sigmoid'),
  silu: withAttributes('QuickGelu', { alpha: { float: 1 } }, 'com.microsoft'),
  greater: plain('Greater'),
  where: plain('Where'),
  cast: (encoder, node) => encoder.emit('Cast', [encoder.nameOf(node.inputs[0])], { attributes: { to: castCode[node.attributes.to] }, target: node }),

  sum: reduce('ReduceSum'),
  max: reduce('ReduceMax'),
  softmax: withAttributes('Softmax', { axis: -1 }),
  logSoftmax: (encoder, node) => {
    if (encoder.dialect === 'cpu') return encoder.emit('LogSoftmax', [encoder.nameOf(node.inputs[0])], { attributes: { axis: -1 }, target: node });
    // x − m − log Σ exp(x − m)
    const x = encoder.nameOf(node.inputs[0]);
    const axis = encoder.ints(-1);
    const shifted = encoder.emit('Sub', [x, encoder.emit('ReduceMax', [x, axis], { attributes: { keepdims: 1 } })]);
    const total = encoder.emit('ReduceSum', [encoder.emit('Exp', [shifted]), axis], { attributes: { keepdims: 1 } });
    return encoder.emit('Sub', [shifted, encoder.emit('Log', [total])], { target: node });
  },
  cumSum: (encoder, node) => {
    const axis = encoder.constant(BigInt64Array.of(BigInt(node.shape.length - 1)), []);
    return encoder.emit('CumSum', [encoder.nameOf(node.inputs[0]), axis], { target: node });
  },
  argMax: withAttributes('ArgMax', { axis: -1, keepdims: 1 }),

  matmul: (encoder, node) => {
    const { transposeA, transposeB, alpha } = node.attributes;
    const [a, b] = node.inputs.map((child) => encoder.nameOf(child));
    if (!transposeA && !transposeB && alpha === 1) return encoder.emit('MatMul', [a, b], { target: node });
    if (encoder.dialect === 'cpu') {
      const attributes = { transA: Number(transposeA), transB: Number(transposeB), alpha: { float: alpha } };
      return encoder.emit('FusedMatMul', [a, b], { attributes, domain: 'com.microsoft', target: node });
    }
    const left = transposeA ? swapLastTwo(encoder, node.inputs[0]) : a;
    const right = transposeB ? swapLastTwo(encoder, node.inputs[1]) : b;
    if (alpha === 1) return encoder.emit('MatMul', [left, right], { target: node });
    return encoder.emit('Mul', [encoder.emit('MatMul', [left, right]), encoder.constant(Float32Array.of(alpha), [])], { target: node });
  },

  rmsNorm: (encoder, node) =>
    encoder.emit('SimplifiedLayerNormalization', node.inputs.map((child) => encoder.nameOf(child)), {
      attributes: { axis: -1, epsilon: { float: node.attributes.epsilon }, stash_type: 1 },
      target: node,
    }),
  rotary: (encoder, node) => {
    const [x, positions, cos, sin] = node.inputs.map((child) => encoder.nameOf(child));
    const angle = node.attributes.inverse ? encoder.once(`negated:${sin}`, () => encoder.emit('Neg', [sin])) : sin;
    return encoder.emit('RotaryEmbedding', [x, positions, cos, angle], { domain: 'com.microsoft', target: node });
  },

  reshape: (encoder, node) => {
    const from = node.inputs[0].shape;
    const target = node.attributes.shape.map((dim, i) => (typeof dim === 'number' ? dim : dim === from[i] ? 0 : -1));
    if (target.filter((dim) => dim === -1).length > 1) throw new Error(`reshape to [${node.attributes.shape.join(', ')}] leaves two extents open`);
    return encoder.emit('Reshape', [encoder.nameOf(node.inputs[0]), encoder.ints(...target)], { target: node });
  },
  reshapeLike: (encoder, node) => encoder.emit('Reshape', [encoder.nameOf(node.inputs[0]), encoder.shapeOf(node.inputs[1])], { target: node }),
  expandLike: (encoder, node) => encoder.emit('Expand', [encoder.nameOf(node.inputs[0]), encoder.shapeOf(node.inputs[1])], { target: node }),
  zerosLike: (encoder, node) =>
    encoder.emit('ConstantOfShape', [encoder.shapeOf(node.inputs[0])], { attributes: { value: { floatTensor: 0 } }, target: node }),
  transpose: (encoder, node) =>
    encoder.emit('Transpose', [encoder.nameOf(node.inputs[0])], { attributes: { perm: node.attributes.permutation }, target: node }),
  slice: (encoder, node) => {
    const { axis, start, end } = node.attributes;
    return encoder.emit('Slice', [encoder.nameOf(node.inputs[0]), encoder.ints(start), encoder.ints(end), encoder.ints(axis)], { target: node });
  },
  concat: (encoder, node) =>
    encoder.emit('Concat', node.inputs.map((child) => encoder.nameOf(child)), { attributes: { axis: node.attributes.axis }, target: node }),

  gather: withAttributes('Gather', { axis: 0 }),
  scatterAdd: (encoder, node) => {
    const [onto, index, updates] = node.inputs.map((child) => encoder.nameOf(child));
    const column = encoder.emit('Unsqueeze', [index, encoder.ints(1)]);
    return encoder.emit('ScatterND', [onto, column, updates], { attributes: { reduction: 'add' }, target: node });
  },
  gatherLast: withAttributes('GatherElements', { axis: -1 }),
  scatterLast: withAttributes('ScatterElements', { axis: -1 }),
  topKValues: (encoder, node) => topK(encoder, node)[0],
  topKIndices: (encoder, node) => topK(encoder, node)[1],

  recomputed: (encoder, node) => encoder.nameOf(node.inputs[0]),
  // A reshape of x to its own extents, chosen by a value of `after`: no byte moves, and no optimiser can tell.
  barrier: (encoder, node) => {
    const [x, after] = node.inputs.map((child) => encoder.nameOf(child));
    const [zero, one] = [encoder.ints(0), encoder.ints(1)];
    const first = encoder.emit('Slice', [encoder.emit('Reshape', [after, encoder.ints(-1)]), zero, one, zero]);
    const positive = encoder.emit('Greater', [first, encoder.constant(Float32Array.of(0), [])]);
    const extents = encoder.ints(...node.shape.map((dim) => (typeof dim === 'number' ? dim : 0)));
    return encoder.emit('Reshape', [x, encoder.emit('Where', [positive, extents, extents])], { target: node });
  },
};

function swapLastTwo(encoder: Encoder, node: Node): string {
  const rank = node.shape.length;
  const permutation = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  const name = encoder.nameOf(node);
  return encoder.once(`swapped:${name}`, () => encoder.emit('Transpose', [name], { attributes: { perm: permutation } }));
}

function topK(encoder: Encoder, node: Node<'topKValues' | 'topKIndices'>): [string, string] {
  const x = encoder.nameOf(node.inputs[0]);
  const { k } = node.attributes;
  const joined = encoder.once(`topK:${x}:${k}`, () => encoder.emitPair('TopK', [x, encoder.ints(k)], { axis: -1, largest: 1, sorted: 1 }).join('/'));
  const [values, indices] = joined.split('/');
  return [values, indices];
}

/** ONNX bytes of a graph. */
export function encodeGraph(graph: Graph, options: EncodeOptions): Uint8Array {
  const reserved = new Map<Node, string>();
  for (const [name, node] of graph.outputs) if (!reserved.has(node)) reserved.set(node, name);
  const encoder = new Encoder(options, reserved);
  for (const node of graph.nodes) encoder.encode(node);
  for (const [name, node] of graph.outputs) {
    if (encoder.nameOf(node) !== name) encoder.nodes.push({ type: 'Identity', domain: '', inputs: [encoder.nameOf(node)], outputs: [name], attributes: {} });
  }
  return writeModel({
    name: graph.name,
    nodes: encoder.nodes,
    initializers: encoder.initializers,
    inputs: graph.inputs.map(({ attributes: { name, dtype, shape } }) => ({ name, dtype, shape })),
    outputs: [...graph.outputs].map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
  });
}

