/** Opens the one database of a home: checked, backed up, migrated, and set up for several readers beside one writer. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { SingularError } from '../../shared/errors.ts';
import { toDatabaseError } from './errors.ts';
import { applyMigrations, refuseForeign } from './migrate.ts';

export interface OpenOptions {
  file: string;
  migrationsFolder: string;
  /** how long a write waits for another process's lock */
  busyTimeoutMs?: number;
}

export interface Connection {
  file: string;
  client: Sqlite.Database;
  orm: BetterSQLite3Database;
  /** the copy made before this opening migrated, if it did */
  backup: string | undefined;
  close(): void;
}

/** Errors: `busy` (locked), `conflict` (newer), `bad-input` (not a database of ours), `disk-full`. The file is unchanged then. */
export function openConnection(options: OpenOptions): Connection {
  const { file, migrationsFolder, busyTimeoutMs = 5000 } = options;
  let client: Sqlite.Database | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    if (existsSync(file) && statSync(file).size > 0) probe(file, migrationsFolder, busyTimeoutMs);
    client = new Sqlite(file, { timeout: busyTimeoutMs });
    client.pragma('journal_mode = WAL');
    client.pragma('synchronous = NORMAL');
    client.pragma('foreign_keys = OFF');
    const backup = applyMigrations(client, file, migrationsFolder);
    client.pragma('foreign_keys = ON');
    client.pragma('temp_store = MEMORY');
    const open = client;
    return { file, client: open, orm: drizzle(open), backup, close: () => void open.close() };
  } catch (error) {
    client?.close();
    if (error instanceof SingularError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EACCES' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST') {
      throw new SingularError('bad-input', `The folder ${dirname(file)} cannot be used for ${basename(file)}; check that it is a folder that may be written.`, { cause: error });
    }
    throw toDatabaseError(error, file);
  }
}

/** Looks through a read-only connection, so that a refused file keeps every byte. */
function probe(file: string, migrationsFolder: string, busyTimeoutMs: number): void {
  const client = new Sqlite(file, { readonly: true, timeout: busyTimeoutMs });
  try {
    refuseForeign(client, file, migrationsFolder);
  } finally {
    client.close();
  }
}
