import { and, asc, count, desc, eq, gt, sql } from 'drizzle-orm';
import type { Interval, JobState, RunDto, SampleDto, StepMetric, ValidationMetric } from '../../shared/contract.ts';
import type { TrainingConfig } from '../../shared/training.ts';
import type { TrainCheckpoint } from '../../engine/host/protocol.ts';
import type { Connection } from './open.ts';
import { jobs, runCheckpoints, runs, runSamples, runSteps, runValidations } from './schema.ts';

export type RunSummary = Omit<RunDto, 'steps' | 'validations' | 'lastSamples'>;
export type NewRun = Omit<RunSummary, 'state' | 'baseScore' | 'bestScore' | 'bestStep' | 'gain' | 'expertId' | 'seconds'>;
export interface RunOutcome { baseScore?: number; bestScore?: number; bestStep?: number; gain?: Interval; expertId?: string; seconds?: number; endState?: JobState }

export interface RunStore {
  add(run: NewRun): void;
  list(offset: number, limit: number): { runs: RunSummary[]; total: number };
  summary(id: string): RunSummary | undefined;
  get(id: string): RunDto | undefined;
  hasSteps(id: string): boolean;
  samples(id: string, step: number): SampleDto[];
  /** a step, validation or sample list of the same step is overwritten: a resumed training repeats steps */
  addStep(id: string, metric: StepMetric, samples: readonly SampleDto[]): void;
  addValidation(id: string, metric: ValidationMetric): void;
  addSamples(id: string, step: number, samples: readonly SampleDto[]): void;
  saveCheckpoint(id: string, checkpoint: TrainCheckpoint): void;
  checkpoint(id: string): TrainCheckpoint | undefined;
  deleteCheckpoints(id: string): void;
  /** forgets what was recorded after the step that a training resumes from (−1: everything) */
  rewind(id: string, step: number): void;
  setOutcome(id: string, outcome: RunOutcome): void;
}

type Row = typeof runs.$inferSelect;

function toSummary(row: Row, state: string): RunSummary {
  const gain = row.gainMean !== null && row.gainLow !== null && row.gainHigh !== null
    ? { mean: row.gainMean, low: row.gainLow, high: row.gainHigh } : undefined;
  return {
    id: row.id, name: row.name, kind: row.kind as RunDto['kind'], jobId: row.jobId, state: state as RunDto['state'],
    modelId: row.modelId, modelName: row.modelName, datasetName: row.datasetName, datasetHash: row.datasetHash, grader: row.grader, raw: row.raw,
    preset: row.preset, config: JSON.parse(row.config) as TrainingConfig, createdAt: row.createdAt, command: row.command,
    ...(row.datasetId !== null && { datasetId: row.datasetId }),
    ...(row.baseScore !== null && { baseScore: row.baseScore }),
    ...(row.bestScore !== null && { bestScore: row.bestScore }),
    ...(row.bestStep !== null && { bestStep: row.bestStep }),
    ...(gain && { gain }),
    ...(row.expertId !== null && { expertId: row.expertId }),
    ...(row.seconds !== null && { seconds: row.seconds }),
  };
}

export function createRunStore({ orm, client }: Connection): RunStore {
  // a run's state is its job's, until that is cleared from the list
  const state = sql<string>`coalesce((select ${jobs.state} from ${jobs} where ${jobs.id} = ${runs.jobId}), ${runs.endState}, 'cancelled')`;
  const select = () => orm.select({ run: runs, state }).from(runs);
  const upsertStep = client.prepare('insert into run_steps (run_id, step, metric) values (?, ?, ?) on conflict do update set metric = excluded.metric');
  const upsertValidation = client.prepare('insert into run_validations (run_id, step, metric) values (?, ?, ?) on conflict do update set metric = excluded.metric');
  const upsertSamples = client.prepare('insert into run_samples (run_id, step, samples) values (?, ?, ?) on conflict do update set samples = excluded.samples');
  const upsertCheckpoint = client.prepare(`insert into run_checkpoints (run_id, slot, step, state) values (?, 'latest', ?, ?) on conflict do update set step = excluded.step, state = excluded.state`);

  const summary = (id: string): RunSummary | undefined => {
    const row = select().where(eq(runs.id, id)).get();
    return row && toSummary(row.run, row.state);
  };
  const samples = (id: string, step: number): SampleDto[] => {
    const row = orm.select().from(runSamples).where(and(eq(runSamples.runId, id), eq(runSamples.step, step))).get();
    return row ? JSON.parse(row.samples) as SampleDto[] : [];
  };
  const addSamples = (id: string, step: number, list: readonly SampleDto[]): void => {
    if (list.length > 0) upsertSamples.run(id, step, JSON.stringify(list));
  };
  const addStep = client.transaction((id: string, metric: StepMetric, list: readonly SampleDto[]) => {
    upsertStep.run(id, metric.step, JSON.stringify(metric));
    addSamples(id, metric.step, list);
  });

  return {
    add: (run) => void orm.insert(runs).values({ ...run, config: JSON.stringify(run.config) }).run(),
    list: (offset, limit) => ({
      runs: select().orderBy(desc(runs.createdAt), desc(sql`runs.rowid`)).limit(limit).offset(offset).all().map((row) => toSummary(row.run, row.state)),
      total: orm.select({ total: count() }).from(runs).get()?.total ?? 0,
    }),
    summary,
    get: (id) => {
      const run = summary(id);
      if (!run) return undefined;
      const steps = orm.select().from(runSteps).where(eq(runSteps.runId, id)).orderBy(asc(runSteps.step)).all().map((row) => JSON.parse(row.metric) as StepMetric);
      const validations = orm.select().from(runValidations).where(eq(runValidations.runId, id)).orderBy(asc(runValidations.step)).all().map((row) => JSON.parse(row.metric) as ValidationMetric);
      const last = orm.select({ step: runSamples.step }).from(runSamples).where(eq(runSamples.runId, id)).orderBy(desc(runSamples.step)).limit(1).get();
      return { ...run, steps, validations, lastSamples: last ? samples(id, last.step) : [] };
    },
    hasSteps: (id) => orm.select({ step: runSteps.step }).from(runSteps).where(eq(runSteps.runId, id)).limit(1).get() !== undefined,
    samples,
    addStep: (id, metric, list) => addStep.immediate(id, metric, list),
    addValidation: (id, metric) => void upsertValidation.run(id, metric.step, JSON.stringify(metric)),
    addSamples,
    saveCheckpoint: (id, checkpoint) => void upsertCheckpoint.run(id, checkpoint.step, Buffer.from(checkpoint.blob.buffer, checkpoint.blob.byteOffset, checkpoint.blob.byteLength)),
    checkpoint: (id) => {
      const row = orm.select().from(runCheckpoints).where(and(eq(runCheckpoints.runId, id), eq(runCheckpoints.slot, 'latest'))).get();
      return row && { step: row.step, blob: new Uint8Array(row.state) };
    },
    deleteCheckpoints: (id) => void orm.delete(runCheckpoints).where(eq(runCheckpoints.runId, id)).run(),
    rewind: (id, step) => client.transaction(() => {
      for (const table of [runSteps, runValidations, runSamples]) orm.delete(table).where(and(eq(table.runId, id), gt(table.step, step))).run();
    }).immediate(),
    setOutcome: (id, outcome) => void orm.update(runs).set({
      ...(outcome.baseScore !== undefined && { baseScore: outcome.baseScore }),
      ...(outcome.bestScore !== undefined && { bestScore: outcome.bestScore }),
      ...(outcome.bestStep !== undefined && { bestStep: outcome.bestStep }),
      ...(outcome.gain && { gainMean: outcome.gain.mean, gainLow: outcome.gain.low, gainHigh: outcome.gain.high }),
      ...(outcome.expertId !== undefined && { expertId: outcome.expertId }),
      ...(outcome.seconds !== undefined && { seconds: outcome.seconds }),
      ...(outcome.endState !== undefined && { endState: outcome.endState }),
    }).where(eq(runs.id, id)).run(),
  };
}
