/** The forms of the objective's graph (kept or recomputed layers, a whole head or one in parts) give the same numbers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matrixName, projections } from '../../shared/matrices.ts';
import type { ModelConfig } from '../checkpoint/config.ts';
import { Random } from '../runtime/random.ts';
import { floatData, floats, longs, Session } from '../runtime/session.ts';
import { causalMask, rightPadded, RotaryTables } from './feeds.ts';
import { objectiveGraph, type ObjectiveGraphOptions } from './graphs.ts';
import { factorisedWeights, plainWeights, scaleName, type FactorisedMatrix, type PlacedTensor } from './weights.ts';

const config: ModelConfig = {
  architecture: 'llama', hiddenSize: 16, intermediateSize: 24, layers: 3, heads: 4, keyValueHeads: 2, headDim: 4, vocabularySize: 40, maxPositions: 64,
  rmsNormEps: 1e-5, ropeTheta: 10000, ropeScaling: null, slidingWindow: null, tieWordEmbeddings: true, attentionBias: false, mlpBias: false, bosTokenId: 1, eosTokenIds: [2], dtype: 'float32',
};
const folder = mkdtempSync(join(tmpdir(), 'singular-forms-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Random tensors in one file; a random pair stands for U and Vᵀ, which the graph does not ask to be orthogonal. */
function randomModel(): { tensors: Map<string, PlacedTensor>; factors: FactorisedMatrix[] } {
  const random = new Random(11);
  const file = join(folder, 'weights.bin');
  const values: number[] = [];
  const place = (shape: readonly number[], deviation: number): PlacedTensor => {
    const count = shape.reduce((a, b) => a * b, 1);
    const offset = values.length * 4;
    for (let i = 0; i < count; i++) values.push(random.normal() * deviation);
    return { file, offset, byteLength: count * 4, shape };
  };
  const { hiddenSize, intermediateSize, heads, keyValueHeads, headDim, vocabularySize } = config;
  const extents = { q: [heads * headDim, hiddenSize], k: [keyValueHeads * headDim, hiddenSize], v: [keyValueHeads * headDim, hiddenSize], o: [hiddenSize, heads * headDim], gate: [intermediateSize, hiddenSize], up: [intermediateSize, hiddenSize], down: [hiddenSize, intermediateSize] } as const;
  const tensors = new Map([['model.embed_tokens.weight', place([vocabularySize, hiddenSize], 1)], ['model.norm.weight', place([hiddenSize], 1)]]);
  const factors: FactorisedMatrix[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    for (const norm of ['input_layernorm', 'post_attention_layernorm']) tensors.set(`model.layers.${layer}.${norm}.weight`, place([hiddenSize], 1));
    for (const projection of projections) {
      const [rows, columns] = extents[projection];
      const rank = Math.min(rows, columns);
      factors.push({ name: matrixName(layer, projection), u: place([rows, rank], 0.4), sigma: new Float32Array(rank).fill(1), vt: place([rank, columns], 0.4) });
    }
  }
  writeFileSync(file, Float32Array.from(values));
  return { tensors, factors };
}

const sequences = [[3, 9, 4, 1, 7, 30, 22], [5, 5, 2, 39, 12]];
const at = [3, 4, 5, 8, 9, 10];
const targets = [7, 30, 22, 39, 12, 2];

describe('objective graph', () => {
  let model: ReturnType<typeof randomModel>;
  beforeAll(() => void (model = randomModel()));

  async function numbers(form: Pick<ObjectiveGraphOptions, 'recompute' | 'headParts'>): Promise<Map<string, Float32Array>> {
    const graph = objectiveGraph(config, factorisedWeights(plainWeights(model.tensors), model.factors, 'shared'), { klDirection: 'policy-base', gradient: true, ...form });
    const session = await Session.open(graph, { device: 'cpu', threads: 1 });
    const random = new Random(12);
    const noise = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());
    const { rows, tokens, ids, positions } = rightPadded(sequences);
    const { cos, sin, positions: places } = new RotaryTables(config).for(tokens);
    const outputs = await session.run({
      ids: longs(ids, [rows, tokens]), positions: longs(positions, [rows, tokens]), mask: floats(causalMask(tokens, null), [tokens, tokens]),
      cos: floats(cos, [places, config.headDim / 2]), sin: floats(sin, [places, config.headDim / 2]),
      at: longs(BigInt64Array.from(at, BigInt), [at.length]), targets: longs(BigInt64Array.from(targets, BigInt), [at.length, 1]),
      baseHidden: floats(noise(at.length * config.hiddenSize), [at.length, config.hiddenSize]), weight: floats(noise(at.length), [at.length, 1]), klWeight: floats(noise(at.length), [at.length, 1]),
      ...Object.fromEntries(model.factors.map(({ name, sigma }) => [scaleName(name), floats(noise(sigma.length), [sigma.length])])),
    });
    await session.release();
    return new Map([...graph.outputs.keys()].map((name) => [name, floatData(outputs[name])]));
  }

  it('recomputed layers change no bit', async () => {
    const kept = await numbers({});
    expect(kept.size).toBe(3 + 7 * config.layers);
    expect(await numbers({ recompute: true })).toEqual(kept);
  });

  it.each([2, 3, 6])('a head in %i parts gives the same numbers', async (headParts) => {
    const whole = await numbers({});
    for (const [name, values] of await numbers({ recompute: true, headParts })) {
      const expected = whole.get(name) ?? new Float32Array(0);
      const largest = Math.max(...expected.map(Math.abs));
      values.forEach((value, i) => expect(Math.abs(value - expected[i]) / largest, `${name}[${i}]`).toBeLessThan(1e-5));
    }
  });
});
