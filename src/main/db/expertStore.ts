import { and, asc, count, desc, eq, exists, inArray, isNull, isNotNull, sql, type SQL } from 'drizzle-orm';
import type { ExpertDto, ZMapDto } from '../../shared/contract.ts';
import type { ZVectors } from '../../shared/matrices.ts';
import type { Connection } from './open.ts';
import { experts, expertTags, models } from './schema.ts';
import { decodeZ, encodeZ } from './zBlob.ts';

export interface ExpertQuery {
  /** words that must all occur in name, description or tags, whatever their case */
  search: string;
  tags: readonly string[];
  modelId?: string | undefined;
  sort: 'name' | 'created' | 'gain';
  offset: number;
  limit: number;
}

export type NewExpert = Omit<ExpertDto, 'modelName' | 'parameters' | 'matrices' | 'deletedAt'>;

export interface ExpertStore {
  list(query: ExpertQuery): { experts: ExpertDto[]; total: number };
  /** tags of live experts, sorted */
  tags(): string[];
  /** removed ones too: `deletedAt` says so */
  get(id: string): ExpertDto | undefined;
  byName(name: string): ExpertDto | undefined;
  /** the name itself, or with ' 2', ' 3', … where a live expert has it */
  freeName(wanted: string): string;
  /** the name is taken as it is; a live expert of that name makes this throw */
  add(expert: NewExpert, z: ZVectors, zMap: ZMapDto): void;
  /** `id` tells which expert, `name` must be free */
  update(id: string, changes: { name?: string | undefined; tags?: readonly string[] | undefined; description?: string | undefined }): void;
  markDeleted(id: string, now: number): void;
  /** brings a removed expert back under that name */
  restore(id: string, name: string): void;
  vectors(id: string): ZVectors;
  zMap(id: string): ZMapDto | undefined;
}

type Row = typeof experts.$inferSelect;

function toDto(row: Row, modelName: string, tags: string[]): ExpertDto {
  const gain = row.gainMean !== null && row.gainLow !== null && row.gainHigh !== null
    ? { mean: row.gainMean, low: row.gainLow, high: row.gainHigh } : undefined;
  return {
    id: row.id, name: row.name, modelId: row.modelId, modelName, weightsHash: row.weightsHash, tags, description: row.description,
    createdAt: row.createdAt, parameters: row.parameters, matrices: row.matrices, source: row.source as ExpertDto['source'],
    provenance: JSON.parse(row.provenance) as ExpertDto['provenance'],
    ...(row.deletedAt !== null && { deletedAt: row.deletedAt }),
    ...(row.baseScore !== null && { baseScore: row.baseScore }),
    ...(row.score !== null && { score: row.score }),
    ...(gain && { gain }),
  };
}

const searchTextOf = (name: string, description: string, tags: readonly string[]): string => [name, description, ...tags].join('\n').toLowerCase();

export function createExpertStore({ orm, client }: Connection): ExpertStore {
  const live = isNull(experts.deletedAt);
  const selectVectors = client.prepare('select matrix, z from expert_vectors where expert_id = ? order by position');
  const insertVector = client.prepare('insert into expert_vectors (expert_id, position, matrix, z) values (?, ?, ?, ?)');
  const nameTaken = client.prepare('select 1 from experts where name = ? and deleted_at is null');

  function withTags(rows: { expert: Row; modelName: string }[]): ExpertDto[] {
    const found = orm.select().from(expertTags).where(inArray(expertTags.expertId, rows.map((row) => row.expert.id))).orderBy(asc(expertTags.tag)).all();
    const byExpert = Map.groupBy(found, (tag) => tag.expertId);
    return rows.map((row) => toDto(row.expert, row.modelName, (byExpert.get(row.expert.id) ?? []).map((tag) => tag.tag)));
  }
  const select = () => orm.select({ expert: experts, modelName: models.name }).from(experts).innerJoin(models, eq(models.id, experts.modelId));
  const one = (condition: SQL | undefined): ExpertDto | undefined => withTags(select().where(condition).limit(1).all())[0];

  function setTags(id: string, tags: readonly string[]): void {
    orm.delete(expertTags).where(eq(expertTags.expertId, id)).run();
    const unique = [...new Set(tags)];
    if (unique.length > 0) orm.insert(expertTags).values(unique.map((tag) => ({ expertId: id, tag }))).run();
  }

  const add = client.transaction((expert: NewExpert, z: ZVectors, zMap: ZMapDto) => {
    const vectors = Object.entries(z);
    orm.insert(experts).values({
      id: expert.id, name: expert.name, modelId: expert.modelId, weightsHash: expert.weightsHash, description: expert.description,
      source: expert.source, createdAt: expert.createdAt, matrices: vectors.length,
      parameters: vectors.reduce((sum, [, vector]) => sum + vector.length, 0),
      baseScore: expert.baseScore, score: expert.score,
      gainMean: expert.gain?.mean, gainLow: expert.gain?.low, gainHigh: expert.gain?.high,
      provenance: JSON.stringify(expert.provenance), zMap: JSON.stringify(zMap),
      searchText: searchTextOf(expert.name, expert.description, expert.tags),
    }).run();
    setTags(expert.id, expert.tags);
    vectors.forEach(([matrix, vector], position) => insertVector.run(expert.id, position, matrix, encodeZ(vector)));
  });

  const update = client.transaction((id: string, changes: { name?: string | undefined; tags?: readonly string[] | undefined; description?: string | undefined }) => {
    const before = one(eq(experts.id, id));
    if (!before) return;
    if (changes.tags) setTags(id, changes.tags);
    const name = changes.name ?? before.name;
    const description = changes.description ?? before.description;
    orm.update(experts).set({ name, description, searchText: searchTextOf(name, description, changes.tags ?? before.tags) }).where(eq(experts.id, id)).run();
  });

  return {
    list: (query) => {
      const words = query.search.toLowerCase().split(/\s+/).filter(Boolean);
      const condition = and(
        live,
        query.modelId === undefined ? undefined : eq(experts.modelId, query.modelId),
        ...words.map((word) => sql`instr(${experts.searchText}, ${word}) > 0`),
        ...query.tags.map((tag) => exists(orm.select({ one: sql`1` }).from(expertTags).where(and(eq(expertTags.expertId, experts.id), eq(expertTags.tag, tag))))),
      );
      const order = { name: [sql`${experts.name} collate nocase`], created: [desc(experts.createdAt)], gain: [sql`${experts.gainMean} desc nulls last`] }[query.sort];
      const rows = select().where(condition).orderBy(...order, asc(experts.id)).limit(query.limit).offset(query.offset).all();
      const total = orm.select({ total: count() }).from(experts).where(condition).get()?.total ?? 0;
      return { experts: withTags(rows), total };
    },
    tags: () => orm.selectDistinct({ tag: expertTags.tag }).from(expertTags).innerJoin(experts, eq(experts.id, expertTags.expertId))
      .where(live).orderBy(asc(expertTags.tag)).all().map((row) => row.tag),
    get: (id) => one(eq(experts.id, id)),
    byName: (name) => one(and(eq(experts.name, name), live)),
    freeName: (wanted) => {
      for (let copy = 1; ; copy++) {
        const candidate = copy === 1 ? wanted : `${wanted} ${copy}`;
        if (!nameTaken.get(candidate)) return candidate;
      }
    },
    add: (expert, z, zMap) => add.immediate(expert, z, zMap),
    update: (id, changes) => update.immediate(id, changes),
    markDeleted: (id, now) => void orm.update(experts).set({ deletedAt: now }).where(and(eq(experts.id, id), live)).run(),
    restore: (id, name) => client.transaction(() => {
      const row = orm.select().from(experts).where(and(eq(experts.id, id), isNotNull(experts.deletedAt))).get();
      if (!row) return;
      if (row.name !== name) update(id, { name }); // while it is still out of the index of live names
      orm.update(experts).set({ deletedAt: null }).where(eq(experts.id, id)).run();
    }).immediate(),
    vectors: (id) => Object.fromEntries((selectVectors.all(id) as { matrix: string; z: Buffer }[]).map((row) => [row.matrix, decodeZ(row.z)])),
    zMap: (id) => {
      const row = orm.select({ zMap: experts.zMap }).from(experts).where(eq(experts.id, id)).get();
      return row && JSON.parse(row.zMap) as ZMapDto;
    },
  };
}
