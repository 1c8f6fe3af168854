import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeMerged } from './merged.ts';
import { openCheckpoint } from './open.ts';
import { peftConfig, writePeftAdapter, type PeftAdapter } from './peft.ts';
import { openSafetensors, readTensorF32 } from './safetensors.ts';
import { withFolder, writeCheckpoint } from './testing.ts';

const name = (layer: number, module: string, tensor: string): string => `base_model.model.model.layers.${layer}.${module}.${tensor}`;
const vector = { shape: [2], data: Float32Array.of(1, 2) };
const adapterOf = (method: PeftAdapter['method'], names: readonly string[]): PeftAdapter =>
  ({ method, tensors: Object.fromEntries(names.map((tensor) => [tensor, vector])), rank: 4, alpha: 8, dropout: 0.05, baseModel: 'owner/base', layers: 2 });

test('an adapter of all layers names projections, one of some layers every module', () => {
  const both = [0, 1].flatMap((layer) => [name(layer, 'self_attn.q_proj', 'lora_A.weight'), name(layer, 'self_attn.q_proj', 'lora_B.weight')]);
  expect(peftConfig(adapterOf('lora', both))).toMatchObject({ peft_type: 'LORA', r: 4, lora_alpha: 8, lora_dropout: 0.05, use_dora: false, target_modules: ['q_proj'], base_model_name_or_path: 'owner/base' });
  expect(peftConfig(adapterOf('dora', both.slice(2)))).toMatchObject({ use_dora: true, target_modules: ['model.layers.1.self_attn.q_proj'] });
  const scaled = [name(0, 'self_attn.k_proj', 'ia3_l'), name(0, 'mlp.down_proj', 'ia3_l')];
  expect(peftConfig(adapterOf('ia3', scaled))).toMatchObject({ peft_type: 'IA3', target_modules: ['model.layers.0.self_attn.k_proj', 'model.layers.0.mlp.down_proj'], feedforward_modules: ['model.layers.0.mlp.down_proj'] });
  expect(() => peftConfig(adapterOf('lora', ['lm_head.weight']))).toThrow('“lm_head.weight” is not the name');
});

test('is written as a folder that is new or empty, and nothing is left behind by a refusal', async () => {
  await withFolder(async (folder) => {
    const adapter = adapterOf('ia3', [name(0, 'mlp.down_proj', 'ia3_l')]);
    const path = join(folder, 'adapter');
    const { sizeBytes } = await writePeftAdapter(path, adapter, { seed: '3' });
    const { tensors, metadata, sizeBytes: written } = await openSafetensors(join(path, 'adapter_model.safetensors'));
    expect([metadata, sizeBytes]).toEqual([{ seed: '3', format: 'pt' }, written]);
    expect([...tensors.keys()]).toEqual(Object.keys(adapter.tensors));
    expect(JSON.parse(await readFile(join(path, 'adapter_config.json'), 'utf8'))).toEqual(peftConfig(adapter));
    await expect(writePeftAdapter(path, adapter, {})).rejects.toThrow('is not empty');
    await writeFile(join(folder, 'file'), '');
    await expect(writePeftAdapter(join(folder, 'file'), adapter, {})).rejects.toThrow('is a file');
  });
});

test('a merged checkpoint holds replaced tensors in the format of their place', async () => {
  await withFolder(async (folder) => {
    const source = join(folder, 'source');
    await mkdir(source);
    const weights = await writeCheckpoint(source, { dtype: 'BF16' });
    const matrix = 'model.layers.0.mlp.down_proj.weight';
    const values = (weights.get(matrix) ?? new Float32Array(0)).map((_, i) => i / 4);
    const none = (): never => {
      throw new Error('no factor is needed');
    };
    await writeMerged({ checkpoint: await openCheckpoint(source), z: {}, replaced: new Map([[matrix, values]]), svd: none, out: join(folder, 'out'), metadata: {} });
    const { tensors: before } = await openCheckpoint(source);
    const { tensors: after } = await openCheckpoint(join(folder, 'out'));
    expect(after.get(matrix)?.dtype).toBe('BF16');
    expect([...(await readTensorF32(after.get(matrix)!))]).toEqual([...values]);
    const other = 'model.layers.1.mlp.down_proj.weight';
    expect(await readTensorF32(after.get(other)!)).toEqual(await readTensorF32(before.get(other)!));
  });
});
