/** Small file habits that every writer and reader of checkpoints shares. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SingularError } from '../../shared/errors.ts';

export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** The sentence a person reads for what the file system said about `file`; anything else is thrown on as it is. */
export function fileError(error: unknown, file: string): unknown {
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new SingularError('not-found', `${file} does not exist.`, { cause: error });
    case 'EISDIR':
      return new SingularError('bad-input', `${file} is a folder, not a file.`, { cause: error });
    case 'EACCES':
    case 'EPERM':
      return new SingularError('bad-input', `${file} may not be opened with this account's rights.`, { cause: error });
    case 'ENOSPC':
    case 'EDQUOT':
      return new SingularError('disk-full', `The disk is full, so ${file} was not written.`, { cause: error });
    case 'EROFS':
      return new SingularError('bad-input', `${file} lies on a read-only disk.`, { cause: error });
    default:
      return error;
  }
}

/** Reads exactly `length` bytes at `position`; a file cut short while it is read is refused. */
export async function readExactly(handle: FileHandle, file: string, position: number, target: Uint8Array): Promise<void> {
  let done = 0;
  while (done < target.byteLength) {
    // One read call takes at most 2^31 − 1 bytes.
    const wanted = Math.min(target.byteLength - done, 1 << 30);
    const { bytesRead } = await handle.read(target, done, wanted, position + done);
    if (bytesRead === 0) throw new SingularError('bad-input', `${file} ends at byte ${position + done}, in the middle of its data.`);
    done += bytesRead;
  }
}

/** Several times the largest tokenizer.json of known models. */
const largestJson = 256 << 20;

/** JSON of a file that should hold an object; a missing file gives undefined when `optional`. */
export async function readJsonFile(file: string, options: { optional?: boolean } = {}): Promise<unknown> {
  let text: string;
  try {
    const found = await stat(file);
    // Opening a pipe would wait for a writer that may never come.
    if (!found.isFile()) throw new SingularError('bad-input', `${file} is not a file.`);
    if (found.size > largestJson) throw new SingularError('bad-input', `${file} has ${found.size} bytes, too many for a file of its kind.`);
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (options.optional && errorCode(error) === 'ENOENT') return undefined;
    throw fileError(error, file);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SingularError('bad-input', `${file} is not valid JSON.`, { cause: error });
  }
}

/**
 * Writes `file` through a temporary neighbour that takes its name only when whole and on disk, so a reader (or a
 * crash) never meets half a file.
 */
export async function writeAtomically(file: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.part`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(temporary, 'wx');
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(error, file);
  }
}

/** Writes all of `bytes`, however few the system takes at once. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.byteLength - done, 1 << 30));
    done += bytesWritten;
  }
}
