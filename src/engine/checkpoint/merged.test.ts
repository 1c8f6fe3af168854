import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fromFloat32, toFloat32 } from './dtypes.ts';
import { writeMerged, type MatrixFactors } from './merged.ts';
import { openCheckpoint, type Checkpoint } from './open.ts';
import { readTensorBytes, readTensorF32 } from './safetensors.ts';
import { seeded } from '../testing/seeded.ts';
import { withFolder, writeCheckpoint } from './testing.ts';

const down = 'model.layers.1.mlp.down_proj.weight';

/** Any u, σ, vᵀ of the right sizes: merging does not ask where they came from. */
function factors(checkpoint: Checkpoint, name: string): MatrixFactors {
  const matrix = checkpoint.matrices.find((one) => one.name === name)!;
  const random = seeded(11);
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => random() - 0.5);
  return { u: draw(matrix.rows * matrix.rank), sigma: draw(matrix.rank), vt: draw(matrix.rank * matrix.columns) };
}

test.each(['F32', 'F16', 'BF16'] as const)('a merged %s checkpoint is W + U diag(σ(z − 1)) Vᵀ in its own format, the rest to the bit', async (dtype) => {
  await withFolder(async (folder) => {
    const source = join(folder, 'source');
    await mkdir(source);
    await writeCheckpoint(source, { dtype });
    await copyFile(join(source, 'config.json'), join(source, 'tokenizer.json'));
    await writeFile(join(source, 'notes.txt'), 'not part of a model');
    const checkpoint = await openCheckpoint(source);
    const z = { [down]: Float32Array.of(1, 2, 0, -1, 1, 1, 0.5, 1.25), 'model.layers.0.mlp.up_proj.weight': new Float32Array(8).fill(1) };
    const out = join(folder, 'merged');
    const steps: number[] = [];
    const result = await writeMerged({ checkpoint, svd: (name) => factors(checkpoint, name), z, out, metadata: { name: 'mix', format: 'other' }, onProgress: (done) => steps.push(done) });
    expect(result.path).toBe(out);
    expect(steps).toEqual(Array.from(checkpoint.tensors.keys(), (_, i) => i + 1));
    expect((await readdir(out)).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    expect(await readFile(join(out, 'config.json'), 'utf8')).toBe(await readFile(join(source, 'config.json'), 'utf8'));

    const merged = await openCheckpoint(out);
    for (const [name, place] of merged.tensors) {
      expect(place.dtype).toBe(dtype);
      if (name !== down) expect(await readTensorBytes(place)).toEqual(await readTensorBytes(checkpoint.tensors.get(name)!));
    }
    const { u, sigma, vt } = factors(checkpoint, down);
    const weight = await readTensorF32(checkpoint.tensors.get(down)!);
    const expected = weight.map((w, at) => {
      const [row, column] = [Math.floor(at / 12), at % 12];
      let sum = w;
      for (let i = 0; i < 8; i++) sum += u[row * 8 + i] * sigma[i] * (z[down][i] - 1) * vt[i * 12 + column];
      return sum;
    });
    const rounded = toFloat32(fromFloat32(expected, dtype), dtype);
    const written = await readTensorF32(merged.tensors.get(down)!);
    const unit = dtype === 'F32' ? 1e-6 : dtype === 'F16' ? 1e-3 : 8e-3;
    written.forEach((value, i) => expect(Math.abs(value - rounded[i])).toBeLessThanOrEqual(1e-7 + unit * Math.abs(rounded[i])));
    expect(written).not.toEqual(weight);
  });
});

test('large weights are split into shards that open again', async () => {
  await withFolder(async (folder) => {
    const source = join(folder, 'source');
    await mkdir(source);
    await writeCheckpoint(source);
    const checkpoint = await openCheckpoint(source);
    const out = join(folder, 'merged');
    await mkdir(out); // an empty folder may be used
    await writeMerged({ checkpoint, svd: (name) => factors(checkpoint, name), z: { [down]: new Float32Array(8).fill(2) }, out, metadata: {}, maxShardBytes: 2000 });
    const files = await readdir(out);
    expect(files).toContain('model.safetensors.index.json');
    expect(files.filter((file) => file.endsWith('.safetensors')).length).toBeGreaterThan(2);
    expect((await openCheckpoint(out)).parameters).toBe(checkpoint.parameters);
  });
});

test('a used folder, a wrong z and a failure half-way change nothing', async () => {
  await withFolder(async (folder) => {
    const source = join(folder, 'source');
    await mkdir(source);
    await writeCheckpoint(source);
    const checkpoint = await openCheckpoint(source);
    const used = join(folder, 'used');
    await mkdir(used);
    await writeFile(join(used, 'mine'), 'mine');
    const request = { checkpoint, svd: (name: string) => factors(checkpoint, name), z: { [down]: new Float32Array(8).fill(2) }, out: join(folder, 'new'), metadata: {} };
    await expect(writeMerged({ ...request, out: used })).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('not empty') as string });
    await expect(writeMerged({ ...request, out: join(used, 'mine') })).rejects.toMatchObject({ code: 'conflict' });
    await expect(writeMerged({ ...request, z: { [down]: new Float32Array(3) } })).rejects.toThrow('rank 8');
    await expect(writeMerged({ ...request, z: { other: new Float32Array(8) } })).rejects.toThrow('“other”');
    await expect(writeMerged({ ...request, svd: () => { throw new Error('pulled'); } })).rejects.toThrow('pulled');
    expect((await readdir(folder)).sort()).toEqual(['source', 'used']);
    expect(await readdir(used)).toEqual(['mine']);
  });
});
