import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { matrixName, projections } from '../../shared/matrices.ts';
import { toFloat32, fromFloat32 } from './dtypes.ts';
import { fp32Copy } from './fp32-copy.ts';
import { facts, openCheckpoint } from './open.ts';
import { openSafetensors, readTensorBytes, readTensorF32 } from './safetensors.ts';
import { writeSafetensors, type TensorToWrite } from './safetensors-write.ts';
import { withFolder, writeCheckpoint } from './testing.ts';
import { weightsHash } from './weights-hash.ts';

/** Rewrites the weights of a folder after `change`. */
async function rewrite(folder: string, change: (tensors: TensorToWrite[]) => TensorToWrite[]): Promise<void> {
  const file = join(folder, 'model.safetensors');
  const { tensors } = await openSafetensors(file);
  const all = await Promise.all([...tensors].map(async ([name, place]) => ({ name, dtype: place.dtype, shape: place.shape, data: await readTensorBytes(place) })));
  await writeSafetensors(file, change(all), { format: 'pt' });
}

/** The weights of a folder in two shards with an index. */
async function shard(folder: string): Promise<void> {
  const file = join(folder, 'model.safetensors');
  const { tensors } = await openSafetensors(file);
  const weight_map: Record<string, string> = {};
  const shards: TensorToWrite[][] = [[], []];
  for (const [i, [name, place]] of [...tensors].entries()) {
    weight_map[name] = `model-0000${(i % 2) + 1}-of-00002.safetensors`;
    shards[i % 2].push({ name, dtype: place.dtype, shape: place.shape, data: await readTensorBytes(place) });
  }
  for (const [i, content] of shards.entries()) await writeSafetensors(join(folder, `model-0000${i + 1}-of-00002.safetensors`), content);
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map }));
  await rm(file);
}

test('a checkpoint opens with its matrices in the house order', async () => {
  await withFolder(async (folder) => {
    await writeCheckpoint(folder);
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint.dtype).toBe('float32');
    expect(checkpoint.matrices.map((matrix) => matrix.name)).toEqual([0, 1].flatMap((layer) => projections.map((projection) => matrixName(layer, projection))));
    expect(checkpoint.matrices[1]).toEqual({ name: 'model.layers.0.self_attn.k_proj.weight', layer: 0, projection: 'k', rows: 4, columns: 8, rank: 4 });
    expect(checkpoint.tensors.has('lm_head.weight')).toBe(false);
    expect(checkpoint.parameters).toBe([...checkpoint.tensors.values()].reduce((sum, place) => sum + place.byteLength / 4, 0));
    expect(checkpoint.hasChatTemplate).toBe(false);
  });
});

test('head_dim, biases and an untied head are called for', async () => {
  await withFolder(async (folder) => {
    await writeCheckpoint(folder, { config: { head_dim: 6, attention_bias: true, mlp_bias: true, tie_word_embeddings: false } });
    const { tensors } = await openCheckpoint(folder);
    expect(tensors.get('model.layers.1.self_attn.q_proj.weight')?.shape).toEqual([12, 8]);
    expect(tensors.get('model.layers.1.self_attn.o_proj.weight')?.shape).toEqual([8, 12]);
    expect(tensors.get('model.layers.0.self_attn.o_proj.bias')?.shape).toEqual([8]);
    expect(tensors.get('model.layers.0.mlp.down_proj.bias')?.shape).toEqual([8]);
    expect(tensors.get('lm_head.weight')?.shape).toEqual([32, 8]);
  });
});

test('a missing tensor, a wrong shape and a wrong type are named', async () => {
  await withFolder(async (folder) => {
    await writeCheckpoint(folder);
    const victim = 'model.layers.1.mlp.up_proj.weight';
    await rewrite(folder, (tensors) => tensors.map((tensor) => (tensor.name === victim ? { ...tensor, shape: [8, 12] } : tensor)));
    await expect(openCheckpoint(folder)).rejects.toThrow(`${join(folder, 'model.safetensors')} holds tensor “${victim}” with shape [8, 12], but config.json calls for [12, 8].`);
    await rewrite(folder, (tensors) => tensors.map((tensor) => (tensor.name === victim ? { ...tensor, dtype: 'I32' as const } : tensor)));
    await expect(openCheckpoint(folder)).rejects.toThrow('as I32');
    await rewrite(folder, (tensors) => tensors.filter((tensor) => tensor.name !== victim));
    await expect(openCheckpoint(folder)).rejects.toThrow(`lacks tensor “${victim}”`);
    await rm(join(folder, 'model.safetensors'));
    await expect(openCheckpoint(folder)).rejects.toThrow('neither model.safetensors nor model.safetensors.index.json');
    await rm(join(folder, 'config.json'));
    await expect(openCheckpoint(folder)).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('config.json') as string });
  });
});

test('shards open like one file and have the same hash; a missing one is named', async () => {
  await withFolder(async (folder) => {
    await writeCheckpoint(folder);
    const whole = await weightsHash(await openCheckpoint(folder));
    await shard(folder);
    const sharded = await openCheckpoint(folder);
    expect(await weightsHash(sharded)).toBe(whole);

    const index = join(folder, 'model.safetensors.index.json');
    const text = await readFile(index, 'utf8');
    await writeFile(index, text.replace('model-00002-of', '../model-00002-of'));
    await expect(openCheckpoint(folder)).rejects.toThrow('not a safetensors file of this folder');
    await writeFile(index, text.replace(/"model\.norm\.weight":"model-0000./, (found) => `${found.slice(0, -1)}${found.endsWith('1') ? 2 : 1}`));
    await expect(openCheckpoint(folder)).rejects.toThrow('lacks tensor “model.norm.weight”');
    await writeFile(index, '{}');
    await expect(openCheckpoint(folder)).rejects.toThrow('weight_map');
    await writeFile(index, text);
    await rename(join(folder, 'model-00002-of-00002.safetensors'), join(folder, 'elsewhere'));
    await expect(openCheckpoint(folder)).rejects.toThrow('names shard model-00002-of-00002.safetensors, which is missing');
  });
});

test('the hash is remembered while the files stay as they are', async () => {
  await withFolder(async (cacheRoot) => withFolder(async (folder) => {
    await writeCheckpoint(folder);
    const first = await facts(await openCheckpoint(folder), { cacheRoot });
    let read = 0;
    const onProgress = (): void => { read++; };
    expect(await weightsHash(await openCheckpoint(folder), { cacheRoot, onProgress })).toBe(first.weightsHash);
    expect(read).toBe(0);
    await rewrite(folder, (tensors) => tensors.map((tensor) => (tensor.name === 'model.norm.weight' ? { ...tensor, data: new Float32Array(8).fill(3) } : tensor)));
    expect(await weightsHash(await openCheckpoint(folder), { cacheRoot, onProgress })).not.toBe(first.weightsHash);
    expect(read).toBeGreaterThan(0);
  }));
});

test('NaN and infinite weights are named when the weights are hashed', async () => {
  await withFolder(async (folder) => {
    await writeCheckpoint(folder);
    await rewrite(folder, (tensors) => tensors.map((tensor) => {
      if (tensor.name !== 'model.layers.0.mlp.down_proj.weight') return tensor;
      const values = toFloat32((tensor.data as Uint8Array).slice(), 'F32');
      values[17] = Infinity;
      return { ...tensor, data: values };
    }));
    await expect(facts(await openCheckpoint(folder))).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('“model.layers.0.mlp.down_proj.weight”') as string });
  });
});

test.each(['F16', 'BF16'] as const)('an %s checkpoint gets one fp32 copy, made once and made again when damaged', async (dtype) => {
  await withFolder(async (cacheRoot) => withFolder(async (folder) => {
    const weights = await writeCheckpoint(folder, { dtype });
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint.dtype).toBe(dtype === 'F16' ? 'float16' : 'bfloat16');
    const copy = await fp32Copy(checkpoint, cacheRoot);
    expect(copy.dtype).toBe('float32');
    for (const [name, place] of copy.tensors) {
      expect(place.dtype).toBe('F32');
      expect(await readTensorF32(place)).toEqual(toFloat32(fromFloat32(weights.get(name)!, dtype), dtype));
    }
    const file = copy.tensors.get('model.norm.weight')!.file;
    await utimes(file, 1, 1);
    await fp32Copy(checkpoint, cacheRoot);
    expect((await stat(file)).mtimeMs).toBe(1000);
    await writeFile(file, (await readFile(file)).subarray(0, 900));
    const again = await fp32Copy(checkpoint, cacheRoot);
    expect(await readTensorF32(again.tensors.get('model.norm.weight')!)).toEqual(toFloat32(fromFloat32(weights.get('model.norm.weight')!, dtype), dtype));
  }));
});

test('an fp32 checkpoint is used as it lies', async () => {
  await withFolder(async (folder) => {
    await writeCheckpoint(folder);
    const checkpoint = await openCheckpoint(folder);
    expect(await fp32Copy(checkpoint, join(folder, 'cache'))).toBe(checkpoint);
  });
});
