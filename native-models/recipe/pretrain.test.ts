import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pretrain } from './pretrain.ts';
import { learningRateAt, phaseOf } from './schedule.ts';
import { settings as full } from './settings/tiny-llama.ts';
import type { ModelSettings } from './settings/settings.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recipe-pretrain-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const phases = (first: number, second: number, learningRate = 2.5e-3): ModelSettings['training']['phases'] => [
  { steps: first, options: 'bracketed', warmupSteps: 2, learningRate, decayShare: 0.25, finalLearningRate: 0.02 },
  { steps: second, options: 'dotted', warmupSteps: 1, learningRate, decayShare: 0.25, finalLearningRate: 0.02 },
];
const small: ModelSettings = {
  ...full,
  vocabularySize: 300,
  architecture: { ...full.architecture, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 1, head_dim: 16 },
  training: { ...full.training, rowTokens: 96, batchRows: 2, phases: phases(4, 2), checkpointSeconds: 0 },
};
const run = (name: string, more: { settings?: ModelSettings; killAfter?: number; overfit?: boolean } = {}): Promise<number[]> =>
  pretrain({ settings: small, work: join(folder, name), out: join(folder, name, 'out'), threads: 1, ...more });
const weights = (name: string): Buffer => readFileSync(join(folder, name, 'out', 'model.safetensors'));

describe('pretraining', () => {
  it('killed between checkpoints, ends with the bytes of an undisturbed run', async () => {
    const losses = await run('undisturbed');
    const before = await run('killed', { killAfter: 3 });
    const after = await run('killed');
    expect(losses).toHaveLength(6);
    // the checkpoint is that of step 2: step 3 was lost, and is taken again
    expect([...before.slice(0, 2), ...after]).toEqual(losses);
    expect(after).toHaveLength(4);
    expect(weights('killed').equals(weights('undisturbed'))).toBe(true);
  });

  it('refuses to go on with other settings', async () => {
    await run('changed', { killAfter: 3 });
    await expect(run('changed', { settings: { ...small, seed: 7 } })).rejects.toThrow(/other settings/);
  });

  it('learns a batch by heart', async () => {
    const losses = await run('overfit', { overfit: true, settings: { ...small, training: { ...small.training, phases: phases(50, 10, 1e-2) } } });
    expect(losses.at(-1)).toBeLessThan(0.35 * (losses[0] ?? 0));
  });

  it('takes its phases in order', () => {
    const [first, second] = phases(4, 2);
    expect([1, 4, 5, 6, 9].map((step) => phaseOf([first, second], step))).toEqual([
      { phase: first, before: 0 }, { phase: first, before: 0 }, { phase: second, before: 4 }, { phase: second, before: 4 }, { phase: second, before: 4 },
    ]);
  });

  it('warms up, stays, and comes down', () => {
    const schedule = { steps: 100, warmupSteps: 10, decayShare: 0.2, learningRate: 1, finalLearningRate: 0.1 };
    expect([1, 10, 50, 80, 90, 100].map((step) => learningRateAt(step, schedule))).toEqual([0.1, 1, 1, 1, 0.55, 0.1]);
  });
});
