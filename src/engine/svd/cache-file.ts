/** One matrix of an SVD cache as one safetensors file: tensors `u`, `sigma`, `vt`, and what they belong to as metadata. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SingularError } from '../../shared/errors.ts';
import type { MatrixShape } from '../../shared/matrices.ts';
import { openSafetensors, readTensorBytes, readTensorF32, type TensorPlace } from '../checkpoint/safetensors.ts';
import { writeSafetensors } from '../checkpoint/safetensors-write.ts';
import type { Svd } from './decompose.ts';

export const svdFormat = 'singular-svd';
export const svdVersion = '1';

const metadataSchema = z.object({
  format: z.literal(svdFormat),
  version: z.literal(svdVersion),
  weights_hash: z.string(),
  matrix: z.string(),
  /** SHA-256 over the bytes of u, sigma and vt */
  checksum: z.string().regex(/^[0-9a-f]{64}$/),
});

/** One matrix of a cache; `u` [rows, rank] and `vt` [rank, columns] are used in place, `sigma` [rank] is read. */
export interface SvdMatrix extends MatrixShape {
  u: TensorPlace;
  sigma: Float32Array;
  vt: TensorPlace;
}

export interface CachedMatrix {
  places: { u: TensorPlace; sigma: TensorPlace; vt: TensorPlace };
  checksum: string;
  sizeBytes: number;
}

export const cacheFileName = ({ layer, projection }: MatrixShape): string => `${String(layer).padStart(3, '0')}.${projection}.safetensors`;

export async function writeCacheFile(file: string, shape: MatrixShape, weightsHash: string, { u, sigma, vt }: Svd): Promise<void> {
  const checksum = checksumOf([u, sigma, vt].map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)));
  const metadata = { format: svdFormat, version: svdVersion, weights_hash: weightsHash, matrix: shape.name, checksum };
  await writeSafetensors(
    file,
    [
      { name: 'u', dtype: 'F32', shape: [shape.rows, shape.rank], data: u },
      { name: 'sigma', dtype: 'F32', shape: [shape.rank], data: sigma },
      { name: 'vt', dtype: 'F32', shape: [shape.rank, shape.columns], data: vt },
    ],
    metadata,
  );
}

/**
 * Header, metadata and shapes of a cache file; the numbers are not read.
 * @throws SingularError `not-found`, or `bad-input` with what is wrong
 */
export async function openCacheFile(file: string, shape: MatrixShape, weightsHash: string): Promise<CachedMatrix> {
  const { tensors, metadata, sizeBytes } = await openSafetensors(file);
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success) throw new SingularError('bad-input', `${file} is not an SVD cache file of version ${svdVersion}.`);
  if (parsed.data.weights_hash !== weightsHash || parsed.data.matrix !== shape.name) throw new SingularError('bad-input', `${file} belongs to another matrix than “${shape.name}” of this model.`);
  const place = (name: string, expected: readonly number[]): TensorPlace => {
    const found = tensors.get(name);
    if (!found || found.dtype !== 'F32' || found.shape.length !== expected.length || found.shape.some((extent, axis) => extent !== expected[axis])) {
      throw new SingularError('bad-input', `${file} lacks tensor “${name}” of shape [${expected.join(', ')}].`);
    }
    return found;
  };
  const places = { u: place('u', [shape.rows, shape.rank]), sigma: place('sigma', [shape.rank]), vt: place('vt', [shape.rank, shape.columns]) };
  return { places, checksum: parsed.data.checksum, sizeBytes };
}

/**
 * All numbers of a cache file, compared with its checksum.
 * @throws SingularError `bad-input` where a byte has changed
 */
export async function readCacheFile(file: string, { places, checksum }: CachedMatrix): Promise<Svd> {
  const bytes = await Promise.all([readTensorBytes(places.u), readTensorBytes(places.sigma), readTensorBytes(places.vt)]);
  if (checksumOf(bytes) !== checksum) throw new SingularError('bad-input', `${file} is damaged: its numbers do not have its checksum.`);
  const [u, sigma, vt] = bytes.map((array) => new Float32Array(array.buffer, array.byteOffset, array.byteLength / 4));
  return { u, sigma, vt };
}

export async function matrixOf(shape: MatrixShape, { places }: CachedMatrix): Promise<SvdMatrix> {
  return { ...shape, u: places.u, sigma: await readTensorF32(places.sigma), vt: places.vt };
}

function checksumOf(arrays: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const array of arrays) hash.update(array);
  return hash.digest('hex');
}
