/** One function per op, so that a layer or a loss reads like its formula. */
import type { ConstantData, DataType, Dim, Node, Shape, TensorPlace } from './ops.ts';
import { node } from './shapes.ts';

export const input = (name: string, dtype: DataType, shape: Shape): Node => node('input', [], { name, dtype, shape });
export const constant = (data: ConstantData, shape: Shape): Node => node('constant', [], { data, shape });
export const scalar = (value: number): Node => constant(Float32Array.of(value), []);
export const external = (name: string, place: TensorPlace, shape: Shape): Node => node('external', [], { name, place, shape });

export const add = (a: Node, b: Node): Node => node('add', [a, b], {});
export const sub = (a: Node, b: Node): Node => node('sub', [a, b], {});
export const mul = (a: Node, b: Node): Node => node('mul', [a, b], {});
export const div = (a: Node, b: Node): Node => node('div', [a, b], {});
export const neg = (x: Node): Node => node('neg', [x], {});
export const exp = (x: Node): Node => node('exp', [x], {});
export const log = (x: Node): Node => node('log', [x], {});
export const sqrt = (x: Node): Node => node('sqrt', [x], {});
export const reciprocal = (x: Node): Node => node('reciprocal', [x], {});
export const sigmoid = (x: Node): Node => node('sigmoid', [x], {});
export const silu = (x: Node): Node => node('silu', [x], {});
export const greater = (a: Node, b: Node): Node => node('greater', [a, b], {});
export const where = (condition: Node, a: Node, b: Node): Node => node('where', [condition, a, b], {});
export const cast = (x: Node, to: DataType): Node => node('cast', [x], { to });

export const sum = (x: Node, axes: readonly number[]): Node => node('sum', [x], { axes });
export const max = (x: Node, axes: readonly number[]): Node => node('max', [x], { axes });
export const softmax = (x: Node): Node => node('softmax', [x], {});
export const logSoftmax = (x: Node): Node => node('logSoftmax', [x], {});
export const cumSum = (x: Node): Node => node('cumSum', [x], {});
export const argMax = (x: Node): Node => node('argMax', [x], {});

export interface MatmulOptions {
  transposeA?: boolean;
  transposeB?: boolean;
  alpha?: number;
}
export const matmul = (a: Node, b: Node, { transposeA = false, transposeB = false, alpha = 1 }: MatmulOptions = {}): Node =>
  node('matmul', [a, b], { transposeA, transposeB, alpha });

export const rmsNorm = (x: Node, weight: Node, epsilon: number): Node => node('rmsNorm', [x, weight], { epsilon });
export const rotary = (x: Node, positions: Node, cos: Node, sin: Node, inverse = false): Node =>
  node('rotary', [x, positions, cos, sin], { inverse });

export const reshape = (x: Node, shape: Shape): Node => node('reshape', [x], { shape });
export const reshapeLike = (x: Node, like: Node): Node => node('reshapeLike', [x, like], {});
export const expandLike = (x: Node, like: Node): Node => node('expandLike', [x, like], {});
export const zerosLike = (like: Node): Node => node('zerosLike', [like], {});
export const transpose = (x: Node, permutation: readonly number[]): Node => node('transpose', [x], { permutation });
export const slice = (x: Node, axis: number, start: number, end: number): Node => node('slice', [x], { axis, start, end });
/** From `start` to the end of an axis whose extent is symbolic; `extent` names what is left. */
export const sliceFrom = (x: Node, axis: number, start: number, extent: Dim): Node =>
  node('slice', [x], { axis, start, end: Number.MAX_SAFE_INTEGER, extent });
export const concat = (inputs: readonly Node[], axis: number): Node => node('concat', inputs, { axis });

export const gather = (table: Node, index: Node): Node => node('gather', [table, index], {});
export const scatterAdd = (onto: Node, index: Node, updates: Node): Node => node('scatterAdd', [onto, index, updates], {});
export const gatherLast = (x: Node, index: Node): Node => node('gatherLast', [x, index], {});
export const scatterLast = (onto: Node, index: Node, updates: Node): Node => node('scatterLast', [onto, index, updates], {});
export const topKValues = (x: Node, k: number): Node => node('topKValues', [x], { k });
export const topKIndices = (x: Node, k: number): Node => node('topKIndices', [x], { k });
