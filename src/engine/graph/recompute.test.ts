/** A recomputed block gives the same numbers to the bit, and its second making waits for the gradient. */
import { describe, expect, it } from 'vitest';
import { Random } from '../runtime/random.ts';
import { floatData, floats, Session } from '../runtime/session.ts';
import { constant, input, matmul, mul, rmsNorm, silu, sum } from './builders.ts';
import { gradientsOf } from './gradients.ts';
import { graph, topological, type Graph } from './graph.ts';
import type { Node } from './ops.ts';
import { recomputed } from './recompute.ts';

const width = 8;
const layers = 3;

function chain(recompute: boolean): Graph {
  const random = new Random(5);
  const scales = Array.from({ length: layers }, (_, i) => input(`scale${i}`, 'float32', [width]));
  let x: Node = input('x', 'float32', ['rows', width]);
  for (const scale of scales) {
    const weight = constant(Float32Array.from({ length: width * width }, () => random.normal()), [width, width]);
    const layer = (h: Node): Node => silu(mul(matmul(rmsNorm(h, constant(new Float32Array(width).fill(1), [width]), 1e-5), weight), scale));
    x = recompute ? recomputed(x, layer) : layer(x);
  }
  const objective = sum(mul(x, x), [0, 1]);
  return graph('chain', { objective, ...Object.fromEntries(gradientsOf(objective, scales).map((gradient, i) => [`gradient${i}`, gradient])) });
}

async function numbersOf(built: Graph): Promise<Float32Array[]> {
  const random = new Random(6);
  const session = await Session.open(built, { device: 'cpu', threads: 1 });
  const point = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());
  const outputs = await session.run({ x: floats(point(5 * width), [5, width]), ...Object.fromEntries(Array.from({ length: layers }, (_, i) => [`scale${i}`, floats(point(width), [width])])) });
  await session.release();
  return [...built.outputs.keys()].map((name) => floatData(outputs[name]));
}

describe('recomputed', () => {
  it('gives the numbers of the kept form to the bit', async () => {
    expect(await numbersOf(chain(true))).toEqual(await numbersOf(chain(false)));
  });

  it('makes every block again behind a barrier on the gradient that reaches it', () => {
    const { nodes } = chain(true);
    const barriers = nodes.filter(({ op }) => op === 'barrier');
    expect(barriers).toHaveLength(layers);
    for (const { inputs: [x, after] } of barriers) {
      expect(topological([x]).some(({ op }) => op === 'barrier')).toBe(false);
      expect(topological([after])).toContain(nodes.find(({ op }) => op === 'zerosLike'));
    }
    // the first making of a block feeds the next block and nothing of the gradient
    const kept = new Set(topological(nodes.filter(({ op }) => op === 'recomputed')));
    const backward = nodes.filter((candidate) => !kept.has(candidate));
    const crossing = backward.flatMap(({ inputs }) => inputs.filter((child) => kept.has(child) && !['input', 'constant', 'recomputed'].includes(child.op)));
    expect(crossing).toEqual([]);
  });
});
