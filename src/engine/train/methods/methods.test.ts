/** Every method on a small random model: its gradient against central differences, its merged weights against its graph, its start at the base. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quickPreset, type TrainingConfig } from '../../../shared/training.ts';
import { openCheckpoint } from '../../checkpoint/open.ts';
import { writeCheckpoint } from '../../checkpoint/testing.ts';
import type { Tokenizer } from '../../checkpoint/tokenizer.ts';
import { LoadedModel } from '../../runtime/loaded-model.ts';
import { openProducts } from '../../runtime/products.ts';
import { Random } from '../../runtime/random.ts';
import { logProbsOf } from '../../runtime/score.ts';
import { buildSvdCache } from '../../svd/cache.ts';
import { objective, policyObjective, type WeightedSequence } from '../objective.ts';
import { dropoutMask } from './dropout.ts';
import { adaptationOf, adapterMatrices, methodOf } from './index.ts';
import type { Method, Parameters, Policy } from './method.ts';
import { referenceGradient, referenceZ } from './svf.ts';
import { chosenLayers, tunedMatrices } from '../../../shared/tuned.ts';

const folder = mkdtempSync(join(tmpdir(), 'singular-methods-'));
let model: LoadedModel;
beforeAll(async () => {
  await writeCheckpoint(folder, { config: { attention_bias: true }, seed: 5 });
  const checkpoint = await openCheckpoint(folder);
  const factors = async () => {
    const backend = openProducts({ threads: 1 });
    const { matrices } = await buildSvdCache({ checkpoint, directory: join(folder, 'svd'), backend });
    await backend.release();
    return matrices;
  };
  // these tests are about token ids
  model = new LoadedModel({ checkpoint, tokenizer: undefined as unknown as Tokenizer, device: 'cpu', threads: 1, factors });
});
afterAll(async () => {
  await model.release();
  rmSync(folder, { recursive: true, force: true });
});

const config: TrainingConfig = { ...quickPreset, rank: 3, alpha: 6, dropout: 0.3, modules: 'both', initMean: 1, initDeviation: 0 };
const cases: [string, Partial<TrainingConfig>][] = [
  ['svf, direct', { method: 'svf' }],
  ['svf, reference', { method: 'svf', parametrisation: 'reference', initMean: 0.1, initDeviation: 0.3 }],
  ['lora', { method: 'lora', dropout: 0 }],
  ['lora with dropout on query and value', { method: 'lora', modules: 'query-value' }],
  ['lora with dropout', { method: 'lora' }],
  ['dora', { method: 'dora', dropout: 0 }],
  ['dora with dropout', { method: 'dora' }],
  ['ia3', { method: 'ia3' }],
];
const sequences: WeightedSequence[] = [
  { prompt: [1, 5, 9], answer: [3, 4, 12, 2], weight: 0.7, klWeight: 0.3 },
  { prompt: [1, 7], answer: [11, 30], weight: -0.4, klWeight: 0.3 },
];
const noise = { seed: 4, step: 2 };

/** Parameters away from the start, where no tensor is zero. */
function moved(method: Method, seed = 1): Parameters {
  const random = new Random(seed);
  return Object.fromEntries(Object.entries(method.initial(3)).map(([name, values]) => [name, values.map((value) => value + 0.2 * random.normal())]));
}
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe.each(cases)('%s', (_, changes) => {
  it.each(['policy-base', 'base-policy'] as const)('has the gradient of its objective, KL %s', async (klDirection) => {
    const method = await methodOf(model, { ...config, ...changes });
    const parameters = moved(method);
    const policy = await method.policy(parameters, noise);
    const piece = { index: 0, rows: 2, tokens: 7 };
    // PEFT lets no gradient through DoRA's norm: it stays as it is at the centre
    const norms = Object.fromEntries(Object.entries(policy.feeds(piece)).filter(([name]) => name.startsWith('norm:')));
    const valueOf = async (at: Parameters): Promise<number> => {
      const other = await method.policy(at, noise);
      const held: Policy = { ...other, feeds: (of) => ({ ...other.feeds(of), ...norms }) };
      const { logLikelihood, klPolicyBase, klBasePolicy } = await policyObjective(model, held, sequences, { klDirection, gradient: false });
      const kl = klDirection === 'policy-base' ? klPolicyBase : klBasePolicy;
      return sum(sequences.map(({ weight, klWeight }, i) => weight * logLikelihood[i] - klWeight * kl[i]));
    };
    const { gradient: ofInputs } = await policyObjective(model, policy, sequences, { klDirection, gradient: true });
    const gradient = method.gradient(parameters, ofInputs);
    expect([...gradient.keys()].sort()).toEqual(Object.keys(parameters).sort());
    const random = new Random(9);
    for (const [name, values] of Object.entries(parameters)) {
      const direction = values.map(() => random.normal());
      const h = 2e-3;
      const along = (sign: number): Parameters => ({ ...parameters, [name]: values.map((value, i) => value + sign * h * direction[i]) });
      const measured = ((await valueOf(along(1))) - (await valueOf(along(-1)))) / (2 * h);
      const expected = dot(gradient.get(name) ?? new Float32Array(0), direction);
      expect(Math.abs(measured - expected), name).toBeLessThan(2e-3 + 1e-2 * Math.abs(expected));
    }
  });

  it('merged into the weights is the same model', async () => {
    const method = await methodOf(model, { ...config, ...changes });
    const parameters = moved(method);
    const merged = await logProbsOf(model, sequences, { kind: 'merged', weights: await method.merged(parameters) });
    const { logLikelihood, klPolicyBase } = await policyObjective(model, await method.policy(parameters), sequences, { klDirection: 'policy-base', gradient: false });
    expect(sum([...merged.slice(0, 4)])).toBeCloseTo(logLikelihood[0], 4);
    expect(sum([...merged.slice(4)])).toBeCloseTo(logLikelihood[1], 4);
    expect(klPolicyBase[0]).toBeGreaterThan(1e-4);
  });

  it('what an expert keeps is the same model', async () => {
    const full = { ...config, ...changes };
    const method = await methodOf(model, full);
    const parameters = moved(method);
    const tensors = method.tensors(parameters);
    const kept = full.method === 'svf'
      ? await adaptationOf(model, { method: 'svf', z: Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data])) })
      : await adaptationOf(model, { method: full.method, tensors, rank: full.rank, alpha: full.alpha });
    const expected = await logProbsOf(model, sequences, { kind: 'merged', weights: await method.merged(parameters) });
    const actual = await logProbsOf(model, sequences, kept);
    expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 5));
    expect(method.count).toBe(sum(Object.values(parameters).map(({ length }) => length)));
  });

  it('starts at the base, and its base is the base', async () => {
    const method = await methodOf(model, { ...config, ...changes });
    const base = await logProbsOf(model, sequences, { kind: 'base' });
    const isStart = changes.parametrisation !== 'reference';
    for (const parameters of [method.base(), ...(isStart ? [method.initial(3)] : [])]) {
      const actual = await logProbsOf(model, sequences, { kind: 'merged', weights: await method.merged(parameters) });
      base.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 4));
    }
    expect(method.initial(3)).toEqual(method.initial(3));
  });
});

it('the reference parametrisation keeps the nuclear norm, and a constant p is the base', () => {
  const sigma = Float32Array.of(5, 3, 1, 0.2);
  expect([...referenceZ(sigma, new Float32Array(4).fill(0.1))]).toEqual([1, 1, 1, 1]);
  const p = Float32Array.of(0.5, -1, 2, 0);
  expect(dot(sigma, referenceZ(sigma, p))).toBeCloseTo(9.2, 5);
  const g = Float32Array.of(0.3, -0.7, 1.1, 2);
  const gradient = referenceGradient(sigma, p, g);
  p.forEach((_, j) => {
    const at = (h: number): number => dot(g, referenceZ(sigma, p.map((value, i) => (i === j ? value + h : value))));
    expect(gradient[j]).toBeCloseTo((at(1e-2) - at(-1e-2)) / 2e-2, 3);
  });
});

it('dropout drops its share, keeps the mean, and is the same for the same numbers', () => {
  const mask = dropoutMask(100_000, 0.05, new Random(1));
  const dropped = mask.filter((value) => value === 0).length;
  expect(Math.abs(dropped - 5000)).toBeLessThan(4 * Math.sqrt(4750));
  expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.95)]));
  expect(dropoutMask(1000, 0.05, new Random(1))).toEqual(mask.slice(0, 1000));
});

it.each(['lora', 'dora'] as const)('%s with a dropout that drops nothing is that without', async (name) => {
  const plain = await methodOf(model, { ...config, method: name, dropout: 0 });
  const dropping = await methodOf(model, { ...config, method: name, dropout: 1e-12 });
  const parameters = moved(plain);
  const options = { klDirection: 'policy-base', gradient: false } as const;
  const without = await policyObjective(model, await plain.policy(parameters, noise), sequences, options);
  const policy = await dropping.policy(parameters, noise);
  expect(policy.key).not.toBe((await plain.policy(parameters, noise)).key);
  const nothing = await policyObjective(model, policy, sequences, options);
  nothing.logLikelihood.forEach((value, i) => expect(value).toBeCloseTo(without.logLikelihood[i], 4));
});

it('dropout changes from step to step', async () => {
  const method = await methodOf(model, { ...config, method: 'lora' });
  const parameters = moved(method);
  const at = async (step: number): Promise<number[]> => (await policyObjective(model, await method.policy(parameters, { seed: 4, step }), sequences, { klDirection: 'policy-base', gradient: false })).logLikelihood;
  expect(await at(1)).toEqual(await at(1));
  expect(await at(2)).not.toEqual(await at(1));
});

it('layers and modules name matrices', () => {
  expect(chosenLayers('all', 3)).toEqual([0, 1, 2]);
  expect(chosenLayers('every-second', 5)).toEqual([0, 2, 4]);
  expect([chosenLayers('first-half', 5), chosenLayers('last-half', 5)]).toEqual([[0, 1, 2], [3, 4]]);
  expect(chosenLayers([2, 0], 3)).toEqual([0, 2]);
  expect(() => chosenLayers([3], 3)).toThrow('“layers” names layer 3');
  const projections = (changes: Partial<TrainingConfig>): string[] => tunedMatrices(model.checkpoint.matrices, 2, { ...config, layers: [1], ...changes }).map(({ projection }) => projection);
  expect(projections({ modules: 'query-value' })).toEqual(['q', 'v']);
  expect(projections({ modules: 'attention' })).toEqual(['q', 'k', 'v', 'o']);
  expect(projections({ modules: 'both', method: 'ia3' })).toEqual(['k', 'v', 'down']);
  expect(projections({ modules: 'mlp', method: 'ia3' })).toEqual(['down']);
});

it('an adapter of another model is refused by name', async () => {
  const method = await methodOf(model, { ...config, method: 'lora' });
  const tensors = method.tensors(method.base());
  const [first] = Object.keys(tensors);
  const adapter = { method: 'lora', tensors, rank: 3 } as const;
  expect(adapterMatrices(model.checkpoint.matrices, adapter)).toHaveLength(14);
  expect(() => adapterMatrices(model.checkpoint.matrices, { ...adapter, rank: 4 })).toThrow(`“${first}” has shape [3, 8]; this model takes [4, 8]`);
  expect(() => adapterMatrices(model.checkpoint.matrices, { ...adapter, tensors: { ...tensors, other: { shape: [1], data: new Float32Array(1) } } })).toThrow('tunes “other”');
  expect(() => adapterMatrices(model.checkpoint.matrices, { ...adapter, tensors: Object.fromEntries(Object.entries(tensors).slice(0, 1)) })).toThrow('lacks');
});

it('z’s own objective is the direct method’s', async () => {
  const method = await methodOf(model, { ...config, method: 'svf' });
  const z = moved(method);
  const options = { klDirection: 'policy-base', gradient: true } as const;
  const direct = await policyObjective(model, await method.policy(z), sequences, options);
  expect((await objective(model, z, sequences, options)).gradient).toEqual(method.gradient(z, direct.gradient));
});
