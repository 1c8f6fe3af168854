/** Bytes of a dataset file, and the limits and sentences that all readers share. */
import { createHash } from 'node:crypto';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { SingularError } from '../../../shared/errors.ts';

/** Longest row that is read into memory. A longer one is refused while it is being read, never loaded. */
export const maxRowBytes = 16 * 1024 * 1024;
/** Deepest nesting of lists and objects in a row; real rows have about four levels. */
export const maxNesting = 64;
const chunkBytes = 1024 * 1024;

/**
 * One row as it lies in the file, or why it cannot be read. `row` counts from 0; sentences that people read count
 * from 1, like the lines of an editor.
 */
export type RawRow = { row: number; data: Record<string, unknown> } | { row: number; reason: string };
export type DatasetFormat = 'jsonl' | 'json' | 'csv' | 'parquet';

/** A refusal that names the file and, where there is one, the row (from 0). */
export function refuse(path: string, what: string, row?: number): SingularError {
  return new SingularError('bad-input', row === undefined ? `${basename(path)}: ${what}.` : `${basename(path)}, row ${row + 1}: ${what}.`);
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SingularError('cancelled', 'Reading was cancelled.');
}

/** Opens a non-empty regular file. Errors: `not-found`, or `bad-input` for a folder, an empty or an unreadable file. */
export async function openFile(path: string): Promise<{ handle: FileHandle; sizeBytes: number }> {
  let handle: FileHandle | undefined;
  try {
    // stat first: opening a named pipe would wait for a writer without end
    const facts = await stat(path);
    if (!facts.isFile()) throw refuse(path, facts.isDirectory() ? 'is a folder, not a dataset file' : 'is not a regular file');
    if (facts.size === 0) throw refuse(path, 'the file is empty');
    handle = await open(path, 'r');
    return { handle, sizeBytes: facts.size };
  } catch (error) {
    await handle?.close();
    if (error instanceof SingularError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new SingularError('not-found', `${basename(path)} does not exist.`, { cause: error });
    throw new SingularError('bad-input', `${basename(path)} cannot be opened (${code ?? 'unknown error'}).`, { cause: error });
  }
}

/** The file's bytes in pieces of at most 1 MiB; each piece is a buffer of its own. */
export async function* readChunks(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const { handle } = await openFile(path);
  try {
    for (;;) {
      throwIfAborted(signal);
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** The first bytes of a file, for telling formats apart. */
export async function readHead(path: string, bytes: number): Promise<Buffer> {
  const { handle } = await openFile(path);
  try {
    const buffer = Buffer.alloc(bytes);
    const { bytesRead } = await handle.read(buffer, 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** SHA-256 of the file, in hexadecimal, streamed. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readChunks(path, signal)) hash.update(chunk);
  return hash.digest('hex');
}

/** Refuses text files that are visibly not UTF-8 text: UTF-16, or bytes that no text has. */
export function refuseBinary(path: string, head: Buffer, kind: string): void {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    throw refuse(path, 'is UTF-16 text; save it as UTF-8');
  }
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') throw refuse(path, `is a Parquet file, not ${kind}; rename it to .parquet`);
  if (head.includes(0)) throw refuse(path, `is not ${kind}: row 1 holds binary data`);
}

/** Whether a parsed value nests deeper than `maxNesting`. */
export function nestsTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= maxNesting) return true;
  for (const child of Array.isArray(value) ? value : Object.values(value)) if (nestsTooDeep(child, depth + 1)) return true;
  return false;
}
