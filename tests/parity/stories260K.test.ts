/** The engine against an independent float64 reference on a real pretrained model, ../shared/models/stories260K. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { loadTokenizer } from '../../src/engine/checkpoint/tokenizer.ts';
import { objective } from '../../src/engine/train/objective.ts';
import type { ZVectors } from '../../src/shared/matrices.ts';
import { expectClose, greedy, logitsAt, openModel, relativeError, type Opened } from './support.ts';

const folder = join(import.meta.dirname, '../../../shared/models/stories260K');
const numbers = z.array(z.number());

const expectedSchema = z.object({
  greedy_text_from_bos: z.string(),
  greedy_ids_from_bos: numbers,
  logits_at: z.record(z.string(), z.object({ argmax: z.number(), max: z.number(), mean: z.number(), first8: numbers })),
});
const svfSchema = z.object({
  matrix_order: z.array(z.string()),
  singular_values: z.record(z.string(), numbers),
  cases: z.array(z.object({
    amp: z.number(), freq: z.number(), phase: z.number(),
    ids: numbers, prompt_tokens: z.number(), reward: z.number(), kl_coefficient: z.number(), last_logits: numbers,
    objective: z.object({ loglik: z.number(), kl_policy_base: z.number(), kl_base_policy: z.number(), J: z.number() }),
    gradient_of_J: z.array(z.object({ matrix: z.string(), index: z.number(), dJ_dz: z.number() })),
    greedy_20_after_prompt: numbers,
  })),
});
const json = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(folder, name), 'utf8'));

describe.skipIf(!existsSync(folder))('stories260K (../shared; skipped where that is not there)', () => {
  let opened: Opened;
  let expected: z.output<typeof expectedSchema>;
  let svf: z.output<typeof svfSchema>;
  beforeAll(async () => {
    expected = expectedSchema.parse(await json('expected.json'));
    svf = svfSchema.parse(await json('svf_expected.json'));
    opened = await openModel(folder);
  });
  afterAll(async () => opened.close());

  /** z[matrix j][i] = 1 + amp · sin(phase · (j + 1) + freq · i) */
  const zOf = ({ amp, freq, phase }: { amp: number; freq: number; phase: number }): ZVectors =>
    Object.fromEntries(svf.matrix_order.map((name, j) => {
      const { rank } = opened.checkpoint.matrices.find((matrix) => matrix.name === name)!;
      return [name, Float32Array.from({ length: rank }, (_, i) => 1 + amp * Math.sin(phase * (j + 1) + freq * i))];
    }));

  test('the house order of matrices is the reference’s', () => {
    expect(opened.checkpoint.matrices.map(({ name }) => name)).toEqual(svf.matrix_order);
  });

  test('the greedy story from the BOS token, ids and text', async () => {
    const tokenizer = await loadTokenizer(folder);
    const [ids] = await greedy(opened.model, [tokenizer.promptIds('', true).ids], expected.greedy_ids_from_bos.length - 1, { kind: 'base' });
    expect(ids).toEqual(expected.greedy_ids_from_bos.slice(1));
    expect(tokenizer.decode(ids)).toBe(expected.greedy_text_from_bos);
  });

  test('logits along the story', async () => {
    const positions = Object.keys(expected.logits_at);
    const logits = await logitsAt(opened.model, expected.greedy_ids_from_bos, positions.map(Number), { kind: 'base' });
    positions.forEach((position, i) => {
      const { argmax, max, mean, first8 } = expected.logits_at[position];
      const row = logits[i];
      expect(row.indexOf(Math.max(...row))).toBe(argmax);
      expectClose(row[argmax], max, 1e-5);
      expectClose(row.reduce((a, b) => a + b) / row.length, mean, 1e-4);
      expect(relativeError(row.slice(0, 8), first8)).toBeLessThan(1e-4);
    });
  });

  test('singular values', async () => {
    for (const factor of await opened.model.factorsOf(Object.keys(svf.singular_values))) {
      const values = svf.singular_values[factor.name];
      expect(relativeError(factor.sigma.slice(0, values.length), values), factor.name).toBeLessThan(1e-6);
    }
  });

  test.each([0, 1, 2])('case %i: logits, greedy tokens, likelihood, divergences, objective and gradient', async (index) => {
    const reference = svf.cases[index];
    const { ids, prompt_tokens: length, reward, kl_coefficient: coefficient } = reference;
    const tuned = zOf(reference);
    const [prompt, answer] = [ids.slice(0, length), ids.slice(length)];

    const [last] = await logitsAt(opened.model, ids, [ids.length - 1], { kind: 'shared', z: tuned });
    expect(relativeError(last, reference.last_logits)).toBeLessThan(1e-5);
    expect((await greedy(opened.model, [prompt], 20, { kind: 'shared', z: tuned }))[0]).toEqual(reference.greedy_20_after_prompt);

    const sums = await objective(opened.model, tuned, [{ prompt, answer, weight: reward, klWeight: coefficient }], { klDirection: 'policy-base', gradient: true });
    const { loglik, kl_policy_base, kl_base_policy, J } = reference.objective;
    expectClose(sums.logLikelihood[0], loglik, 1e-5);
    expectClose(sums.klPolicyBase[0], kl_policy_base, 1e-4, 1e-5);
    expectClose(sums.klBasePolicy[0], kl_base_policy, 1e-4, 1e-5);
    expectClose(reward * sums.logLikelihood[0] - coefficient * sums.klPolicyBase[0], J, 1e-5);
    const actual = reference.gradient_of_J.map(({ matrix, index: i }) => sums.gradient.get(matrix)![i]);
    expect(relativeError(actual, reference.gradient_of_J.map(({ dJ_dz }) => dJ_dz))).toBeLessThan(1e-4);
  });
});
