import { and, asc, desc, eq, inArray, max, ne, notInArray, sql } from 'drizzle-orm';
import type { JobDto, JobKind, JobState } from '../../shared/contract.ts';
import type { ErrorDto } from '../../shared/errors.ts';
import type { Connection } from './open.ts';
import { jobs } from './schema.ts';

export interface JobRecord {
  id: string;
  kind: JobKind;
  title: string;
  state: JobState;
  position: number;
  heavy: boolean;
  input: unknown;
  result: unknown;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  progress: JobDto['progress'];
  error: ErrorDto | null;
  runId: string | null;
  modelId: string | null;
  expertId: string | null;
  comparisonId: string | null;
  searchId: string | null;
  dependsOn: string | null;
  owner: string;
  heartbeatAt: number;
  deaths: number;
  deathAt: number;
  keepRequested: boolean;
  /** what another instance wants of one that runs */
  asked: 'pause' | 'cancel' | null;
}

/** `progress` as it is stored */
export interface JobGlimpse { id: string; state: JobState; owner: string; progress: string }

export type NewJob = Pick<JobRecord, 'id' | 'kind' | 'title' | 'heavy' | 'input' | 'createdAt' | 'progress' | 'runId' | 'modelId' | 'dependsOn' | 'owner'> & Partial<Pick<JobRecord, 'expertId' | 'comparisonId' | 'searchId'>>;
export type JobChanges = Partial<Omit<JobRecord, 'id' | 'kind' | 'input' | 'position' | 'heavy' | 'createdAt'>>;

export interface Claim {
  owner: string;
  now: number;
  /** owners known to be dead: a heavy job that one of them left running is no hindrance */
  deadOwners: readonly string[];
}

export interface JobStore {
  /** to the end of the queue */
  add(job: NewJob): void;
  get(id: string): JobRecord | undefined;
  /** running and paused first, then the queue in its order, then what ended, newest first */
  list(offset: number, limit: number): JobRecord[];
  inStates(states: readonly JobState[]): JobRecord[];
  queuePosition(id: string): number | undefined;
  /** all that has not ended, and what ended last */
  glimpses(): JobGlimpse[];
  /** the same as `change` where the job is still so; false where another process was faster */
  changeIf(id: string, still: Pick<JobRecord, 'state' | 'owner'>, changes: JobChanges): boolean;
  change(id: string, changes: JobChanges): void;
  /** takes a queued job for this process, unless another process took it or (for a heavy one) runs a heavy one */
  claim(id: string, by: Claim): boolean;
  heartbeat(owner: string, now: number): void;
  /** another number whenever another connection has written to the database */
  writtenElsewhere(): number;
  /** forgets jobs that ended */
  clear(): void;
}

type Row = typeof jobs.$inferSelect;

const parse = (text: string | null): unknown => (text === null ? null : JSON.parse(text) as unknown);
const toRecord = (row: Row): JobRecord => ({
  ...row,
  kind: row.kind as JobKind,
  state: row.state as JobState,
  input: parse(row.input),
  result: parse(row.result),
  progress: parse(row.progress) as JobDto['progress'],
  error: parse(row.error) as ErrorDto | null,
  asked: row.asked as JobRecord['asked'],
});

/** A job in one of these has ended for good. */
export const endStates: JobState[] = ['succeeded', 'failed', 'cancelled'];
const endedSeen = 20;

const columnsOf = ({ result, progress, error, ...plain }: JobChanges) => ({
  ...plain,
  ...(result !== undefined && { result: JSON.stringify(result) }),
  ...(progress !== undefined && { progress: JSON.stringify(progress) }),
  ...(error !== undefined && { error: error === null ? null : JSON.stringify(error) }),
});

export function createJobStore({ orm, client }: Connection): JobStore {
  const beat = client.prepare(`update jobs set heartbeat_at = ? where owner = ? and state in ('running', 'queued')`);
  const claim = client.transaction((id: string, by: Claim): boolean => {
    const job = orm.select().from(jobs).where(and(eq(jobs.id, id), eq(jobs.state, 'queued'))).get();
    if (!job) return false;
    if (job.heavy) {
      const other = orm.select({ id: jobs.id }).from(jobs)
        .where(and(eq(jobs.state, 'running'), eq(jobs.heavy, true), ne(jobs.owner, by.owner), notInArray(jobs.owner, [...by.deadOwners]))).get();
      if (other) return false;
    }
    orm.update(jobs).set({ state: 'running', owner: by.owner, heartbeatAt: by.now, startedAt: job.startedAt ?? by.now, endedAt: null, error: null }).where(eq(jobs.id, id)).run();
    return true;
  });
  return {
    add: (job) => client.transaction(() => {
      const last = orm.select({ position: max(jobs.position) }).from(jobs).get();
      orm.insert(jobs).values({
        ...job, state: 'queued', position: (last?.position ?? 0) + 1, input: JSON.stringify(job.input), progress: JSON.stringify(job.progress), heartbeatAt: job.createdAt,
      }).run();
    }).immediate(),
    get: (id) => {
      const row = orm.select().from(jobs).where(eq(jobs.id, id)).get();
      return row && toRecord(row);
    },
    list: (offset, limit) => orm.select().from(jobs)
      .orderBy(sql`case ${jobs.state} when 'running' then 0 when 'paused' then 1 when 'interrupted' then 1 when 'queued' then 2 else 3 end`,
        sql`case when ${jobs.endedAt} is null then ${jobs.position} else -${jobs.endedAt} end`, desc(jobs.position))
      .limit(limit).offset(offset).all().map(toRecord),
    inStates: (states) => orm.select().from(jobs).where(inArray(jobs.state, [...states])).orderBy(asc(jobs.position)).all().map(toRecord),
    queuePosition: (id) => {
      const queued = orm.select({ id: jobs.id }).from(jobs).where(eq(jobs.state, 'queued')).orderBy(asc(jobs.position)).all();
      const index = queued.findIndex((job) => job.id === id);
      return index < 0 ? undefined : index + 1;
    },
    glimpses: () => {
      const columns = { id: jobs.id, state: sql<JobState>`state`, owner: jobs.owner, progress: jobs.progress };
      return [
        ...orm.select(columns).from(jobs).where(notInArray(jobs.state, endStates)).all(),
        ...orm.select(columns).from(jobs).where(inArray(jobs.state, endStates)).orderBy(desc(jobs.endedAt)).limit(endedSeen).all(),
      ];
    },
    changeIf: (id, { state, owner }, changes) => orm.update(jobs).set(columnsOf(changes)).where(and(eq(jobs.id, id), eq(jobs.state, state), eq(jobs.owner, owner))).run().changes > 0,
    change: (id, changes) => void orm.update(jobs).set(columnsOf(changes)).where(eq(jobs.id, id)).run(),
    claim: (id, by) => claim.immediate(id, by),
    heartbeat: (owner, now) => void beat.run(now, owner),
    writtenElsewhere: () => client.pragma('data_version', { simple: true }) as number,
    clear: () => void orm.delete(jobs).where(inArray(jobs.state, endStates)).run(),
  };
}
