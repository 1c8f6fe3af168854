/**
 * The identity of a model: SHA-256 over the names, types, shapes and bytes of its weights in the order of their
 * names, so that the same weights in one file or in ten shards are the same model. Reading gigabytes takes seconds,
 * so the hash is kept in a small file under the cache root, and believed while the sizes and times of the weight
 * files stay as they were.
 */
import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SingularError } from '../../shared/errors.ts';
import { firstNonFinite, isWeightDtype } from './dtypes.ts';
import { readJsonFile, writeAtomically, writeFully } from './files.ts';
import { streamTensorBytes, type TensorPlace } from './safetensors.ts';

const sidecarSchema = z.object({
  files: z.array(z.object({ file: z.string(), size: z.number(), mtimeMs: z.number() })),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

export interface HashOptions {
  /** where hashes are remembered; without it, the weights are read each time */
  cacheRoot?: string;
  onProgress?: (doneBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}

/**
 * @returns 64 hexadecimal digits
 * @throws SingularError `bad-input` naming the tensor where a weight is NaN or infinite
 */
export async function weightsHash(checkpoint: { folder: string; tensors: ReadonlyMap<string, TensorPlace> }, options: HashOptions = {}): Promise<string> {
  const files = await Promise.all(
    [...new Set([...checkpoint.tensors.values()].map((place) => place.file))].sort().map(async (file) => {
      const { size, mtimeMs } = await stat(file);
      return { file, size, mtimeMs };
    }),
  );
  const sidecar = options.cacheRoot ? await sidecarFile(options.cacheRoot, checkpoint.folder) : undefined;
  if (sidecar) {
    const remembered = sidecarSchema.safeParse(await readJsonFile(sidecar, { optional: true }).catch(() => undefined));
    if (remembered.success && JSON.stringify(remembered.data.files) === JSON.stringify(files)) return remembered.data.hash;
  }
  const hash = await hashTensors(checkpoint.tensors, options);
  if (sidecar) {
    const json = new TextEncoder().encode(JSON.stringify({ files, hash }));
    await writeAtomically(sidecar, (handle) => writeFully(handle, json));
  }
  return hash;
}

async function sidecarFile(cacheRoot: string, folder: string): Promise<string> {
  const key = createHash('sha256').update(await realpath(folder)).digest('hex').slice(0, 32);
  return join(cacheRoot, 'weights-hashes', `${key}.json`);
}

async function hashTensors(tensors: ReadonlyMap<string, TensorPlace>, options: HashOptions): Promise<string> {
  const hash = createHash('sha256');
  const total = [...tensors.values()].reduce((sum, place) => sum + place.byteLength, 0);
  let done = 0;
  const names = [...tensors.keys()].sort();
  for (const name of names) {
    const place = tensors.get(name);
    if (!place || !isWeightDtype(place.dtype)) continue;
    // The lengths make the description unambiguous: no name can pass for another's shape.
    hash.update(JSON.stringify([name, place.dtype, place.shape, place.byteLength]));
    for await (const piece of streamTensorBytes(place)) {
      options.signal?.throwIfAborted();
      if (firstNonFinite(piece, place.dtype) >= 0) throw notFinite(place.file, name);
      hash.update(piece);
      done += piece.byteLength;
      options.onProgress?.(done, total);
    }
  }
  return hash.digest('hex');
}

export const notFinite = (file: string, name: string): SingularError =>
  new SingularError('bad-input', `${file} has NaN or infinite weights in tensor “${name}”.`);
