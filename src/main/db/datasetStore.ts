import { isDeepStrictEqual } from 'node:util';
import { and, asc, desc, eq, max, sql } from 'drizzle-orm';
import type { ColumnMapping, DatasetDto, Split, UnusableRow } from '../../shared/contract.ts';
import type { TaskRow } from '../../engine/host/protocol.ts';
import type { Connection } from './open.ts';
import { datasetRows, datasets, unusableRows } from './schema.ts';

/** Rows of dataset n have the keys n·2³² + position; 2²¹ datasets of 2³² rows fit into a double exactly. */
const keysPerDataset = 2 ** 32;

export interface NewDataset {
  id: string; name: string; source: DatasetDto['source']; fileName: string; path: string; columns: string[]; mapping: ColumnMapping;
  suggestedGrader: string; description: string; createdAt: number;
}

export interface DatasetStore {
  list(): DatasetDto[];
  get(id: string): DatasetDto | undefined;
  /** where its file lay when it was read */
  path(id: string): string | undefined;
  /** the dataset that was already read from the same bytes in the same way under the same name */
  same(of: { hash: string; name: string; mapping: ColumnMapping }): DatasetDto | undefined;
  /** opens a dataset that is invisible until `finish` */
  begin(dataset: NewDataset): void;
  /** appends usable rows in file order, all or none */
  append(id: string, rows: readonly TaskRow[]): void;
  finish(id: string, outcome: { hash: string; unusable: readonly UnusableRow[]; unusableCount: number }): DatasetDto;
  /** usable rows by position */
  page(id: string, offset: number, limit: number): TaskRow[];
  /** at most `atMost` usable rows: all of them, or evenly spaced ones and of the held-out ones as many as half of that */
  sample(id: string, atMost: number): TaskRow[];
  /** rows that the dataset itself holds out, in their order; evenly spaced ones where there are more */
  held(id: string, split: Exclude<Split, 'train'>, atMost: number): TaskRow[];
  unusable(id: string, offset: number, limit: number): UnusableRow[];
  remove(id: string): void;
  /** deletes what an interrupted import left behind; returns how many */
  sweep(olderThan: number): number;
}

type Row = typeof datasets.$inferSelect;

function toDto(row: Row): DatasetDto {
  const { number: _number, complete: _complete, path: _path, ...rest } = row;
  return {
    ...rest,
    source: row.source as DatasetDto['source'],
    columns: JSON.parse(row.columns) as string[],
    mapping: JSON.parse(row.mapping) as ColumnMapping,
    splits: splitsOf(row),
  };
}

/** Datasets of earlier versions, and files that name no splits, have every row unassigned. */
function splitsOf(row: Row): DatasetDto['splits'] {
  const { train = 0, validation = 0, test = 0 } = JSON.parse(row.splits) as Partial<Record<Split, number>>;
  return { train, validation, test, unassigned: row.rows - train - validation - test };
}

/** `count` of the entries, evenly spaced. */
function thinned<T>(entries: readonly T[], count: number): T[] {
  if (entries.length <= count) return [...entries];
  return Array.from({ length: count }, (_, index) => entries[Math.floor((index * entries.length) / count)]);
}

export function createDatasetStore({ orm, client }: Connection): DatasetStore {
  const byId = orm.select().from(datasets).where(eq(datasets.id, sql.placeholder('id'))).prepare();
  // the two statements that run a million times go past the query builder
  const insertRow = client.prepare('insert into dataset_rows (key, row, payload, split) values (?, ?, ?, ?)');
  const selectRange = client.prepare('select payload from dataset_rows where key >= ? and key < ? order by key');
  const selectHeld = client.prepare(`select key, split from dataset_rows where split in ('validation', 'test') and key >= ? and key < ? order by key`);
  const selectOne = client.prepare('select payload from dataset_rows where key = ?');

  const require = (id: string): Row => {
    const row = byId.get({ id });
    if (!row) throw new Error(`no dataset ${id}`);
    return row;
  };
  const parse = (found: unknown): TaskRow => JSON.parse((found as { payload: string }).payload) as TaskRow;
  const heldKeys = ({ number }: Row): { key: number; split: Split }[] =>
    selectHeld.all(number * keysPerDataset, (number + 1) * keysPerDataset) as { key: number; split: Split }[];
  const deleteRow = (row: Row): void => {
    const base = row.number * keysPerDataset;
    orm.delete(datasetRows).where(sql`key >= ${base} and key < ${base + keysPerDataset}`).run();
    orm.delete(datasets).where(eq(datasets.id, row.id)).run();
  };

  const append = client.transaction((id: string, rows: readonly TaskRow[]) => {
    const dataset = require(id);
    const splits = JSON.parse(dataset.splits) as Partial<Record<Split, number>>;
    let key = dataset.number * keysPerDataset + dataset.rows;
    for (const row of rows) {
      insertRow.run(key++, row.row, JSON.stringify(row), row.split ?? null);
      if (row.split) splits[row.split] = (splits[row.split] ?? 0) + 1;
    }
    orm.update(datasets).set({ rows: dataset.rows + rows.length, splits: JSON.stringify(splits) }).where(eq(datasets.id, id)).run();
  });
  const finish = client.transaction((id: string, outcome: { hash: string; unusable: readonly UnusableRow[]; unusableCount: number }) => {
    const insert = client.prepare('insert or replace into unusable_rows (dataset_id, row, reason) values (?, ?, ?)');
    for (const bad of outcome.unusable) insert.run(id, bad.row, bad.reason);
    orm.update(datasets).set({ hash: outcome.hash, unusable: outcome.unusableCount, complete: true }).where(eq(datasets.id, id)).run();
    return toDto(require(id));
  });
  const begin = client.transaction((dataset: NewDataset) => {
    const last = orm.select({ number: max(datasets.number) }).from(datasets).get();
    orm.insert(datasets).values({
      ...dataset, number: (last?.number ?? 0) + 1, columns: JSON.stringify(dataset.columns), mapping: JSON.stringify(dataset.mapping),
    }).run();
  });

  return {
    list: () => orm.select().from(datasets).where(eq(datasets.complete, true)).orderBy(asc(datasets.createdAt), asc(datasets.number)).all().map(toDto),
    get: (id) => {
      const row = byId.get({ id });
      return row?.complete ? toDto(row) : undefined;
    },
    path: (id) => byId.get({ id })?.path,
    same: ({ hash, name, mapping }) => orm.select().from(datasets).where(and(eq(datasets.hash, hash), eq(datasets.name, name), eq(datasets.complete, true))).all()
      .map(toDto).find((dataset) => isDeepStrictEqual(dataset.mapping, mapping)),
    begin: (dataset) => begin.immediate(dataset),
    append: (id, rows) => append.immediate(id, rows),
    finish: (id, outcome) => finish.immediate(id, outcome),
    page: (id, offset, limit) => {
      const base = require(id).number * keysPerDataset;
      return selectRange.all(base + offset, base + Math.min(offset + limit, keysPerDataset)).map(parse);
    },
    sample: (id, atMost) => {
      const dataset = require(id);
      const base = dataset.number * keysPerDataset;
      if (dataset.rows <= atMost) return selectRange.all(base, base + dataset.rows).map(parse);
      const held = thinned(heldKeys(dataset).map(({ key }) => key), Math.floor(atMost / 2));
      const count = atMost - held.length;
      const spaced = Array.from({ length: count }, (_, index) => base + Math.floor((index * dataset.rows) / count));
      return [...new Set([...held, ...spaced])].sort((a, b) => a - b).map((key) => parse(selectOne.get(key)));
    },
    held: (id, split, atMost) => thinned(heldKeys(require(id)).filter((row) => row.split === split), atMost).map(({ key }) => parse(selectOne.get(key))),
    unusable: (id, offset, limit) => orm.select({ row: unusableRows.row, reason: unusableRows.reason }).from(unusableRows)
      .where(eq(unusableRows.datasetId, id)).orderBy(asc(unusableRows.row)).limit(limit).offset(offset).all(),
    remove: (id) => client.transaction(() => deleteRow(require(id))).immediate(),
    sweep: (olderThan) => client.transaction(() => {
      const left = orm.select().from(datasets).where(sql`not complete and created_at < ${olderThan}`).orderBy(desc(datasets.number)).all();
      left.forEach(deleteRow);
      return left.length;
    }).immediate(),
  };
}
