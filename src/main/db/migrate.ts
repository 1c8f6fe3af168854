/**
 * Applies the pending migrations of `drizzle/`, each in a transaction of its own, after a backup copy of the database as it was before the first.
 *
 * Drizzle's own `migrate` reads what is applied before it takes the lock, so two processes that open a new database
 * at once would both create the tables; and it knows neither backups nor databases of a newer application.
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Database as Sqlite } from 'better-sqlite3';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { SingularError } from '../../shared/errors.ts';

/** The table that drizzle-kit's own tools read. */
const journalTable = '__drizzle_migrations';

interface AppliedMigration { hash: string; createdAt: number }

function appliedMigrations(client: Sqlite): AppliedMigration[] {
  const exists = client.prepare(`select 1 from sqlite_master where type = 'table' and name = ?`).get(journalTable);
  if (!exists) return [];
  return client.prepare(`select hash, cast(created_at as integer) as createdAt from ${journalTable} order by created_at`).all() as AppliedMigration[];
}

/** Throws when the file was written by a newer application, or by another program. Reads only. */
export function refuseForeign(client: Sqlite, file: string, migrationsFolder: string): void {
  const newest = readMigrationFiles({ migrationsFolder }).at(-1)?.folderMillis ?? 0;
  const applied = appliedMigrations(client);
  if ((applied.at(-1)?.createdAt ?? 0) > newest) {
    throw new SingularError('conflict', `The database ${basename(file)} was written by a newer version of Singular; update Singular to open it. Nothing was changed.`);
  }
  const tables = client.prepare(`select count(*) as count from sqlite_master where type = 'table'`).get() as { count: number };
  if (applied.length === 0 && tables.count > 0) {
    throw new SingularError('bad-input', `The file ${basename(file)} is a database of another program; nothing was changed.`);
  }
}

function freeBackupName(file: string, index: number): string {
  for (let copy = 1; ; copy++) {
    const path = `${file}.before-migration-${index}${copy === 1 ? '' : `-${copy}`}.backup`;
    if (!existsSync(path)) return path;
  }
}

/** Backups are the person's own rows: the last few stay, so that they do not outgrow the database. */
const backupsKept = 5;

function pruneBackups(file: string): void {
  const [folder, name] = [dirname(file), basename(file)];
  const old = readdirSync(folder).filter((entry) => entry.startsWith(`${name}.before-migration-`) && entry.endsWith('.backup'))
    .map((entry) => ({ path: join(folder, entry), time: statSync(join(folder, entry)).mtimeMs }))
    .sort((a, b) => b.time - a.time || b.path.localeCompare(a.path)).slice(backupsKept);
  for (const { path } of old) rmSync(path, { force: true });
}

/** Returns the backup that was made, if any. Foreign keys must be off: rebuilding a table would cascade otherwise. */
export function applyMigrations(client: Sqlite, file: string, migrationsFolder: string): string | undefined {
  let backup: string | undefined;
  let hasApplied = false;
  const migrations = readMigrationFiles({ migrationsFolder });
  const wasNew = appliedMigrations(client).length === 0;
  for (const [index, migration] of migrations.entries()) {
    const isApplied = (): boolean => appliedMigrations(client).some((applied) => applied.createdAt === migration.folderMillis);
    if (isApplied()) continue;
    if (!backup && !wasNew && client.name !== ':memory:') {
      backup = freeBackupName(file, index);
      try {
        client.prepare('vacuum into ?').run(backup);
      } catch (error) {
        rmSync(backup, { force: true });
        throw error;
      }
    }
    const apply = client.transaction((): boolean => {
      if (isApplied()) return false; // another process was faster
      client.exec(`create table if not exists ${journalTable} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)`);
      for (const statement of migration.sql) client.exec(statement);
      client.prepare(`insert into ${journalTable} (hash, created_at) values (?, ?)`).run(migration.hash, migration.folderMillis);
      const broken = client.pragma('foreign_key_check') as { table: string }[];
      if (broken[0]) throw new SingularError('internal', `Migration ${index} would leave rows of ${broken[0].table} without their parent; nothing was changed.`);
      return true;
    });
    hasApplied = apply.immediate() || hasApplied;
  }
  if (!backup) return undefined;
  if (hasApplied) {
    pruneBackups(file);
    return backup;
  }
  rmSync(backup, { force: true });
  return undefined;
}
