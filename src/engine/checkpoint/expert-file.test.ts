import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ZVectors } from '../../shared/matrices.ts';
import { readExpertFile, writeExpertFile } from './expert-file.ts';
import { openSafetensors } from './safetensors.ts';
import { writeSafetensors } from './safetensors-write.ts';
import { withFolder } from './testing.ts';

const q = 'model.layers.0.self_attn.q_proj.weight';
const up = 'model.layers.0.mlp.up_proj.weight';
const model = {
  weightsHash: 'ab'.repeat(32),
  matrices: [
    { name: q, layer: 0, projection: 'q' as const, rows: 4, columns: 4, rank: 4 },
    { name: up, layer: 0, projection: 'up' as const, rows: 6, columns: 4, rank: 4 },
  ],
};
const z: ZVectors = { [q]: Float32Array.of(1, 0.5, -2, 1e-8), [up]: Float32Array.of(1, 1, 1, 3) };
const metadata = { base_model: 'tiny', weights_hash: model.weightsHash, dataset_hash: 'd', seed: '7' };

test('an expert comes back as it went', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'e.safetensors');
    await writeExpertFile(file, z, { ...metadata, parts: JSON.stringify([{ name: 'a', alpha: [0.5, 1] }]) });
    const read = await readExpertFile(file, model);
    expect(read.z).toEqual(z);
    expect(read.metadata).toMatchObject({ format: 'singular-expert', version: '1', seed: '7', matrices: JSON.stringify([q, up]) });
    expect((await openSafetensors(file)).tensors.get(q)).toMatchObject({ dtype: 'F32', shape: [4] });
    expect((await readExpertFile(file)).z).toEqual(z);
    await expect(writeExpertFile(file, {}, metadata)).rejects.toThrow('no z-vector');
  });
});

test.each([
  ['another model', { ...model, weightsHash: 'cd'.repeat(32) }, 'conflict', 'belongs to other weights (tiny)'],
  ['a model without that matrix', { ...model, matrices: model.matrices.slice(1) }, 'conflict', `“${q}”, which this model does not have`],
  ['a model of another rank', { ...model, matrices: model.matrices.map((matrix) => ({ ...matrix, rank: 5 })) }, 'conflict', 'its rank in this model is 5'],
])('an expert for %s is refused', async (_, against, code, words) => {
  await withFolder(async (folder) => {
    const file = join(folder, 'e.safetensors');
    await writeExpertFile(file, z, metadata);
    await expect(readExpertFile(file, against)).rejects.toMatchObject({ code, message: expect.stringContaining(words) as string });
    await expect(readExpertFile(file, against)).rejects.toThrow(file);
  });
});

test('files that are no expert are refused', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'e.safetensors');
    const good = { format: 'singular-expert', version: '1', weights_hash: model.weightsHash };
    const tensor = { name: q, dtype: 'F32' as const, shape: [4], data: Float32Array.of(1, 1, 1, 1) };
    const refusal = async (tensors: Parameters<typeof writeSafetensors>[1], about: Record<string, string>): Promise<string> => {
      await writeSafetensors(file, tensors, about);
      return readExpertFile(file, model).then(() => expect.fail('was accepted'), (error: unknown) => (error as Error).message);
    };
    expect(await refusal([tensor], {})).toContain('lack format');
    expect(await refusal([tensor], { ...good, version: '2' })).toContain('version “2”');
    expect(await refusal([], good)).toContain('no z-vector');
    expect(await refusal([tensor], { format: 'singular-expert', version: '1' })).toContain('missing');
    expect(await refusal([{ ...tensor, shape: [2, 2] }], good)).toContain('shape [2, 2]');
    expect(await refusal([{ ...tensor, data: Float32Array.of(1, NaN, 1, 1) }], good)).toContain('at 1');
    expect(await refusal([{ ...tensor, name: '__proto__' }], good)).toContain('“__proto__”');
  });
});
