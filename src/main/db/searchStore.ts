import { and, asc, count, desc, eq, isNull, max, sql } from 'drizzle-orm';
import type { Fitness, GenerationDto, SearchConfig, SearchOutcome } from '../../shared/adaptation.ts';
import type { JobState, SearchDto, SearchSummaryDto } from '../../shared/contract.ts';
import type { TaskReading } from '../../shared/task.ts';
import type { SearchCheckpoint } from '../../engine/host/protocol.ts';
import { searches, searchGenerations } from './adaptationSchema.ts';
import type { Connection } from './open.ts';
import { jobs } from './schema.ts';

export type NewSearch = Omit<SearchSummaryDto, 'state' | 'budget' | 'stopped' | 'chosen' | 'test' | 'mixId' | 'mixName'> & { datasetHash: string; comparisonId?: string };
export interface SearchChanges {
  start?: { base: Fitness; experts: Fitness[] };
  outcome?: SearchOutcome;
  rowsUsed?: NonNullable<SearchDto['rowsUsed']>;
  mixId?: string; mixName?: string; endState?: JobState;
}

export interface SearchStore {
  add(search: NewSearch): void;
  /** newest first; cells of comparisons are listed there */
  list(offset: number, limit: number): { searches: SearchSummaryDto[]; total: number };
  get(id: string): SearchDto | undefined;
  change(id: string, changes: SearchChanges): void;
  /** a generation and where the search goes on after it, together */
  addGeneration(id: string, generation: GenerationDto, checkpoint: SearchCheckpoint): void;
  hasGenerations(id: string): boolean;
  checkpoint(id: string): SearchCheckpoint | undefined;
  deleteCheckpoint(id: string): void;
  /** of the last finished searches of a model: answers, their tokens and seconds */
  pace(modelId: string): SearchOutcome['budget'][];
  remove(id: string): void;
}

type Row = typeof searches.$inferSelect;
const parsed = <T>(text: string | null): T | undefined => (text === null ? undefined : JSON.parse(text) as T);

function toSummary(row: Row, state: string): SearchSummaryDto {
  const outcome = parsed<SearchOutcome>(row.outcome);
  const reading = parsed<TaskReading>(row.reading);
  const budget = outcome?.budget ?? parsed<SearchCheckpoint>(row.checkpoint)?.budget;
  return {
    id: row.id, name: row.name, jobId: row.jobId, state: state as JobState, modelId: row.modelId, modelName: row.modelName, datasetName: row.datasetName,
    grader: row.grader, raw: row.raw, experts: JSON.parse(row.experts) as SearchSummaryDto['experts'], config: JSON.parse(row.config) as SearchConfig, createdAt: row.createdAt, command: row.command,
    ...(row.datasetId !== null && { datasetId: row.datasetId }),
    ...(budget && { budget }),
    ...(outcome && { stopped: outcome.stopped, chosen: outcome.chosen }),
    ...(outcome?.test && { test: outcome.test }),
    ...(row.mixId !== null && { mixId: row.mixId }),
    ...(row.mixName !== null && { mixName: row.mixName }),
    ...(row.task !== null && { task: row.task }),
    ...(reading && { reading }),
  };
}

const pacesKept = 5;

export function createSearchStore({ orm, client }: Connection): SearchStore {
  const state = sql<string>`coalesce((select ${jobs.state} from ${jobs} where ${jobs.id} = ${searches.jobId}), ${searches.endState}, 'cancelled')`;
  const listed = isNull(searches.comparisonId);
  return {
    add: (search) => void orm.insert(searches).values({ ...search, experts: JSON.stringify(search.experts), config: JSON.stringify(search.config), reading: search.reading ? JSON.stringify(search.reading) : null }).run(),
    list: (offset, limit) => ({
      searches: orm.select({ search: searches, state }).from(searches).where(listed).orderBy(desc(searches.createdAt), desc(sql`searches.rowid`)).limit(limit).offset(offset).all().map((row) => toSummary(row.search, row.state)),
      total: orm.select({ total: count() }).from(searches).where(listed).get()?.total ?? 0,
    }),
    get: (id) => {
      const row = orm.select({ search: searches, state }).from(searches).where(eq(searches.id, id)).get();
      if (!row) return undefined;
      const [start, rowsUsed] = [parsed<SearchDto['start']>(row.search.start), parsed<SearchDto['rowsUsed']>(row.search.rowsUsed)];
      return {
        ...toSummary(row.search, row.state),
        ...(start && { start }),
        ...(rowsUsed && { rowsUsed }),
        finalists: parsed<SearchOutcome>(row.search.outcome)?.finalists ?? [],
        generations: orm.select({ payload: searchGenerations.payload }).from(searchGenerations).where(eq(searchGenerations.searchId, id)).orderBy(asc(searchGenerations.generation)).all()
          .map(({ payload }) => JSON.parse(payload) as GenerationDto),
      };
    },
    change: (id, { start, outcome, rowsUsed, ...plain }) => void orm.update(searches).set({
      ...plain,
      ...(start && { start: JSON.stringify(start) }),
      ...(outcome && { outcome: JSON.stringify(outcome) }),
      ...(rowsUsed && { rowsUsed: JSON.stringify(rowsUsed) }),
    }).where(eq(searches.id, id)).run(),
    addGeneration: (id, generation, checkpoint) => client.transaction(() => {
      const payload = JSON.stringify(generation);
      orm.insert(searchGenerations).values({ searchId: id, generation: generation.generation, payload })
        .onConflictDoUpdate({ target: [searchGenerations.searchId, searchGenerations.generation], set: { payload } }).run();
      orm.update(searches).set({ checkpoint: JSON.stringify(checkpoint) }).where(eq(searches.id, id)).run();
    }).immediate(),
    hasGenerations: (id) => typeof orm.select({ last: max(searchGenerations.generation) }).from(searchGenerations).where(eq(searchGenerations.searchId, id)).get()?.last === 'number',
    checkpoint: (id) => parsed<SearchCheckpoint>(orm.select({ checkpoint: searches.checkpoint }).from(searches).where(eq(searches.id, id)).get()?.checkpoint ?? null),
    deleteCheckpoint: (id) => void orm.update(searches).set({ checkpoint: null }).where(eq(searches.id, id)).run(),
    pace: (modelId) => orm.select({ outcome: searches.outcome }).from(searches).where(and(eq(searches.modelId, modelId), sql`outcome is not null`)).orderBy(desc(searches.createdAt)).limit(pacesKept).all()
      .flatMap(({ outcome }) => parsed<SearchOutcome>(outcome)?.budget ?? []),
    remove: (id) => void orm.delete(searches).where(eq(searches.id, id)).run(),
  };
}
