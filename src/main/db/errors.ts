import { basename, dirname } from 'node:path';
import { SingularError } from '../../shared/errors.ts';

/** One sentence for what can happen to any database file; everything else stays as it was (a bug). */
export function toDatabaseError(error: unknown, file: string): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return error;
  const name = basename(file);
  if (code.startsWith('SQLITE_BUSY') || code === 'SQLITE_LOCKED') {
    return new SingularError('busy', `The database ${name} is locked by another program; nothing was changed.`, { cause: error });
  }
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
    return new SingularError('disk-full', `The disk that holds ${name} is full; nothing was changed.`, { cause: error });
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return new SingularError('bad-input', `The file ${name} is not a readable Singular database; nothing was changed.`, { cause: error });
  }
  if (code === 'SQLITE_READONLY' || code.startsWith('SQLITE_READONLY_') || code === 'SQLITE_CANTOPEN') {
    return new SingularError('bad-input', `The database ${name} cannot be written in ${dirname(file)}; check the folder's permissions.`, { cause: error });
  }
  return error;
}

/** The same object with every method translating what SQLite throws, so that no caller ever sees SQLite's own errors. */
export function guarded<T extends object>(store: T, file: string): T {
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(store)) {
    result[key] = typeof member !== 'function' ? member : (...input: unknown[]): unknown => {
      try {
        return (member as (...input: unknown[]) => unknown)(...input);
      } catch (error) {
        throw toDatabaseError(error, file);
      }
    };
  }
  return result as T;
}
