/** Writing safetensors: the header is known before the data, so tensors are streamed one after the other. */
import { SingularError } from '../../shared/errors.ts';
import { dtypeSizes, type Dtype } from './dtypes.ts';
import { writeAtomically, writeFully } from './files.ts';

export type TensorData = Float32Array | Uint8Array | AsyncIterable<Uint8Array>;

export interface TensorToWrite {
  name: string;
  dtype: Dtype;
  shape: readonly number[];
  /** a Float32Array (dtype F32) or little-endian bytes; a function is called when this tensor's turn comes */
  data: TensorData | (() => TensorData | Promise<TensorData>);
}

/** Data begins at a multiple of this, so that a mapped file gives aligned pages to vector code. */
const alignment = 64;

/** Bytes of a tensor of this type and shape. */
export const tensorByteLength = (dtype: Dtype, shape: readonly number[]): number =>
  shape.reduce((product, length) => product * length, 1) * dtypeSizes[dtype];

/**
 * Writes a safetensors file, streamed, through a temporary neighbour. Tensors of wider types come first, so that
 * every tensor is aligned to its element; within a type the given order is kept. All metadata are strings.
 */
export async function writeSafetensors(
  file: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
  options: { onTensor?: (name: string) => void; signal?: AbortSignal } = {},
): Promise<void> {
  const ordered = [...tensors].sort((a, b) => dtypeSizes[b.dtype] - dtypeSizes[a.dtype]);
  await writeAtomically(file, async (handle) => {
    await writeFully(handle, encodeHeader(file, ordered, metadata));
    for (const tensor of ordered) {
      options.signal?.throwIfAborted();
      let written = 0;
      const data = typeof tensor.data === 'function' ? await tensor.data() : tensor.data;
      for await (const piece of pieces(data)) {
        await writeFully(handle, piece);
        written += piece.byteLength;
      }
      const expected = tensorByteLength(tensor.dtype, tensor.shape);
      if (written !== expected) throw new Error(`tensor ${tensor.name}: ${written} bytes were given, its shape takes ${expected}`);
      options.onTensor?.(tensor.name);
    }
  });
}

function encodeHeader(file: string, tensors: readonly TensorToWrite[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const entries = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) entries.set('__metadata__', metadata);
  let begin = 0;
  for (const { name, dtype, shape } of tensors) {
    if (entries.has(name) || name === '__metadata__') throw new SingularError('bad-input', `${file} would hold tensor “${name}” twice.`);
    const end = begin + tensorByteLength(dtype, shape);
    entries.set(name, { dtype, shape, data_offsets: [begin, end] });
    begin = end;
  }
  // Object.fromEntries defines own properties, so a tensor named __proto__ stays a tensor.
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const total = Math.ceil((8 + json.byteLength) / alignment) * alignment;
  const header = new Uint8Array(total).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(total - 8), true);
  header.set(json, 8);
  return header;
}

async function* pieces(data: TensorData): AsyncGenerator<Uint8Array> {
  if (data instanceof Float32Array) yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  else if (data instanceof Uint8Array) yield data;
  else yield* data;
}
