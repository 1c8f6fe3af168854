/**
 * The engine against PyTorch and transformers, on a random small checkpoint for every switch of the configuration.
 * `make_fixtures.py` says how the expected numbers were made.
 */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ModelConfig } from '../../src/engine/checkpoint/config.ts';
import { writeMerged } from '../../src/engine/checkpoint/merged.ts';
import { readTensorF32 } from '../../src/engine/checkpoint/safetensors.ts';
import { logProbsOf } from '../../src/engine/runtime/score.ts';
import { LoadedModel } from '../../src/engine/runtime/loaded-model.ts';
import { objective } from '../../src/engine/train/objective.ts';
import type { ZVectors } from '../../src/shared/matrices.ts';
import { expectClose, greedy, logitsAt, openModel, relativeError, toZ, type Opened } from './support.ts';

const vectors = z.record(z.string(), z.array(z.number()));
const expectedSchema = z.object({
  ids: z.array(z.number()), prompt_tokens: z.number(), reward: z.number(), kl_coefficient: z.number(),
  logits: vectors, greedy: z.array(z.number()), z: vectors,
  policy: z.object({
    last_logits: z.array(z.number()), greedy: z.array(z.number()), answer_log_probs: z.array(z.number()),
    log_likelihood: z.number(), kl_policy_base: z.number(), kl_base_policy: z.number(), objective: z.number(), gradient: vectors,
  }),
});

/** Relative, on the CPU: both sides compute in fp32, in different orders. */
const tolerance = 2e-5;

/** A configuration without the switch that a fixture is there for; its logits must not pass. */
const without: Record<string, (config: ModelConfig) => ModelConfig> = {
  'llama-rope-llama3': (config) => ({ ...config, ropeScaling: null }),
  'llama-rope-llama3-new': (config) => ({ ...config, ropeTheta: 10_000 }),
  'llama-rope-linear': (config) => ({ ...config, ropeScaling: null }),
  'mistral-sliding': (config) => ({ ...config, slidingWindow: null }),
  'llama-bias': (config) => ({ ...config, attentionBias: false }),
};

const folder = join(import.meta.dirname, 'fixtures');
describe.each(readdirSync(folder))('%s', (name) => {
  let opened: Opened;
  let expected: z.output<typeof expectedSchema>;
  let tuned: ZVectors;
  const prompt = (): number[] => expected.ids.slice(0, expected.prompt_tokens);
  const answer = (): number[] => expected.ids.slice(expected.prompt_tokens);
  beforeAll(async () => {
    expected = expectedSchema.parse(JSON.parse(await readFile(join(folder, name, 'expected.json'), 'utf8')));
    opened = await openModel(join(folder, name));
    tuned = toZ(expected.z);
  });
  afterAll(async () => opened.close());

  test('logits', async () => {
    const positions = Object.keys(expected.logits);
    const logits = await logitsAt(opened.model, expected.ids, positions.map(Number), { kind: 'base' });
    positions.forEach((position, i) => expect(relativeError(logits[i], expected.logits[position])).toBeLessThan(tolerance));
  });

  const change = without[name];
  if (change) test('logits without the switch are others', async () => {
    const { model, checkpoint } = opened;
    const changed = new LoadedModel({ checkpoint: { ...checkpoint, config: change(checkpoint.config) }, tokenizer: model.tokenizer, device: 'cpu', threads: 1, factors: async () => Promise.resolve([]) });
    const last = expected.ids.length - 1;
    const [logits] = await logitsAt(changed, expected.ids, [last], { kind: 'base' });
    await changed.release();
    expect(relativeError(logits, expected.logits[last])).toBeGreaterThan(100 * tolerance);
  });

  test('logits with z: shared, a z for each row, and merged weights', async () => {
    const last = expected.ids.length - 1;
    const { model } = opened;
    const kinds = [{ kind: 'shared', z: tuned }, { kind: 'per-row', z: [tuned] }, { kind: 'merged', weights: await model.merge(tuned) }] as const;
    for (const adaptation of kinds) {
      const [logits] = await logitsAt(model, expected.ids, [last], adaptation);
      expect(relativeError(logits, expected.policy.last_logits), adaptation.kind).toBeLessThan(tolerance);
    }
  });

  test('greedy continuations of base and policy, as rows of one ragged batch', async () => {
    // The third row is longer and the second the base, so that neither padding nor a neighbour's z may matter.
    const rows = await greedy(opened.model, [prompt(), prompt(), expected.ids], 12, { kind: 'per-row', z: [tuned, {}, tuned] });
    expect(rows[0]).toEqual(expected.policy.greedy);
    expect(rows[1]).toEqual(expected.greedy);
    expect((await greedy(opened.model, [prompt()], 12, { kind: 'base' }))[0]).toEqual(expected.greedy);
  });

  test('log-probabilities of the answer', async () => {
    const logProbs = await logProbsOf(opened.model, [{ prompt: prompt(), answer: answer() }], { kind: 'shared', z: tuned });
    expect(relativeError(logProbs, expected.policy.answer_log_probs)).toBeLessThan(tolerance);
  });

  test('likelihood, both divergences, the objective and its gradient for every z', async () => {
    const { reward, kl_coefficient: coefficient, policy } = expected;
    const sums = await objective(opened.model, tuned, [{ prompt: prompt(), answer: answer(), weight: reward, klWeight: coefficient }], { klDirection: 'policy-base', gradient: true });
    expectClose(sums.logLikelihood[0], policy.log_likelihood, tolerance);
    expectClose(sums.klPolicyBase[0], policy.kl_policy_base, tolerance);
    expectClose(sums.klBasePolicy[0], policy.kl_base_policy, tolerance);
    expectClose(reward * sums.logLikelihood[0] - coefficient * sums.klPolicyBase[0], policy.objective, tolerance);
    expect([...sums.gradient.keys()]).toEqual(Object.keys(policy.gradient));
    for (const [matrix, values] of sums.gradient) expect(relativeError(values, policy.gradient[matrix]), matrix).toBeLessThan(5 * tolerance);
  });

  test('a merged checkpoint is a model of its own with the policy’s logits', async () => {
    const { model, checkpoint, cacheRoot } = opened;
    const factors = new Map((await model.factorsOf(Object.keys(tuned))).map((factor) => [factor.name, factor]));
    const out = join(cacheRoot, 'merged');
    await writeMerged({
      checkpoint, z: tuned, out, metadata: { base: name },
      svd: async (matrix) => {
        const { u, sigma, vt } = factors.get(matrix)!;
        return { sigma, u: await readTensorF32({ dtype: 'F32', ...u }), vt: await readTensorF32({ dtype: 'F32', ...vt }) };
      },
    });
    const merged = await openModel(out);
    try {
      expect(merged.checkpoint.dtype).toBe(checkpoint.dtype);
      const [logits] = await logitsAt(merged.model, expected.ids, [expected.ids.length - 1], { kind: 'base' });
      // Weights rounded to 8 or 11 bits move the logits by about as much.
      const rounding = { float32: tolerance, float16: 3e-3, bfloat16: 3e-2 }[checkpoint.dtype];
      expect(relativeError(logits, expected.policy.last_logits)).toBeLessThan(rounding);
    } finally {
      await merged.close();
    }
  });
});
