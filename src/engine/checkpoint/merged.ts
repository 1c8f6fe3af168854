/**
 * A mix or an adapter baked into an ordinary checkpoint folder: for a z, `W' = W + U diag(σ (z − 1)) Vᵀ` for every tuned
 * matrix (arXiv 2501.06252, eq. 1, written around W so that z = 1 gives W back to the bit); for an adapter, the weights
 * that it was merged into; everything else as it was.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SingularError } from '../../shared/errors.ts';
import type { ZVectors } from '../../shared/matrices.ts';
import { fromFloat32, isWeightDtype } from './dtypes.ts';
import { errorCode, writeAtomically, writeFully } from './files.ts';
import { writeFolder } from './new-folder.ts';
import type { Checkpoint } from './open.ts';
import { readTensorF32, streamTensorBytes, type TensorPlace } from './safetensors.ts';
import { writeSafetensors, type TensorToWrite } from './safetensors-write.ts';

/** u [rows, rank], sigma [rank], vt [rank, columns], row-major */
export interface MatrixFactors { u: Float32Array; sigma: Float32Array; vt: Float32Array }
/** a [m, k] · b [k, n] → [m, n]; may run elsewhere, on a device */
export type Multiply = (a: Float32Array, b: Float32Array, m: number, k: number, n: number) => Float32Array | Promise<Float32Array>;

export interface MergeRequest {
  checkpoint: Checkpoint;
  svd: (name: string) => MatrixFactors | Promise<MatrixFactors>;
  z: ZVectors;
  /** tensors that take another's place, by name */
  replaced?: ReadonlyMap<string, Float32Array>;
  /** a folder that does not exist, or is empty */
  out: string;
  metadata: Readonly<Record<string, string>>;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
  /** a plain loop in double precision by default: enough for small models, slow beyond */
  multiply?: Multiply;
  /** weights larger than this are split into shards; 4 GB by default */
  maxShardBytes?: number;
}

const companions = [
  'config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'tokenizer.model', 'special_tokens_map.json',
  'added_tokens.json', 'chat_template.jinja', 'chat_template.json',
];

/** @returns the folder and the bytes of its weights */
export async function writeMerged(request: MergeRequest): Promise<{ path: string; sizeBytes: number }> {
  const { checkpoint, out } = request;
  checkZ(request);
  await writeFolder(out, 'a merged checkpoint', async (folder) => {
    for (const name of companions) {
      await copyFile(join(checkpoint.folder, name), join(folder, name)).catch((error: unknown) => {
        if (errorCode(error) !== 'ENOENT') throw error;
      });
    }
    await writeWeights(request, folder);
  });
  return { path: out, sizeBytes: checkpoint.sizeBytes };
}

function checkZ({ checkpoint, z }: MergeRequest): void {
  const ranks = new Map(checkpoint.matrices.map((matrix) => [matrix.name, matrix.rank]));
  for (const [name, values] of Object.entries(z)) {
    const rank = ranks.get(name);
    if (rank === undefined) throw new SingularError('conflict', `This model has no matrix “${name}”.`);
    if (rank !== values.length) throw new SingularError('conflict', `Matrix “${name}” has rank ${rank}, but ${values.length} values were given.`);
    if (!values.every(Number.isFinite)) throw new SingularError('bad-input', `The mix has a value that is not a number in “${name}”.`);
  }
}

async function writeWeights(request: MergeRequest, folder: string): Promise<void> {
  const { checkpoint, z, signal, onProgress } = request;
  const limit = request.maxShardBytes ?? 4e9;
  const shards: TensorToWrite[][] = [[]];
  let filled = 0;
  for (const [name, place] of checkpoint.tensors) {
    if (filled > 0 && filled + place.byteLength > limit) {
      shards.push([]);
      filled = 0;
    }
    filled += place.byteLength;
    const values = z[name];
    const tuned = values?.some((value) => value !== 1);
    shards.at(-1)?.push({
      name, dtype: place.dtype, shape: place.shape,
      data: () => {
        const replacement = request.replaced?.get(name);
        if (replacement) return rounded(name, place, replacement);
        return tuned && values ? mergedBytes(request, name, place, values) : streamTensorBytes(place);
      },
    });
  }

  let done = 0;
  const weightMap: Record<string, string> = {};
  for (const [index, tensors] of shards.entries()) {
    const number = (value: number): string => String(value).padStart(5, '0');
    const file = shards.length === 1 ? 'model.safetensors' : `model-${number(index + 1)}-of-${number(shards.length)}.safetensors`;
    for (const { name } of tensors) weightMap[name] = file;
    // transformers insists on format "pt".
    await writeSafetensors(join(folder, file), tensors, { ...request.metadata, format: 'pt' }, {
      onTensor: () => onProgress?.(++done, checkpoint.tensors.size),
      ...(signal ? { signal } : {}),
    });
  }
  if (shards.length > 1) {
    const index = JSON.stringify({ metadata: { total_size: checkpoint.sizeBytes }, weight_map: weightMap }, null, 2);
    await writeAtomically(join(folder, 'model.safetensors.index.json'), (handle) => writeFully(handle, new TextEncoder().encode(index)));
  }
}

async function mergedBytes({ svd, multiply = multiplyPlain }: MergeRequest, name: string, place: TensorPlace, z: Float32Array): Promise<Uint8Array> {
  const [rows = 0, columns = 0] = place.shape;
  const rank = z.length;
  const { u, sigma, vt } = await svd(name);
  // Scaling U's columns keeps one factor as it lies.
  const scaled = new Float32Array(rows * rank);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < rank; i++) scaled[row * rank + i] = (u[row * rank + i]) * (sigma[i]) * ((z[i]) - 1);
  }
  const change = await multiply(scaled, vt, rows, rank, columns);
  const weight = await readTensorF32(place);
  for (let i = 0; i < weight.length; i++) weight[i] = (weight[i]) + (change[i]);
  return rounded(name, place, weight);
}

/** fp32 weights in the format that their place has */
function rounded(name: string, { dtype, file }: TensorPlace, weight: Float32Array): Uint8Array {
  if (!isWeightDtype(dtype)) throw new SingularError('bad-input', `${file} holds “${name}” as ${dtype}, which is no weight.`);
  return fromFloat32(weight, dtype);
}

/** a [m, k] · b [k, n], accumulated in double precision row by row. */
export function multiplyPlain(a: Float32Array, b: Float32Array, m: number, k: number, n: number): Float32Array {
  const product = new Float32Array(m * n);
  const row = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    row.fill(0);
    for (let j = 0; j < k; j++) {
      const factor = a[i * k + j];
      if (factor === 0) continue;
      const start = j * n;
      for (let column = 0; column < n; column++) row[column] = (row[column]) + factor * (b[start + column]);
    }
    product.set(row, i * n);
  }
  return product;
}
