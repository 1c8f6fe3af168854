import { and, asc, eq, isNull } from 'drizzle-orm';
import type { ModelDto } from '../../shared/contract.ts';
import type { ModelFacts } from '../../engine/host/protocol.ts';
import type { Connection } from './open.ts';
import { models } from './schema.ts';

export type SvdRecord = Pick<ModelDto['svd'], 'state' | 'done' | 'total' | 'sizeBytes'>;

export interface ModelRecord {
  id: string;
  name: string;
  source: ModelDto['source'];
  folder: string;
  hubId: string | null;
  license: string | null;
  unusable: string | null;
  facts: ModelFacts | null;
  weightsHash: string | null;
  stamp: string;
  svd: SvdRecord;
  addedAt: number;
  removedAt: number | null;
}

export interface ModelStore {
  /** models that were not removed, in the order they were added */
  list(): ModelRecord[];
  /** also finds removed ones: experts and runs still name them */
  get(id: string): ModelRecord | undefined;
  byFolder(folder: string): ModelRecord | undefined;
  byWeightsHash(hash: string): ModelRecord[];
  save(record: ModelRecord): void;
  setSvd(id: string, svd: SvdRecord): void;
  /** forgets it; the row stays for the experts and runs that name it */
  remove(id: string, now: number): void;
}

type Row = typeof models.$inferSelect;

const toRecord = (row: Row): ModelRecord => ({
  ...row,
  source: row.source as ModelDto['source'],
  facts: row.facts ? JSON.parse(row.facts) as ModelFacts : null,
  svd: JSON.parse(row.svd) as SvdRecord,
});
const toRow = (record: ModelRecord): Row => ({ ...record, facts: record.facts ? JSON.stringify(record.facts) : null, svd: JSON.stringify(record.svd) });

export function createModelStore({ orm }: Connection): ModelStore {
  return {
    list: () => orm.select().from(models).where(isNull(models.removedAt)).orderBy(asc(models.addedAt), asc(models.id)).all().map(toRecord),
    get: (id) => {
      const row = orm.select().from(models).where(eq(models.id, id)).get();
      return row && toRecord(row);
    },
    byFolder: (folder) => {
      const row = orm.select().from(models).where(eq(models.folder, folder)).get();
      return row && toRecord(row);
    },
    byWeightsHash: (hash) => orm.select().from(models).where(and(eq(models.weightsHash, hash), isNull(models.removedAt))).all().map(toRecord),
    save: (record) => {
      const row = toRow(record);
      orm.insert(models).values(row).onConflictDoUpdate({ target: models.id, set: row }).run();
    },
    setSvd: (id, svd) => void orm.update(models).set({ svd: JSON.stringify(svd) }).where(eq(models.id, id)).run(),
    remove: (id, now) => void orm.update(models).set({ removedAt: now }).where(eq(models.id, id)).run(),
  };
}
