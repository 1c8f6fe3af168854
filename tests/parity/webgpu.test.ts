/**
 * The same graphs on WebGPU against the same numbers. Without a GPU it runs on SwiftShader, which Debian's chromium
 * package carries with a Vulkan loader of its own (vitest.config.ts lets the loader be found); where neither is there,
 * the tests say so and are skipped. In software a fixture takes seconds, so only those are run whose graphs differ.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { listDevices } from '../../src/engine/runtime/devices.ts';
import { beginningOf, continuationLogProbs } from '../../src/engine/runtime/continuation.ts';
import { objective } from '../../src/engine/train/objective.ts';
import { expectClose, greedy, logitsAt, openModel, relativeError, sampled, toZ } from './support.ts';

const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (!process.env['VK_ICD_FILENAMES'] && existsSync(swiftShader)) {
  // Read by the Vulkan loader when the first session opens, so setting it here is early enough.
  process.env['VK_ICD_FILENAMES'] = swiftShader;
  process.env['VK_DRIVER_FILES'] = swiftShader;
}

const vectors = z.record(z.string(), z.array(z.number()));
const expectedSchema = z.looseObject({
  ids: z.array(z.number()), prompt_tokens: z.number(), reward: z.number(), kl_coefficient: z.number(), greedy: z.array(z.number()), z: vectors,
  logits: vectors, policy: z.looseObject({ last_logits: z.array(z.number()), greedy: z.array(z.number()), objective: z.number(), gradient: vectors }),
});

const chosen = ['llama-bias', 'llama-gqa-tied', 'llama-head-dim', 'mistral-sliding'];
const folder = join(import.meta.dirname, 'fixtures');
const device = (await listDevices()).find((entry) => entry.device === 'webgpu');
const absent = device?.available ? '' : ` (skipped: ${device?.reason ?? 'no WebGPU on this platform'})`;

describe.skipIf(absent !== '')(`WebGPU against PyTorch and the CPU${absent}`, () => {
  test.each(chosen)('%s', async (name) => {
    const expected = expectedSchema.parse(JSON.parse(await readFile(join(folder, name, 'expected.json'), 'utf8')));
    const prompt = expected.ids.slice(0, expected.prompt_tokens);
    const answer = expected.ids.slice(expected.prompt_tokens);
    const last = expected.ids.length - 1;
    const tuned = toZ(expected.z);
    const sequences = [{ prompt, answer, weight: expected.reward, klWeight: expected.kl_coefficient }];
    const { model, close } = await openModel(join(folder, name), 'webgpu');
    try {
      const [base] = await logitsAt(model, expected.ids, [last], { kind: 'base' });
      expect(relativeError(base, expected.logits[last])).toBeLessThan(1e-4);
      const [policy] = await logitsAt(model, expected.ids, [last], { kind: 'shared', z: tuned });
      expect(relativeError(policy, expected.policy.last_logits)).toBeLessThan(1e-4);
      expect(await greedy(model, [prompt, prompt], 12, { kind: 'per-row', z: [tuned, {}] })).toEqual([expected.policy.greedy, expected.greedy]);

      const sums = await objective(model, tuned, sequences, { klDirection: 'policy-base', gradient: true });
      expectClose(expected.reward * sums.logLikelihood[0] - expected.kl_coefficient * sums.klPolicyBase[0], expected.policy.objective, 1e-4);
      for (const [matrix, values] of sums.gradient) expect(relativeError(values, expected.policy.gradient[matrix]), matrix).toBeLessThan(1e-3);
    } finally {
      await close();
    }
  });

  test('draws the tokens and scores the continuations that the CPU does', async () => {
    const { ids } = expectedSchema.parse(JSON.parse(await readFile(join(folder, 'llama-gqa-tied', 'expected.json'), 'utf8')));
    const rows = [ids, ids.slice(0, 5)].map((row) => ({ ids: row, wanted: [{ after: row.length, token: 7 }] }));
    const on = async (which: 'webgpu' | 'cpu'): Promise<{ drawn: number[][][]; scores: Float32Array }> => {
      const { model, close } = await openModel(join(folder, 'llama-gqa-tied'), which);
      try {
        return {
          drawn: [await sampled(model, [ids, ids.slice(0, 5)], 10, 1), await sampled(model, [ids], 10, 0.8)],
          scores: await continuationLogProbs(model, await beginningOf(model, ids.slice(0, 3), { kind: 'base' }), rows, { kind: 'base' }),
        };
      } finally {
        await close();
      }
    };
    const gpu = await on('webgpu');
    const cpu = await on('cpu');
    expect(gpu.drawn).toEqual(cpu.drawn);
    expect(relativeError(gpu.scores, cpu.scores)).toBeLessThan(1e-4);
  });
});
