/**
 * Graphs refer to fp32 tensors where they lie. A checkpoint stored as fp16 or bf16 is therefore written out once in
 * fp32 under the cache root (both convert exactly), keyed by the hash of its weights.
 */
import { join } from 'node:path';
import { SingularError } from '../../shared/errors.ts';
import { firstNonFinite, fromFloat32, isWeightDtype, toFloat32 } from './dtypes.ts';
import type { Checkpoint } from './open.ts';
import { openSafetensors, streamTensorBytes, type TensorPlace } from './safetensors.ts';
import { writeSafetensors } from './safetensors-write.ts';
import { notFinite, weightsHash, type HashOptions } from './weights-hash.ts';

/**
 * The same checkpoint with every weight in fp32. An fp32 checkpoint is given back as it is; otherwise the copy is
 * made, or found from an earlier time. It takes its name only when whole, so an interrupted one is made again.
 */
export async function fp32Copy(checkpoint: Checkpoint, cacheRoot: string, options: Omit<HashOptions, 'cacheRoot'> = {}): Promise<Checkpoint> {
  if (checkpoint.dtype === 'float32') return checkpoint;
  const hash = await weightsHash(checkpoint, { cacheRoot, ...(options.signal ? { signal: options.signal } : {}) });
  const file = join(cacheRoot, 'fp32', hash, 'model.safetensors');
  const found = await usableCopy(file, checkpoint, hash);
  if (found) return withTensors(checkpoint, found);

  const total = checkpoint.parameters * 4;
  let done = 0;
  const tensors = [...checkpoint.tensors].map(([name, place]) => ({
    name,
    dtype: 'F32' as const,
    shape: place.shape,
    data: () => convert(name, place, (bytes) => options.onProgress?.((done += bytes), total)),
  }));
  await writeSafetensors(file, tensors, { format: 'pt', weights_hash: hash }, options.signal ? { signal: options.signal } : {});
  const written = await usableCopy(file, checkpoint, hash);
  if (!written) throw new SingularError('bad-input', `${file} was changed while it was written.`);
  return withTensors(checkpoint, written);
}

async function usableCopy(file: string, checkpoint: Checkpoint, hash: string): Promise<ReadonlyMap<string, TensorPlace> | undefined> {
  try {
    const copy = await openSafetensors(file);
    const whole = [...checkpoint.tensors].every(([name, place]) => {
      const found = copy.tensors.get(name);
      return found?.dtype === 'F32' && found.shape.join() === place.shape.join();
    });
    return whole && copy.metadata['weights_hash'] === hash ? copy.tensors : undefined;
  } catch (error) {
    // Not there, or damaged: either way it is made again.
    if (error instanceof SingularError && (error.code === 'not-found' || error.code === 'bad-input')) return undefined;
    throw error;
  }
}

async function* convert(name: string, place: TensorPlace, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  if (!isWeightDtype(place.dtype)) throw new SingularError('bad-input', `${place.file} holds tensor “${name}” as ${place.dtype}, which is no weight.`);
  for await (const piece of streamTensorBytes(place)) {
    if (firstNonFinite(piece, place.dtype) >= 0) throw notFinite(place.file, name);
    const bytes = fromFloat32(toFloat32(piece, place.dtype), 'F32');
    onBytes(bytes.byteLength);
    yield bytes;
  }
}

function withTensors(checkpoint: Checkpoint, copy: ReadonlyMap<string, TensorPlace>): Checkpoint {
  const tensors = new Map<string, TensorPlace>();
  for (const name of checkpoint.tensors.keys()) {
    const place = copy.get(name);
    if (place) tensors.set(name, place);
  }
  return { ...checkpoint, tensors, dtype: 'float32', sizeBytes: checkpoint.parameters * 4 };
}
