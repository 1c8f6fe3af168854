/**
 * Every rule of the gradient table against central differences of the same op, run by ONNX Runtime in both dialects,
 * at points that include zeros and negatives. (Whole models are checked against PyTorch's autograd in tests/parity.)
 */
import { describe, expect, it } from 'vitest';
import { add, concat, constant, div, exp, expandLike, gather, gatherLast, greater, input, log, logSoftmax, matmul, mul, neg, reciprocal, reshape, reshapeLike, rmsNorm, rotary, scatterLast, sigmoid, silu, slice, softmax, sqrt, sub, sum, transpose, where, zerosLike, argMax, cumSum, max, scatterAdd, topKIndices, topKValues, cast, scalar, external } from './builders.ts';
import { encodeGraph } from './encode.ts';
import { gradientRules, gradientsOf } from './gradients.ts';
import { graph } from './graph.ts';
import type { Node, Op } from './ops.ts';
import { recomputed } from './recompute.ts';
import { GraphError, node } from './shapes.ts';
import { Random } from '../runtime/random.ts';
import { floatData, floats, Session } from '../runtime/session.ts';

interface Case {
  shapes: number[][];
  build: (...x: Node[]) => Node;
  /** keeps log, sqrt and division away from their poles */
  positive?: boolean;
}

const index = (...values: number[]): BigInt64Array => BigInt64Array.from(values, BigInt);
const cases: Partial<Record<Op, Case[]>> = {
  add: [{ shapes: [[2, 3], [3]], build: add }, { shapes: [[2, 1], [2, 3]], build: add }],
  sub: [{ shapes: [[2, 3], [1, 3]], build: sub }],
  mul: [{ shapes: [[2, 3], [2, 1]], build: mul }, { shapes: [[2, 3], []], build: mul }],
  div: [{ shapes: [[2, 3], [3]], build: div, positive: true }],
  neg: [{ shapes: [[4]], build: neg }],
  exp: [{ shapes: [[4]], build: exp }],
  log: [{ shapes: [[4]], build: log, positive: true }],
  sqrt: [{ shapes: [[4]], build: sqrt, positive: true }],
  reciprocal: [{ shapes: [[4]], build: reciprocal, positive: true }],
  sigmoid: [{ shapes: [[5]], build: sigmoid }],
  silu: [{ shapes: [[5]], build: silu }],
  where: [{ shapes: [[2, 3], [3]], build: (a, b) => where(greater(constant(Float32Array.of(1, -1, 1, -1, 1, -1), [2, 3]), scalar(0)), a, b) }],
  sum: [{ shapes: [[2, 3, 2]], build: (x) => sum(x, [0, 2]) }],
  softmax: [{ shapes: [[2, 4]], build: softmax }],
  logSoftmax: [{ shapes: [[2, 4]], build: logSoftmax }],
  matmul: [
    { shapes: [[2, 3, 4], [4, 2]], build: (a, b) => matmul(a, b) },
    { shapes: [[2, 3, 4], [5, 4]], build: (a, b) => matmul(a, b, { transposeB: true, alpha: 0.5 }) },
    { shapes: [[2, 4, 3], [2, 4, 2]], build: (a, b) => matmul(a, b, { transposeA: true }) },
    { shapes: [[2, 4, 3], [2, 5, 4]], build: (a, b) => matmul(a, b, { transposeA: true, transposeB: true }) },
    { shapes: [[3, 4], [4, 2]], build: (a, b) => matmul(a, b) },
  ],
  rmsNorm: [{ shapes: [[2, 3, 4], [4]], build: (x, w) => rmsNorm(x, w, 1e-5) }],
  rotary: [{
    shapes: [[1, 2, 3, 8]],
    build: (x) => {
      const angles = Float32Array.from({ length: 12 }, (_, i) => i / 3);
      return rotary(x, constant(index(0, 1, 2), [1, 3]), constant(angles.map(Math.cos), [3, 4]), constant(angles.map(Math.sin), [3, 4]));
    },
  }],
  reshape: [{ shapes: [[2, 6]], build: (x) => reshape(x, [3, 4]) }],
  reshapeLike: [{ shapes: [[2, 6], [3, 4]], build: (x, like) => reshapeLike(x, like) }],
  expandLike: [{ shapes: [[2, 1], [2, 3]], build: (x, like) => expandLike(x, like) }],
  transpose: [{ shapes: [[2, 3, 4]], build: (x) => transpose(x, [2, 0, 1]) }],
  slice: [{ shapes: [[2, 5]], build: (x) => slice(x, 1, 1, 3) }],
  concat: [{ shapes: [[2, 1], [2, 3]], build: (a, b) => concat([a, b], 1) }],
  gather: [{ shapes: [[4, 3]], build: (x) => gather(x, constant(index(1, 3, 1), [3])) }],
  gatherLast: [{ shapes: [[2, 4]], build: (x) => gatherLast(x, constant(index(3, 0), [2, 1])) }],
  scatterLast: [{ shapes: [[2, 1]], build: (x) => scatterLast(zerosLike(constant(new Float32Array(8), [2, 4])), constant(index(3, 0), [2, 1]), x) }],
  cast: [{ shapes: [[3]], build: (x) => cast(x, 'float32') }],
  recomputed: [
    { shapes: [[2, 3], [3, 3]], build: (x, w) => recomputed(mul(x, x), (y) => silu(matmul(y, w))) },
    { shapes: [[2, 3], [3]], build: (x, w) => recomputed(x, (y) => mul(recomputed(exp(y), (inner) => mul(inner, w)), y)) },
  ],
};

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

for (const dialect of ['cpu', 'portable'] as const) {
  describe(`gradients, ${dialect} dialect`, () => {
    for (const [op, list] of Object.entries(cases)) {
      list.forEach(({ shapes, build, positive }, which) => {
        it(`${op} ${which}`, async () => {
          const random = new Random(7, which);
          const point = (shape: readonly number[]): Float32Array =>
            Float32Array.from({ length: size(shape) }, (_, i) => (positive ? 0.5 + random.uniform() : i === 1 ? 0 : random.normal()));
          const inputs = shapes.map((shape, i) => input(`x${i}`, 'float32', shape));
          const y = build(...inputs);
          const weight = constant(point(y.shape.map(Number)), y.shape);
          const axes = y.shape.map((_, axis) => axis);
          const objective = axes.length === 0 ? mul(y, weight) : sum(mul(y, weight), axes);
          const gradients = gradientsOf(objective, inputs);
          const outputs = { objective, ...Object.fromEntries(gradients.map((gradient, i) => [`g${i}`, gradient])) };
          const session = await Session.open(graph(op, outputs), { device: 'cpu', threads: 1, dialect });
          const at = shapes.map(point);
          const feeds = () => Object.fromEntries(at.map((data, i) => [`x${i}`, floats(data, shapes[i])]));
          const used = new Set(session.graph.inputs.map(({ attributes }) => attributes.name));
          const run = async () => session.run(Object.fromEntries(Object.entries(feeds()).filter(([name]) => used.has(name))));
          const analytic = await run();
          for (const [i, data] of at.entries()) {
            for (let j = 0; j < data.length; j++) {
              const x = data[j];
              const h = 1e-2;
              data[j] = x + h;
              const above = floatData((await run())['objective'])[0];
              data[j] = x - h;
              const below = floatData((await run())['objective'])[0];
              data[j] = x;
              const expected = (above - below) / (2 * h);
              expect(Math.abs(floatData(analytic[`g${i}`])[j] - expected), `x${i}[${j}]`).toBeLessThan(4e-3 + 4e-3 * Math.abs(expected));
            }
          }
          await session.release();
        });
      });
    }
  });
}

describe('the table', () => {
  it('has a test for every op that is differentiable', () => {
    const leaves: Op[] = ['input', 'constant', 'external', 'zerosLike'];
    const differentiable = Object.entries(gradientRules).filter(([, rule]) => rule !== 'not differentiable').map(([op]) => op as Op);
    expect(differentiable.filter((op) => !leaves.includes(op) && !cases[op])).toEqual([]);
  });

  it('refuses a gradient through an op that has none', () => {
    const x = input('x', 'float32', [2, 4]);
    for (const y of [cumSum(x), max(x, [1]), topKValues(x, 2), node('barrier', [x, x], {}), scatterAdd(x, constant(index(0), [1]), slice(x, 0, 0, 1))]) {
      expect(() => gradientsOf(sum(y, [0, 1]), [x])).toThrow(GraphError);
    }
    expect(argMax(x).dtype).toBe('int64');
    expect(topKIndices(x, 2).dtype).toBe('int64');
  });

  it('gives zeros for a target that the objective does not see', () => {
    const [gradient] = gradientsOf(sum(input('x', 'float32', [2]), [0]), [input('unseen', 'float32', [3])]);
    expect(gradient.op).toBe('zerosLike');
  });
});

describe('shape rules', () => {
  const x = input('x', 'float32', ['rows', 3]);
  it.each([
    ['dimensions that do not broadcast', () => add(x, input('y', 'float32', ['rows', 4]))],
    ['unlike symbols', () => add(x, input('y', 'float32', ['tokens', 3]))],
    ['inner extents of a product', () => matmul(x, input('y', 'float32', [4, 2]))],
    ['types', () => add(x, constant(index(1), [1]))],
    ['a constant of another size', () => constant(Float32Array.of(1, 2), [3])],
    ['a reshape that changes the size', () => reshape(input('y', 'float32', [2, 3]), [4])],
    ['an index of floats', () => gather(x, x)],
    ['bytes of another size', () => external('w', { file: 'w', offset: 0, byteLength: 4 }, [2])],
    ['a norm of another width', () => rmsNorm(x, input('w', 'float32', [4]), 1e-5)],
  ])('refuse %s', (_, build) => expect(build).toThrow(GraphError));

  it('refuse a name used twice in a graph', () => {
    expect(() => graph('g', { x: neg(input('x', 'float32', [1])) })).toThrow(/used twice/);
  });

  it('leave at most one extent of a reshape open', () => {
    const open = graph('g', { y: reshape(input('x', 'float32', ['a', 'b', 4]), ['c', 'd', 2]) });
    expect(() => encodeGraph(open, { dialect: 'cpu', locate: ({ file }) => file })).toThrow(/leaves two extents open/);
  });
});
