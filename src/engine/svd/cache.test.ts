import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, open, readFile, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoint, type Checkpoint } from '../checkpoint/open.ts';
import { openSafetensors, readTensorF32 } from '../checkpoint/safetensors.ts';
import { openProducts } from '../runtime/products.ts';
import { buildSvdCache, openSvdCache, svdState } from './cache.ts';
import { residuals } from './verify.ts';

const stories = '../shared/models/stories260K';
const missing = !existsSync(stories);
const backend = openProducts({ threads: 2 });
let directory: string;
let checkpoint: Checkpoint;
/** holds a whole cache, made once */
let original: string;

beforeAll(async () => {
  if (missing) return;
  checkpoint = await openCheckpoint(stories);
  original = await mkdtemp(join(tmpdir(), 'singular-svd-'));
  await buildSvdCache({ checkpoint, directory: original, backend });
});
beforeEach(async (context) => {
  context.skip(missing, `${stories} is not here`);
  directory = await mkdtemp(join(tmpdir(), 'singular-svd-'));
});
afterEach(async () => {
  if (!missing) await rm(directory, { recursive: true, force: true });
});
afterAll(async () => {
  if (!missing) await rm(original, { recursive: true, force: true });
  await backend.release();
});

/** A whole cache to spoil. */
async function wholeCache(): Promise<{ folder: string }> {
  await cp(original, directory, { recursive: true, preserveTimestamps: true });
  return openSvdCache({ checkpoint, directory });
}
const build = (): ReturnType<typeof buildSvdCache> => buildSvdCache({ checkpoint, directory, backend });
const cacheFiles = async (folder: string): Promise<string[]> => (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).sort();

/** Changes one byte and puts the file's time forward, as a writer would. */
async function flipByte(file: string, position: number): Promise<void> {
  const handle = await open(file, 'r+');
  const byte = new Uint8Array(1);
  await handle.read(byte, 0, 1, position);
  byte[0] ^= 0x10;
  await handle.write(byte, 0, 1, position);
  await handle.close();
}

describe('a cache of stories260K', () => {
  it('holds the reference singular values, in place and exact', async () => {
    expect(await svdState({ checkpoint, directory })).toMatchObject({ state: 'none', done: 0, total: 35 });
    const progress: string[] = [];
    const cache = await buildSvdCache({ checkpoint, directory, backend, onProgress: ({ done, total, name }) => progress.push(`${done}/${total} ${name}`) });
    expect(cache).toMatchObject({ state: 'ready', done: 35, total: 35 });
    expect(progress[0]).toBe('0/35 model.layers.0.self_attn.q_proj.weight');
    expect(progress.at(-1)).toBe('35/35 model.layers.4.mlp.down_proj.weight');
    const { singular_values: expected } = JSON.parse(await readFile(join(stories, 'svf_expected.json'), 'utf8')) as { singular_values: Record<string, number[]> };
    expect(cache.matrices.map(({ name }) => name)).toEqual(checkpoint.matrices.map(({ name }) => name));
    expect(Object.keys(expected).length).toBeGreaterThan(0);
    for (const [name, values] of Object.entries(expected)) {
      const { sigma } = cache.matrices.find((matrix) => matrix.name === name)!;
      expect(values.length).toBeGreaterThan(0); // the largest ones
      values.forEach((value, i) => expect(Math.abs(sigma[i] - value) / value).toBeLessThan(1e-6));
    }
    for (const { name, rows, columns, rank, u, sigma, vt } of cache.matrices) {
      expect(u.shape).toEqual([rows, rank]);
      expect(vt.shape).toEqual([rank, columns]);
      // The place is what a graph will map: bytes at an offset of a file.
      const raw = (await readFile(u.file)).subarray(u.offset, u.offset + u.byteLength);
      const factors = { u: new Float32Array(new Uint8Array(raw).buffer), sigma, vt: await readTensorF32(vt) };
      const weight = await readTensorF32(checkpoint.tensors.get(name)!);
      const { reconstruction, left, right } = residuals(weight, rows, columns, factors, 7);
      expect(Math.max(reconstruction, left, right)).toBeLessThan(1e-6);
    }
    const { metadata } = await openSafetensors(cache.matrices[0].u.file);
    expect(Object.values(metadata).every((value) => typeof value === 'string')).toBe(true);
    expect(cache.folder.endsWith(metadata.weights_hash)).toBe(true);
  });

  it('is not made twice', async () => {
    const { folder } = await wholeCache();
    const before = await Promise.all((await cacheFiles(folder)).map(async (name) => (await stat(join(folder, name))).mtimeMs));
    let calls = 0;
    await buildSvdCache({ checkpoint, directory, backend, onProgress: () => calls++ });
    const after = await Promise.all((await cacheFiles(folder)).map(async (name) => (await stat(join(folder, name))).mtimeMs));
    expect(after).toEqual(before);
    expect(calls).toBe(0);
  });
});

describe('damage', () => {
  it('a flipped byte of the numbers is found and the matrix made again', async () => {
    const { folder } = await wholeCache();
    const file = join(folder, (await cacheFiles(folder))[3]);
    const whole = await readFile(file);
    await flipByte(file, whole.length - 5);
    const damaged = await openSvdCache({ checkpoint, directory });
    expect(damaged).toMatchObject({ state: 'damaged', done: 34, matrices: [] });
    expect(damaged.damage).toContain(file);
    expect((await build()).state).toBe('ready');
    expect((await readFile(file)).equals(whole)).toBe(true);
  });
  it('a flipped byte under an unchanged time is found by the full check', async () => {
    const { folder } = await wholeCache();
    const file = join(folder, (await cacheFiles(folder))[0]);
    const { atime, mtime } = await stat(file);
    // Whole milliseconds, so that the time can be put back exactly; the opening remembers them.
    await utimes(file, atime, new Date(Math.floor(mtime.getTime() / 1000) * 1000));
    const { mtime: whole } = await stat(file);
    expect((await openSvdCache({ checkpoint, directory })).state).toBe('ready');
    await flipByte(file, (await stat(file)).size - 1);
    await utimes(file, atime, whole);
    expect((await openSvdCache({ checkpoint, directory, full: true })).state).toBe('damaged');
  });
  it('a file cut short, a file that is not one, a file of another matrix', async () => {
    const { folder } = await wholeCache();
    const names = await cacheFiles(folder);
    const [first, second, third] = names.map((name) => join(folder, name));
    await truncate(first, 1000);
    expect(await svdState({ checkpoint, directory })).toMatchObject({ state: 'damaged', done: 34 });
    await writeFile(second, 'not a tensor');
    await writeFile(third, await readFile(join(folder, names[4])));
    expect(await svdState({ checkpoint, directory })).toMatchObject({ state: 'damaged', done: 32 });
    expect((await build()).state).toBe('ready');
  });
  it('a lost file leaves the cache unfinished, not damaged', async () => {
    const { folder } = await wholeCache();
    await rm(join(folder, (await cacheFiles(folder))[7]));
    expect(await svdState({ checkpoint, directory })).toMatchObject({ state: 'none', done: 34, total: 35 });
  });
});

describe('a build that is stopped', () => {
  it('by its signal keeps what it finished and goes on from there', async () => {
    const stop = new AbortController();
    await expect(
      buildSvdCache({ checkpoint, directory, backend, signal: stop.signal, onProgress: ({ done }) => done === 5 && stop.abort() }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    const { done, folder } = await svdState({ checkpoint, directory });
    expect(done).toBe(6);
    const names = await cacheFiles(folder);
    const times = (): Promise<number[]> => Promise.all(names.map(async (name) => (await stat(join(folder, name))).mtimeMs));
    const finished = await times();
    const seen: number[] = [];
    await buildSvdCache({ checkpoint, directory, backend, onProgress: (progress) => seen.push(progress.done) });
    expect(seen[0]).toBe(6);
    expect(await times()).toEqual(finished);
  });

  it('by a kill at any moment never counts a half-written matrix', async () => {
    const script = `
      import { openCheckpoint } from './src/engine/checkpoint/open.ts';
      import { openProducts } from './src/engine/runtime/products.ts';
      import { buildSvdCache } from './src/engine/svd/cache.ts';
      await buildSvdCache({ checkpoint: await openCheckpoint(${JSON.stringify(stories)}), directory: ${JSON.stringify(directory)}, backend: openProducts({ threads: 1 }), onProgress: ({ done }) => {
        process.stdout.write(done + '\\n');
        if (done === 30) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000); // the kill may come late
      } });`;
    const child = spawn(process.execPath, ['--input-type=module', '--no-warnings', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));
    child.stdout.on('data', (data: Buffer) => {
      if (String(data).split('\n').some((line) => Number(line) >= 4)) child.kill('SIGKILL');
    });
    expect(await exited).toBe('SIGKILL');
    const { state, done } = await svdState({ checkpoint, directory });
    expect(state).toBe('none');
    expect(done).toBeGreaterThanOrEqual(4);
    expect(done).toBeLessThanOrEqual(30);
    expect((await build()).state).toBe('ready');
  });
});

it('NaN weights are refused with the tensor’s name', async () => {
  const name = checkpoint.matrices[2].name;
  const place = checkpoint.tensors.get(name)!;
  const copy = join(directory, 'broken.bin');
  const bytes = new Uint8Array((await readFile(place.file)).subarray(place.offset, place.offset + place.byteLength));
  new DataView(bytes.buffer).setFloat32(40, NaN, true);
  await writeFile(copy, bytes);
  const tensors = new Map(checkpoint.tensors).set(name, { ...place, file: copy, offset: 0 });
  await expect(buildSvdCache({ checkpoint: { ...checkpoint, tensors }, directory, backend, hash: 'a'.repeat(64) })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining(name) as string });
});
