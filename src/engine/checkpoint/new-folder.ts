/** A folder that appears under its name only when it is whole. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SingularError } from '../../shared/errors.ts';
import { fileError } from './files.ts';

/**
 * Lets `write` fill a neighbour of `path`, which then takes its name; nothing is left behind when it fails.
 * @param what as in “an adapter”, for the refusal of a path that is a file or a folder with something in it
 */
export async function writeFolder(path: string, what: string, write: (temporary: string) => Promise<void>): Promise<void> {
  await refuseUsed(path, what);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  try {
    await mkdir(temporary, { recursive: true });
    await write(temporary);
    await refuseUsed(path, what);
    // Elsewhere than on POSIX a folder cannot take the name of an empty one.
    await rmdir(path).catch(() => undefined);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw fileError(error, path);
  }
}

async function refuseUsed(path: string, what: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isDirectory()) throw new SingularError('conflict', `${path} is a file; ${what} is a folder.`);
  if ((await readdir(path)).length > 0) throw new SingularError('conflict', `${path} is not empty; ${what} is written to a new or empty folder.`);
}
