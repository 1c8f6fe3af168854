/**
 * Safetensors files: eight bytes of header length, a JSON header, then the tensors' bytes one after the other.
 * https://github.com/huggingface/safetensors#format
 *
 * The header is not believed: lengths, offsets, shapes and names are checked against the file before anything is
 * read, so that a truncated or lying file gets one sentence and reads nothing outside itself.
 */
import { open, realpath, stat } from 'node:fs/promises';
import { z } from 'zod';
import { SingularError } from '../../shared/errors.ts';
import { dtypeSizes, isWeightDtype, toFloat32, type Dtype } from './dtypes.ts';
import { fileError, readExactly } from './files.ts';
import { duplicateJsonKey } from './json-duplicates.ts';

/** Where one tensor lies. `file` is resolved through links; `offset` and `byteLength` are bytes of that file. */
export interface TensorPlace {
  file: string;
  offset: number;
  byteLength: number;
  shape: readonly number[];
  dtype: Dtype;
}

export interface SafetensorsFile {
  /** resolved through links */
  file: string;
  sizeBytes: number;
  metadata: Record<string, string>;
  tensors: Map<string, TensorPlace>;
}

/** The largest header that the format's own library accepts. */
const maxHeaderBytes = 100_000_000;

const count = z.int().min(0);
const tensorSchema = z.object({
  dtype: z.enum(Object.keys(dtypeSizes) as [Dtype, ...Dtype[]]),
  shape: z.array(count).max(16),
  data_offsets: z.tuple([count, count]),
});
const metadataSchema = z.record(z.string(), z.string());

/**
 * Reads and checks the header of a safetensors file. No tensor is read.
 * @throws SingularError `bad-input` naming the file and, where there is one, the tensor
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  try {
    const file = await realpath(path);
    // Asked before it is opened: opening a pipe would wait for a writer.
    if (!(await stat(file)).isFile()) throw new SingularError('bad-input', `${path} is not a file.`);
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      if (size < 8) throw new SingularError('bad-input', `${path} is too short to be a safetensors file: it has ${size} bytes.`);
      const prefix = new Uint8Array(8);
      await readExactly(handle, path, 0, prefix);
      const headerLength = new DataView(prefix.buffer).getBigUint64(0, true);
      if (headerLength > BigInt(maxHeaderBytes) || headerLength < 2n) {
        throw new SingularError('bad-input', `${path} is not a safetensors file: it claims a header of ${headerLength} bytes.`);
      }
      const dataStart = 8 + Number(headerLength);
      if (dataStart > size) {
        throw new SingularError('bad-input', `${path} claims a header of ${headerLength} bytes, but the whole file has ${size}.`);
      }
      const header = new Uint8Array(Number(headerLength));
      await readExactly(handle, path, 8, header);
      return { file, sizeBytes: size, ...parseHeader(path, file, header, dataStart, size) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, path);
  }
}

/** @param path the file as the person knows it @param file the same, resolved through links */
function parseHeader(path: string, file: string, header: Uint8Array, dataStart: number, fileSize: number): Pick<SafetensorsFile, 'metadata' | 'tensors'> {
  let parsed: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(header);
    parsed = JSON.parse(text);
  } catch (error) {
    throw new SingularError('bad-input', `${path} has a header that is not JSON.`, { cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new SingularError('bad-input', `${path} has a header that is not a JSON object.`);
  }
  const duplicate = duplicateJsonKey(text);
  if (duplicate !== null) throw new SingularError('bad-input', `${path} has “${duplicate}” twice in its header.`);

  const tensors = new Map<string, TensorPlace>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '__metadata__') {
      const result = metadataSchema.safeParse(value);
      if (!result.success) throw new SingularError('bad-input', `${path} has metadata that is not made of strings.`);
      metadata = result.data;
      continue;
    }
    const result = tensorSchema.safeParse(value);
    if (!result.success) {
      const issue = result.error.issues[0];
      throw new SingularError('bad-input', `${path} describes tensor “${name}” wrongly: ${issue ? `${issue.path.join('.') || 'entry'}: ${issue.message}` : 'unreadable'}.`);
    }
    const { dtype, shape, data_offsets: [begin, end] } = result.data;
    const elements = shape.reduce((product, length) => product * length, 1);
    if (end < begin) throw new SingularError('bad-input', `${path} gives tensor “${name}” offsets that run backwards: ${begin} to ${end}.`);
    if (dataStart + end > fileSize) {
      throw new SingularError('bad-input', `${path} is cut short: tensor “${name}” should end at byte ${dataStart + end}, the file at ${fileSize}.`);
    }
    if (end - begin !== elements * dtypeSizes[dtype]) {
      throw new SingularError('bad-input', `${path} gives tensor “${name}” ${end - begin} bytes, but ${dtype} of shape [${shape.join(', ')}] takes ${elements * dtypeSizes[dtype]}.`);
    }
    tensors.set(name, { file, offset: dataStart + begin, byteLength: end - begin, shape, dtype });
  }
  checkCoverage(path, tensors, dataStart, fileSize);
  return { metadata, tensors };
}

/** The format allows neither overlaps nor holes: the tensors cover the data to the last byte. */
function checkCoverage(path: string, tensors: ReadonlyMap<string, TensorPlace>, dataStart: number, fileSize: number): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.byteLength - b.byteLength);
  let end = dataStart;
  let previous = 'the header';
  for (const [name, place] of inOrder) {
    if (place.offset < end) throw new SingularError('bad-input', `${path} has tensors that overlap: “${previous}” and “${name}”.`);
    if (place.offset > end) throw new SingularError('bad-input', `${path} has ${place.offset - end} bytes before tensor “${name}” that belong to no tensor.`);
    end = place.offset + place.byteLength;
    previous = name;
  }
  if (end !== fileSize) throw new SingularError('bad-input', `${path} has ${fileSize - end} bytes at its end that belong to no tensor.`);
}

/** The bytes of one tensor. */
export async function readTensorBytes(place: TensorPlace): Promise<Uint8Array> {
  try {
    const handle = await open(place.file, 'r');
    try {
      const bytes = new Uint8Array(place.byteLength);
      await readExactly(handle, place.file, place.offset, bytes);
      return bytes;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, place.file);
  }
}

/**
 * The bytes of one tensor in pieces of at most `pieceBytes` (a multiple of 8). All pieces share one memory: each is
 * good until the next is asked for.
 */
export async function* streamTensorBytes(place: TensorPlace, pieceBytes = 4 << 20): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const handle = await open(place.file, 'r').catch((error: unknown) => {
    throw fileError(error, place.file);
  });
  try {
    const memory = new Uint8Array(Math.min(pieceBytes, place.byteLength));
    for (let done = 0; done < place.byteLength; done += pieceBytes) {
      const piece = memory.subarray(0, Math.min(pieceBytes, place.byteLength - done));
      await readExactly(handle, place.file, place.offset + done, piece);
      yield piece;
    }
  } finally {
    await handle.close();
  }
}

/** One tensor as fp32, in the file's order (row-major, `place.shape`). F16 and BF16 are converted exactly. */
export async function readTensorF32(place: TensorPlace): Promise<Float32Array> {
  if (!isWeightDtype(place.dtype)) throw new SingularError('bad-input', `${place.file} holds a tensor of type ${place.dtype}; weights are F32, F16 or BF16 here.`);
  return toFloat32(await readTensorBytes(place), place.dtype);
}
