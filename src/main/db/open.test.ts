import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import { generateSQLiteDrizzleJson, generateSQLiteMigration, type DrizzleSQLiteSnapshotJSON } from 'drizzle-kit/api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as adaptationSchema from './adaptationSchema.ts';
import * as deskSchema from './deskSchema.ts';
import { guarded } from './errors.ts';
import { openStores } from './index.ts';
import { openConnection } from './open.ts';
import * as schema from './schema.ts';
import { createSettingsStore } from './settingsStore.ts';

const real = fileURLToPath(new URL('../../../drizzle', import.meta.url));
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'singular-db-'));
  file = join(folder, 'singular.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the migrations make the tables that the schema describes: a change of one needs the other (`npm run migrations`)', async () => {
  const snapshots = readdirSync(join(real, 'meta')).filter((name) => name.endsWith('_snapshot.json')).sort();
  const made = JSON.parse(readFileSync(join(real, 'meta', snapshots.at(-1) ?? ''), 'utf8')) as { id: string };
  const described = await generateSQLiteDrizzleJson({ ...adaptationSchema, ...deskSchema, ...schema }, made.id);
  expect(await generateSQLiteMigration(made as DrizzleSQLiteSnapshotJSON, described)).toEqual([]);
});

/** The real migrations and one more, as a later version would bring. */
function later(sql: string): string {
  const migrations = join(folder, 'later');
  cpSync(real, migrations, { recursive: true });
  const path = join(migrations, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(path, 'utf8')) as { entries: { idx: number; when: number; tag: string }[] };
  const last = journal.entries.at(-1)!;
  journal.entries.push({ ...last, idx: last.idx + 1, when: last.when + 1000, tag: '9999_later' });
  writeFileSync(path, JSON.stringify(journal));
  writeFileSync(join(migrations, '9999_later.sql'), sql);
  return migrations;
}
const backups = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.backup'));

test('an empty place becomes a database in WAL mode with foreign keys on, and no backup', () => {
  const { client, close, backup: made } = openConnection({ file, migrationsFolder: real });
  expect(client.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(client.pragma('foreign_keys', { simple: true })).toBe(1);
  expect(client.pragma('busy_timeout', { simple: true })).toBe(5000);
  expect(made).toBeUndefined();
  close();
  openConnection({ file, migrationsFolder: real }).close();
  expect(backups()).toEqual([]);
});

test('an older database is backed up, migrated, and keeps its rows; the backup holds what was', () => {
  const before = openStores({ file });
  before.settings.set('who', 'me');
  before.close();
  const stores = openStores({ file, migrationsFolder: later(`ALTER TABLE settings ADD note text DEFAULT 'new';--> statement-breakpoint\nCREATE TABLE more (id integer primary key);`) });
  expect(stores.settings.get('who')).toBe('me');
  stores.close();
  const backup = new Sqlite(stores.backup ?? '', { readonly: true });
  expect(backup.prepare('select * from settings').all()).toEqual([{ key: 'who', value: '"me"' }]);
  backup.close();
});

/** The migrations up to a number, as an earlier version shipped them. */
function earlier(count: number): string {
  const migrations = join(folder, `earlier-${count}`);
  cpSync(real, migrations, { recursive: true });
  const path = join(migrations, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(path, 'utf8')) as { entries: object[] };
  writeFileSync(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }));
  return migrations;
}

test('a database of the first version keeps datasets, experts, runs and mixes; what is new has its meaning of then', () => {
  const old = openConnection({ file, migrationsFolder: earlier(1) });
  old.client.exec(`
    insert into models (id, name, source, folder, weights_hash, added_at) values ('m', 'Model', 'folder', '/m', 'w', 1);
    insert into datasets (id, number, name, source, file_name, path, rows, hash, columns, mapping, suggested_grader, created_at, complete) values ('d', 1, 'D', 'file', 'f', '/f', 2, 'h', '[]', '{"kind":"prompt-only","prompt":"p"}', 'exact', 1, 1);
    insert into dataset_rows (key, row, payload) values (4294967296, 0, '{"row":0,"messages":[],"reference":null,"data":{}}'), (4294967297, 1, '{"row":1,"messages":[],"reference":null,"data":{}}');
    insert into experts (id, name, model_id, weights_hash, source, created_at, parameters, matrices, score, provenance, search_text, z_map) values ('e', 'E', 'm', 'w', 'trained', 1, 1, 1, 0.5, '{"config":{"steps":7}}', 'e', '{"layers":1,"bins":0,"matrices":[]}');
    insert into expert_vectors (expert_id, position, matrix, z) values ('e', 0, 'q', x'0000803f');
    insert into runs (id, kind, name, job_id, model_id, model_name, dataset_id, dataset_name, dataset_hash, grader, raw, preset, config, command, created_at, expert_id, end_state)
      values ('r', 'train', 'R', 'j', 'm', 'Model', 'd', 'D', 'h', 'exact', 0, 'quick', '{"steps":7,"seed":3}', 'c', 1, 'e', 'succeeded');
    insert into run_steps values ('r', 1, '{"step":1,"loss":0.5}');
    insert into run_validations values ('r', 1, '{"step":1,"score":0.25}');
    insert into run_samples values ('r', 1, '[{"step":1,"answer":"a"}]');
    insert into run_checkpoints values ('r', 'latest', 1, x'00');
    insert into mixes values ('x', 'X', 'm', 1, 1);
    insert into mix_parts values ('x', 0, 'e', '1', 0, 0);`);
  old.close();
  const stores = openStores({ file });
  // one copy, of what was there before any of them
  expect(backups()).toEqual(['singular.sqlite.before-migration-1.backup']);
  expect(stores.datasets.list()).toMatchObject([{ id: 'd', rows: 2, splits: { train: 0, validation: 0, test: 0, unassigned: 2 } }]);
  expect(stores.datasets.sample('d', 10)).toHaveLength(2);
  expect(stores.experts.byName('E')).toMatchObject({ method: 'svf', score: 0.5, provenance: { config: { steps: 7, method: 'svf', seeds: 1 } } });
  expect(stores.experts.vectors('e')).toEqual({ q: new Float32Array([1]) });
  expect(stores.experts.zMap('e')).toEqual({ layers: 1, bins: 0, matrices: [] });
  expect(stores.runs.get('r')).toMatchObject({
    state: 'succeeded', trials: [], config: { steps: 7, seed: 3, objective: 'policy-gradient' }, steps: [{ trial: 0, step: 1, loss: 0.5 }], validations: [{ trial: 0, score: 0.25 }], lastSamples: [{ trial: 0, answer: 'a' }],
  });
  expect(stores.runs.checkpoint('r')).toBeUndefined();
  expect(stores.mixes.list('m')).toMatchObject([{ form: 'base-anchored', parts: [{ expertId: 'e' }] }]);
  stores.close();
});

test('a search of before mixes had a form, stored or still in the queue, is anchored at the base as it was', () => {
  const old = openConnection({ file, migrationsFolder: earlier(4) });
  old.client.exec(`
    insert into models (id, name, source, folder, weights_hash, added_at) values ('m', 'Model', 'folder', '/m', 'w', 1);
    insert into searches (id, name, job_id, model_id, model_name, dataset_name, dataset_hash, grader, raw, experts, config, command, created_at) values ('s', 'S', 'j', 'm', 'Model', 'D', 'h', 'exact', 0, '[]', '{"optimiser":"cem","normalised":true}', 'c', 1);
    insert into jobs (id, kind, title, state, position, heavy, input, created_at, progress, owner, heartbeat_at) values ('j', 'search', 'S', 'paused', 1, 1, '{"searchId":"s","config":{"optimiser":"cem"}}', 1, '{"done":0,"total":1,"unit":"generations"}', 'o', 1);
    insert into jobs (id, kind, title, state, position, heavy, input, created_at, progress, owner, heartbeat_at) values ('k', 'train', 'T', 'paused', 2, 1, '{"config":{"steps":7}}', 1, '{"done":0,"total":1,"unit":"steps"}', 'o', 1);`);
  old.close();
  const stores = openStores({ file });
  expect(stores.searches.get('s')?.config).toEqual({ optimiser: 'cem', normalised: true, form: 'base-anchored' });
  expect(stores.jobs.get('j')?.input).toEqual({ searchId: 's', config: { optimiser: 'cem', form: 'base-anchored' } });
  expect(stores.jobs.get('k')?.input).toEqual({ config: { steps: 7 } });
  stores.close();
});

test('the last five backups are kept', () => {
  openConnection({ file, migrationsFolder: earlier(1) }).close();
  for (let copy = 1; copy <= 6; copy++) writeFileSync(`${file}.before-migration-0-${copy}.backup`, '');
  writeFileSync(join(folder, 'mine.backup'), '');
  const stores = openStores({ file });
  expect(existsSync(stores.backup ?? '')).toBe(true);
  stores.close();
  expect(backups().filter((name) => name.startsWith('singular'))).toHaveLength(5);
  expect(backups()).toContain('mine.backup');
});

test('a migration that rebuilds a parent table keeps the children', () => {
  const stores = openStores({ file });
  stores.models.save({ id: 'm', name: 'm', source: 'folder', folder: '/m', hubId: null, license: null, unusable: null, facts: null, weightsHash: 'w', stamp: '', svd: { state: 'none' }, addedAt: 1, removedAt: null });
  stores.experts.add({ id: 'e', name: 'e', modelId: 'm', weightsHash: 'w', tags: [], description: '', createdAt: 1, source: 'trained', method: 'svf', provenance: {} }, {}, { layers: 1, bins: 1, matrices: [] });
  const parts = [{ expertId: 'e', alpha: 1, muted: false, solo: false }];
  stores.mixes.save({ id: 'x', name: 'x', modelId: 'm', parts, form: 'sum', createdAt: 1, updatedAt: 1 });
  stores.close();
  // the way drizzle-kit rebuilds a table
  const rebuild = [
    'CREATE TABLE m2 (id text PRIMARY KEY NOT NULL, name text NOT NULL, model_id text NOT NULL REFERENCES models(id), created_at integer NOT NULL, updated_at integer NOT NULL, search_id text, form text NOT NULL);',
    'INSERT INTO m2 (id, name, model_id, created_at, updated_at, search_id, form) SELECT id, name, model_id, created_at, updated_at, search_id, form FROM mixes;', 'DROP TABLE mixes;', 'ALTER TABLE m2 RENAME TO mixes;',
  ].join('--> statement-breakpoint\n');
  const rebuilt = openStores({ file, migrationsFolder: later(rebuild) });
  expect(rebuilt.mixes.list('m')).toMatchObject([{ id: 'x', parts, form: 'sum' }]);
  rebuilt.close();
});

test('a migration that fails changes nothing', () => {
  openStores({ file }).close();
  expect(() => openStores({ file, migrationsFolder: later('CREATE TABLE more (id integer);--> statement-breakpoint\nSELECT nonsense;') })).toThrow(/nonsense/);
  const after = new Sqlite(file, { readonly: true });
  expect(after.prepare(`select name from sqlite_master where name = 'more'`).all()).toEqual([]);
  after.close();
  openStores({ file }).close();
});

test('a newer database is refused with one sentence and keeps every byte', () => {
  openStores({ file, migrationsFolder: later('CREATE TABLE more (id integer);') }).close();
  const bytes = readFileSync(file);
  expect(() => openStores({ file })).toThrow('The database singular.sqlite was written by a newer version of Singular; update Singular to open it. Nothing was changed.');
  expect(readFileSync(file).equals(bytes)).toBe(true);
});

test('what is no database of ours is refused and keeps every byte', () => {
  writeFileSync(file, 'just some text that is long enough to be read as a header, is it not?');
  expect(() => openStores({ file })).toThrow(/singular.sqlite is not a readable Singular database; nothing was changed/);
  expect(readFileSync(file, 'utf8')).toMatch(/^just some text/);
  rmSync(file);
  const other = new Sqlite(file);
  other.exec('create table theirs (id integer)');
  other.close();
  expect(() => openStores({ file })).toThrow(/a database of another program/);
  expect(existsSync(`${file}-wal`)).toBe(false);
});

test('a database that another program holds says so, with code busy', () => {
  openStores({ file }).close();
  const stores = openStores({ file, busyTimeoutMs: 20 });
  const holder = new Sqlite(file);
  holder.exec('begin exclusive');
  expect(() => stores.settings.set('a', 1)).toThrow(expect.objectContaining({ code: 'busy', message: 'The database singular.sqlite is locked by another program; nothing was changed.' }));
  holder.exec('rollback');
  holder.close();
  stores.settings.set('a', 1);
  expect(stores.settings.get('a')).toBe(1);
  stores.close();
});

test('a full disk says so, with code disk-full, and leaves what was', () => {
  const connection = openConnection({ file, migrationsFolder: real });
  const settings = guarded(createSettingsStore(connection), file);
  settings.set('small', 1);
  connection.client.pragma(`max_page_count = ${String(connection.client.pragma('page_count', { simple: true }))}`);
  expect(() => settings.set('large', 'x'.repeat(1 << 20))).toThrow(expect.objectContaining({ code: 'disk-full' }));
  expect(settings.get('small')).toBe(1);
  expect(settings.get('large')).toBeUndefined();
  connection.close();
});

test('four processes that open a new database at once all get it, migrated once', async () => {
  const script = join(folder, 'open.ts');
  writeFileSync(script, `import { openStores } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
const stores = openStores({ file: process.argv[2] });
stores.settings.set(process.argv[3], true);
stores.close();`);
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => promisify(execFile)(process.execPath, [script, file, name])));
  const stores = openStores({ file });
  expect(['a', 'b', 'c', 'd'].map((name) => stores.settings.get(name))).toEqual([true, true, true, true]);
  stores.close();
});
