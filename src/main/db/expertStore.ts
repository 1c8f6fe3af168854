import { and, asc, count, desc, eq, exists, inArray, isNull, isNotNull, lt, notExists, sql, type SQL } from 'drizzle-orm';
import type { ExpertDto, TestScoreDto, ZMapDto } from '../../shared/contract.ts';
import type { ZVectors } from '../../shared/matrices.ts';
import type { Method } from '../../shared/training.ts';
import type { TrainedTensor } from '../../engine/host/protocol.ts';
import { mixParts } from './deskSchema.ts';
import type { Connection } from './open.ts';
import { storedConfig } from './runStore.ts';
import { experts, expertTags, expertZMaps, models } from './schema.ts';
import { decodeZ, encodeZ } from './zBlob.ts';

export interface ExpertQuery {
  /** words that must all occur in name, description or tags, whatever their case */
  search: string;
  tags: readonly string[];
  modelId?: string | undefined;
  method?: Method | undefined;
  /** the cells of that comparison instead of the library */
  comparisonId?: string | undefined;
  sort: 'name' | 'created' | 'gain';
  offset: number;
  limit: number;
}

export type NewExpert = Omit<ExpertDto, 'modelName' | 'parameters' | 'matrices' | 'deletedAt'>;

export interface ExpertStore {
  list(query: ExpertQuery): { experts: ExpertDto[]; total: number };
  /** tags of the library's experts, sorted */
  tags(): string[];
  /** removed ones too: `deletedAt` says so */
  get(id: string): ExpertDto | undefined;
  byName(name: string): ExpertDto | undefined;
  /** the name itself, or with ' 2', ' 3', … where a live expert has it */
  freeName(wanted: string): string;
  /** the name is taken as it is; a live expert of that name makes this throw */
  add(expert: NewExpert, tensors: Record<string, TrainedTensor>, zMap: ZMapDto): void;
  /** `id` tells which expert, `name` must be free */
  update(id: string, changes: { name?: string | undefined; tags?: readonly string[] | undefined; description?: string | undefined }): void;
  markDeleted(id: string, now: number): void;
  /** brings a removed expert back under that name */
  restore(id: string, name: string): void;
  setControl(id: string, control: NonNullable<ExpertDto['control']>): void;
  /** of an svf expert: z by matrix */
  vectors(id: string): ZVectors;
  tensors(id: string): Record<string, TrainedTensor>;
  /** the experts of a comparison's cells, with all they hold; saved mixes have none of them */
  removeComparison(comparisonId: string): void;
  /** forgets experts that were removed before then, unless a mix has them; says how many */
  purge(removedBefore: number): number;
  zMap(id: string): ZMapDto | undefined;
}

type Row = typeof experts.$inferSelect;

function toDto(row: Row, modelName: string, tags: string[]): ExpertDto {
  const gain = row.gainMean !== null && row.gainLow !== null && row.gainHigh !== null
    ? { mean: row.gainMean, low: row.gainLow, high: row.gainHigh } : undefined;
  const provenance = JSON.parse(row.provenance) as ExpertDto['provenance'];
  const json = <T>(text: string | null): T | undefined => (text === null ? undefined : JSON.parse(text) as T);
  const [test, control, rowsUsed] = [json<TestScoreDto>(row.test), json<NonNullable<ExpertDto['control']>>(row.control), json<NonNullable<ExpertDto['rowsUsed']>>(row.rowsUsed)];
  return {
    id: row.id, name: row.name, modelId: row.modelId, modelName, weightsHash: row.weightsHash, tags, description: row.description,
    createdAt: row.createdAt, parameters: row.parameters, matrices: row.matrices, source: row.source as ExpertDto['source'],
    method: row.method as Method,
    provenance: { ...provenance, ...(provenance.config && { config: storedConfig(JSON.stringify(provenance.config)) }) },
    ...(row.deletedAt !== null && { deletedAt: row.deletedAt }),
    ...(row.baseScore !== null && { baseScore: row.baseScore }),
    ...(row.score !== null && { score: row.score }),
    ...(gain && { gain }),
    ...(test && { test }),
    ...(control && { control }),
    ...(rowsUsed && { rowsUsed }),
    ...(row.comparisonId !== null && { comparisonId: row.comparisonId }),
  };
}

/** Several tensors of an adapter may belong to one matrix. */
const matricesOf = (method: Method, names: readonly string[]): number =>
  method === 'svf' ? names.length : new Set(names.map((name) => /^.*_proj/.exec(name)?.[0] ?? name)).size;

const searchTextOf = (name: string, description: string, tags: readonly string[]): string => [name, description, ...tags].join('\n').toLowerCase();

export function createExpertStore({ orm, client }: Connection): ExpertStore {
  const live = isNull(experts.deletedAt);
  const inLibrary = and(live, isNull(experts.comparisonId));
  const selectTensors = client.prepare('select matrix as name, z as data, shape from expert_vectors where expert_id = ? order by position');
  const insertTensor = client.prepare('insert into expert_vectors (expert_id, position, matrix, z, shape) values (?, ?, ?, ?, ?)');
  const nameTaken = client.prepare('select 1 from experts where name = ? and deleted_at is null and comparison_id is null');

  function tensorsOf(id: string): [name: string, tensor: TrainedTensor][] {
    return (selectTensors.all(id) as { name: string; data: Buffer; shape: string | null }[]).map((row) => {
      const data = decodeZ(row.data);
      return [row.name, { data, shape: row.shape === null ? [data.length] : JSON.parse(row.shape) as number[] }];
    });
  }

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

  const add = client.transaction((expert: NewExpert, tensors: Record<string, TrainedTensor>, zMap: ZMapDto) => {
    const list = Object.entries(tensors);
    orm.insert(experts).values({
      id: expert.id, name: expert.name, modelId: expert.modelId, weightsHash: expert.weightsHash, description: expert.description,
      source: expert.source, createdAt: expert.createdAt, matrices: matricesOf(expert.method, list.map(([name]) => name)),
      parameters: list.reduce((sum, [, { data }]) => sum + data.length, 0), method: expert.method, comparisonId: expert.comparisonId,
      test: expert.test && JSON.stringify(expert.test), control: expert.control && JSON.stringify(expert.control), rowsUsed: expert.rowsUsed && JSON.stringify(expert.rowsUsed),
      baseScore: expert.baseScore, score: expert.score,
      gainMean: expert.gain?.mean, gainLow: expert.gain?.low, gainHigh: expert.gain?.high,
      provenance: JSON.stringify(expert.provenance),
      searchText: searchTextOf(expert.name, expert.description, expert.tags),
    }).run();
    orm.insert(expertZMaps).values({ expertId: expert.id, zMap: JSON.stringify(zMap) }).run();
    setTags(expert.id, expert.tags);
    list.forEach(([name, { data, shape }], position) => insertTensor.run(expert.id, position, name, encodeZ(data), shape.length === 1 ? null : JSON.stringify(shape)));
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
        query.comparisonId === undefined ? isNull(experts.comparisonId) : eq(experts.comparisonId, query.comparisonId),
        query.method === undefined ? undefined : eq(experts.method, query.method),
        query.modelId === undefined ? undefined : eq(experts.modelId, query.modelId),
        ...words.map((word) => sql`instr(${experts.searchText}, ${word}) > 0`),
        ...query.tags.map((tag) => exists(orm.select({ one: sql`1` }).from(expertTags).where(and(eq(expertTags.expertId, experts.id), eq(expertTags.tag, tag))))),
      );
      const order = { name: [sql`${experts.name} collate nocase`], created: [desc(experts.createdAt)], gain: [sql`${experts.gainMean} desc nulls last`] }[query.sort];
      // which ones first: sorting ten thousand whole rows takes ten times as long
      const page = orm.select({ id: experts.id }).from(experts).where(condition).orderBy(...order, asc(experts.id)).limit(query.limit).offset(query.offset);
      const rows = select().where(inArray(experts.id, page)).orderBy(...order, asc(experts.id)).all();
      const total = orm.select({ total: count() }).from(experts).where(condition).get()?.total ?? 0;
      return { experts: withTags(rows), total };
    },
    tags: () => orm.selectDistinct({ tag: expertTags.tag }).from(expertTags).innerJoin(experts, eq(experts.id, expertTags.expertId))
      .where(inLibrary).orderBy(asc(expertTags.tag)).all().map((row) => row.tag),
    get: (id) => one(eq(experts.id, id)),
    byName: (name) => one(and(eq(experts.name, name), inLibrary)),
    freeName: (wanted) => {
      for (let copy = 1; ; copy++) {
        const candidate = copy === 1 ? wanted : `${wanted} ${copy}`;
        if (!nameTaken.get(candidate)) return candidate;
      }
    },
    add: (expert, tensors, zMap) => add.immediate(expert, tensors, zMap),
    update: (id, changes) => update.immediate(id, changes),
    markDeleted: (id, now) => void orm.update(experts).set({ deletedAt: now }).where(and(eq(experts.id, id), live)).run(),
    restore: (id, name) => client.transaction(() => {
      const row = orm.select().from(experts).where(and(eq(experts.id, id), isNotNull(experts.deletedAt))).get();
      if (!row) return;
      if (row.name !== name) update(id, { name }); // while it is still out of the index of live names
      orm.update(experts).set({ deletedAt: null }).where(eq(experts.id, id)).run();
    }).immediate(),
    setControl: (id, control) => void orm.update(experts).set({ control: JSON.stringify(control) }).where(eq(experts.id, id)).run(),
    vectors: (id) => Object.fromEntries(tensorsOf(id).map(([name, { data }]) => [name, data])),
    tensors: (id) => Object.fromEntries(tensorsOf(id)),
    removeComparison: (comparisonId) => void orm.delete(experts).where(eq(experts.comparisonId, comparisonId)).run(),
    purge: (removedBefore) => orm.delete(experts).where(and(lt(experts.deletedAt, removedBefore), notExists(orm.select({ id: mixParts.expertId }).from(mixParts).where(eq(mixParts.expertId, experts.id))))).run().changes,
    zMap: (id) => {
      const row = orm.select().from(expertZMaps).where(eq(expertZMaps.expertId, id)).get();
      return row && JSON.parse(row.zMap) as ZMapDto;
    },
  };
}
