/**
 * The op set, once, on one page. A graph is made of these and nothing else; `shapes.ts` says what each makes of its
 * inputs' shapes, `gradients.ts` how each is differentiated, `encode.ts` how each is written as ONNX. All three are
 * total over `OpAttributes`: an op without an entry does not compile.
 *
 * "last" means the last axis; reductions keep their axes as 1.
 */
export type DataType = 'float32' | 'float64' | 'int64' | 'int32' | 'bool';

/** A known extent, or the name of one that is known only when the graph runs (`rows`, `tokens`, …). */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** Bytes of a tensor inside a file, referred to in place. */
export interface TensorPlace {
  file: string;
  /** from the start of the file */
  offset: number;
  byteLength: number;
}

export type ConstantData = Float32Array | BigInt64Array | Int32Array;

type None = Record<never, never>;

export interface OpAttributes {
  // ---- leaves
  input: { name: string; dtype: DataType; shape: Shape }; // fed at every run
  constant: { data: ConstantData; shape: Shape }; // held in the graph's own bytes
  external: { name: string; place: TensorPlace; shape: Shape }; // float32 in a file, in place

  // ---- elementwise, with NumPy broadcasting
  add: None;
  sub: None;
  mul: None;
  div: None;
  neg: None;
  exp: None;
  log: None;
  sqrt: None;
  reciprocal: None;
  sigmoid: None;
  silu: None; // x · sigmoid(x)
  greater: None; // a > b, bool
  where: None; // where(condition, a, b)
  cast: { to: DataType };

  // ---- reductions
  sum: { axes: readonly number[] };
  max: { axes: readonly number[] };
  softmax: None; // last
  logSoftmax: None; // last
  cumSum: None; // last, inclusive
  argMax: None; // last, the first of equals, int64

  // ---- products
  matmul: { transposeA: boolean; transposeB: boolean; alpha: number }; // batched over leading axes

  // ---- what a decoder is made of
  rmsNorm: { epsilon: number }; // rmsNorm(x, weight), last
  rotary: { inverse: boolean }; // rotary(x [rows, heads, tokens, headDim], positions [rows, tokens], cos, sin)

  // ---- movement
  reshape: { shape: Shape };
  reshapeLike: None; // reshapeLike(x, like)
  expandLike: None; // expandLike(x, like)
  zerosLike: None;
  transpose: { permutation: readonly number[] };
  slice: { axis: number; start: number; end: number; extent?: Dim }; // extent names the result where x's is symbolic
  concat: { axis: number };

  // ---- indexing
  gather: None; // gather(table [n, …], index) over the first axis
  scatterAdd: None; // scatterAdd(onto [n, width], index [k], updates [k, width]): rows added
  gatherLast: None; // gatherLast(x [… , v], index [… , 1])
  scatterLast: None; // scatterLast(onto [… , v], index [… , 1], updates [… , 1])
  topKValues: { k: number }; // last, descending
  topKIndices: { k: number };

  // ---- when a value is computed, and for how long it is kept
  recomputed: None; // recomputed(y, x, ...leaves): y, made of x and the leaves, made again for its gradient
  barrier: None; // barrier(x, after): x, not before `after` is there
}

export type Op = keyof OpAttributes;

/** One value of a graph. Graphs are trees of these that share branches; there are no cycles by construction. */
export interface Node<K extends Op = Op> {
  readonly op: K;
  readonly inputs: readonly Node[];
  readonly attributes: OpAttributes[K];
  readonly shape: Shape;
  readonly dtype: DataType;
}
