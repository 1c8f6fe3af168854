/**
 * Adapters against PEFT. Those that PEFT wrote (`make_adapters.py`) give its logits, likelihood and gradient here; those
 * that are written here give the same logits in PEFT, where SINGULAR_PYTHON names a Python that has it.
 */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { peftConfig, writePeftAdapter } from '../../src/engine/checkpoint/peft.ts';
import { openSafetensors, readTensorF32 } from '../../src/engine/checkpoint/safetensors.ts';
import type { TrainedTensor } from '../../src/engine/host/protocol.ts';
import { Random } from '../../src/engine/runtime/random.ts';
import { methodOf, methodOfAdapter, type Adapter } from '../../src/engine/train/methods/index.ts';
import { policyObjective } from '../../src/engine/train/objective.ts';
import { quickPreset, type TrainingConfig } from '../../src/shared/training.ts';
import { expectClose, logitsAt, openModel, relativeError } from './support.ts';

const here = import.meta.dirname;
const configSchema = z.looseObject({ peft_type: z.enum(['LORA', 'IA3']), base_model_name_or_path: z.string(), target_modules: z.array(z.string()), feedforward_modules: z.array(z.string()).optional(), r: z.number().optional(), lora_alpha: z.number().optional(), lora_dropout: z.number().optional(), use_dora: z.boolean().optional() });
const expectedSchema = z.object({ base: z.string(), ids: z.array(z.number()), prompt_tokens: z.number(), log_likelihood: z.number(), last_logits: z.array(z.number()) });
const tolerance = 2e-5;

async function tensorsOf(file: string): Promise<Record<string, TrainedTensor>> {
  const { tensors } = await openSafetensors(file);
  const read = [...tensors].map(async ([name, place]): Promise<[string, TrainedTensor]> => [name, { shape: [...place.shape], data: await readTensorF32(place) }]);
  return Object.fromEntries(await Promise.all(read));
}

describe.each(readdirSync(join(here, 'adapters')))('PEFT’s %s', (name) => {
  test('gives PEFT’s logits, likelihood and gradient, and is described as PEFT describes it', async () => {
    const folder = join(here, 'adapters', name);
    const config = configSchema.parse(JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')));
    const expected = expectedSchema.parse(JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')));
    const { model, close } = await openModel(join(here, 'fixtures', expected.base));
    try {
      const method = config.peft_type === 'IA3' ? 'ia3' : config.use_dora ? 'dora' : 'lora';
      const adapter: Adapter = { method, tensors: await tensorsOf(join(folder, 'adapter_model.safetensors')), rank: config.r ?? 1, alpha: config.lora_alpha ?? 1 };
      const { method: tuned, parameters } = await methodOfAdapter(model, adapter);
      const [logits] = await logitsAt(model, expected.ids, [expected.ids.length - 1], { kind: 'merged', weights: await tuned.merged(parameters) });
      expect(relativeError(logits, expected.last_logits)).toBeLessThan(tolerance);

      const sequence = { prompt: expected.ids.slice(0, expected.prompt_tokens), answer: expected.ids.slice(expected.prompt_tokens), weight: 1, klWeight: 0 };
      const sums = await policyObjective(model, await tuned.policy(parameters), [sequence], { klDirection: 'policy-base', gradient: true });
      expectClose(sums.logLikelihood[0], expected.log_likelihood, tolerance);
      const theirs = await tensorsOf(join(folder, 'gradient.safetensors'));
      const ours = tuned.gradient(parameters, sums.gradient);
      expect([...ours.keys()].sort()).toEqual(Object.keys(theirs).sort());
      for (const [tensor, gradient] of ours) expect(relativeError(gradient, theirs[tensor].data), tensor).toBeLessThan(10 * tolerance);

      const written = configSchema.parse(peftConfig({ ...adapter, dropout: config.lora_dropout ?? 0, baseModel: config.base_model_name_or_path, layers: model.config.layers }));
      for (const key of ['peft_type', 'task_type', 'r', 'lora_alpha', 'lora_dropout', 'use_dora', 'base_model_name_or_path']) expect(written[key], key).toEqual(config[key]);
      for (const key of ['target_modules', 'feedforward_modules'] as const) expect([...(written[key] ?? [])].sort(), key).toEqual([...(config[key] ?? [])].sort());
    } finally {
      await close();
    }
  });
});

const python = process.env['SINGULAR_PYTHON'];
const tinyLlama = join(here, '../../native-models/tiny-llama');
const cases: [string, Partial<TrainingConfig>][] = [
  ['lora', { method: 'lora', modules: 'both' }],
  ['lora of some layers', { method: 'lora', modules: 'query-value', layers: [1, 4] }],
  ['dora', { method: 'dora', modules: 'both' }],
  ['ia3', { method: 'ia3', modules: 'both' }],
];

describe.skipIf(!python)(`an adapter of ours in PEFT${python ? '' : ' (skipped: SINGULAR_PYTHON names no Python with peft)'}`, () => {
  test.each(cases)('%s gives the same logits on tiny-llama to 1e-4', async (_, changes) => {
    const config: TrainingConfig = { ...quickPreset, ...changes };
    if (config.method === 'svf') throw new Error('not an adapter');
    const { model, close } = await openModel(tinyLlama);
    const out = await mkdtemp(join(tmpdir(), 'singular-adapter-'));
    try {
      const method = await methodOf(model, config);
      const random = new Random(1);
      const parameters = Object.fromEntries(Object.entries(method.initial(1)).map(([name, values]) => [name, values.map((value) => value + 0.05 * random.normal())]));
      const { rank, alpha, dropout } = config;
      const adapter = join(out, 'adapter');
      await writePeftAdapter(adapter, { method: config.method, tensors: method.tensors(parameters), rank, alpha, dropout, baseModel: tinyLlama, layers: model.config.layers }, { dataset: 'none' });
      const ids = [1, 40, 77, 300, 512, 9, 1000, 5];
      const [logits] = await logitsAt(model, ids, [ids.length - 1], { kind: 'merged', weights: await method.merged(parameters) });
      const [base] = await logitsAt(model, ids, [ids.length - 1], { kind: 'base' });
      expect(relativeError(base, logits)).toBeGreaterThan(1e-2);
      const { stdout } = await promisify(execFile)(python!, [join(here, 'adapter_logits.py'), tinyLlama, adapter, ids.join()], { maxBuffer: 1 << 24 });
      const theirs = z.object({ logits: z.array(z.number()), trained: z.number() }).parse(JSON.parse(stdout));
      expect(theirs.trained).toBe(method.count);
      expect(theirs.logits).toHaveLength(logits.length);
      theirs.logits.forEach((value, i) => expect(Math.abs(value - logits[i])).toBeLessThan(1e-4));
    } finally {
      await rm(out, { recursive: true, force: true });
      await close();
    }
  });
});
