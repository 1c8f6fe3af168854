import { and, asc, count, desc, eq, gt, isNotNull, isNull, or, sql } from 'drizzle-orm';
import type { CostDto, EvaluatedDto, Interval, JobState, RunDto, SampleDto, StepMetric, TestScoreDto, TrialDto, ValidationMetric } from '../../shared/contract.ts';
import type { TaskReading } from '../../shared/task.ts';
import { quickPreset, type TrainingConfig } from '../../shared/training.ts';
import type { TrainCheckpoint } from '../../engine/host/protocol.ts';
import type { Connection } from './open.ts';
import { jobs, runCheckpoints, runs, runSamples, runSteps, runValidations } from './schema.ts';

export type RunSummary = Omit<RunDto, 'steps' | 'validations' | 'lastSamples'>;
export type NewRun = Omit<RunSummary, 'state' | 'baseScore' | 'bestScore' | 'bestStep' | 'gain' | 'expertId' | 'seconds' | 'test' | 'trials' | 'cost' | 'rowsUsed'>;
export interface RunOutcome {
  baseScore?: number; bestScore?: number; bestStep?: number; gain?: Interval; expertId?: string; seconds?: number; endState?: JobState;
  test?: TestScoreDto; trials?: TrialDto[]; cost?: CostDto; rowsUsed?: RunDto['rowsUsed'];
}
export interface TrialStep { trial: number; step: number }

export interface RunStore {
  add(run: NewRun): void;
  /** all but the cells of comparisons, which are listed there, the newest first; of one kind, of one model, or the evaluations that an expert took part in */
  list(page: { offset: number; limit: number; kind?: RunDto['kind']; modelId?: string; expertId?: string }): { runs: RunSummary[]; total: number };
  summary(id: string): RunSummary | undefined;
  get(id: string): RunDto | undefined;
  hasSteps(id: string): boolean;
  /** of every trial */
  samples(id: string, step: number): SampleDto[];
  /** a step, validation or sample list of the same step is overwritten: a resumed training repeats steps */
  addStep(id: string, metric: StepMetric, samples: readonly SampleDto[]): void;
  addValidation(id: string, metric: ValidationMetric): void;
  addSamples(id: string, at: TrialStep, samples: readonly SampleDto[]): void;
  saveCheckpoint(id: string, checkpoint: TrainCheckpoint): void;
  checkpoint(id: string): TrainCheckpoint | undefined;
  deleteCheckpoints(id: string): void;
  /** forgets what was recorded after the point that a training resumes from; without one, everything */
  rewind(id: string, to: TrialStep | undefined): void;
  /** seconds and steps of the last finished trainings of a model: what another one may take */
  pace(modelId: string): { config: TrainingConfig; seconds: number; steps: number }[];
  /** the run and all it recorded */
  remove(id: string): void;
  setOutcome(id: string, outcome: RunOutcome): void;
}

type Row = typeof runs.$inferSelect;

/** A configuration of an earlier version has what was not a choice then. */
export const storedConfig = (text: string): TrainingConfig => ({ ...quickPreset, ...JSON.parse(text) as Partial<TrainingConfig> });
const parsed = <T>(text: string | null): T | undefined => (text === null ? undefined : JSON.parse(text) as T);
/** Metrics of an earlier version are those of the only trial. */
const metricOf = <T>(text: string): T => ({ trial: 0, ...JSON.parse(text) as T });

function toSummary(row: Row, state: string): RunSummary {
  const gain = row.gainMean !== null && row.gainLow !== null && row.gainHigh !== null
    ? { mean: row.gainMean, low: row.gainLow, high: row.gainHigh } : undefined;
  const [test, cost, rowsUsed, reading] = [parsed<TestScoreDto>(row.test), parsed<CostDto>(row.cost), parsed<NonNullable<RunDto['rowsUsed']>>(row.rowsUsed), parsed<TaskReading>(row.reading)];
  return {
    id: row.id, name: row.name, kind: row.kind as RunDto['kind'], jobId: row.jobId, state: state as RunDto['state'],
    modelId: row.modelId, modelName: row.modelName, datasetName: row.datasetName, datasetHash: row.datasetHash, grader: row.grader, raw: row.raw,
    preset: row.preset, config: storedConfig(row.config), createdAt: row.createdAt, command: row.command,
    trials: JSON.parse(row.trials) as TrialDto[],
    ...(row.datasetId !== null && { datasetId: row.datasetId }),
    ...(row.baseScore !== null && { baseScore: row.baseScore }),
    ...(row.bestScore !== null && { bestScore: row.bestScore }),
    ...(row.bestStep !== null && { bestStep: row.bestStep }),
    ...(gain && { gain }),
    ...(row.expertId !== null && { expertId: row.expertId }),
    ...(row.seconds !== null && { seconds: row.seconds }),
    ...(test && { test }),
    ...(cost && { cost }),
    ...(rowsUsed && { rowsUsed }),
    ...(row.comparisonId !== null && { comparisonId: row.comparisonId }),
    ...(row.task !== null && { task: row.task }),
    ...(reading && { reading }),
    ...(row.evaluated !== null && { evaluated: JSON.parse(row.evaluated) as EvaluatedDto }),
  };
}

export function createRunStore({ orm, client }: Connection): RunStore {
  // a run's state is its job's, until that is cleared from the list
  // (a comparison's job outlives the runs of its cells)
  const jobState = sql`(select ${jobs.state} from ${jobs} where ${jobs.id} = ${runs.jobId})`;
  const state = sql<string>`case when ${runs.comparisonId} is null then coalesce(${jobState}, ${runs.endState}, 'cancelled') else coalesce(${runs.endState}, ${jobState}, 'cancelled') end`;
  const select = () => orm.select({ run: runs, state }).from(runs);
  const tookPart = (expertId: string) => sql`(json_extract(${runs.evaluated}, '$.adapter.id') = ${expertId} or exists (select 1 from json_each(${runs.evaluated}, '$.parts') where json_extract(value, '$.expertId') = ${expertId}))`;
  const upsertStep = client.prepare('insert into run_steps (run_id, trial, step, metric) values (?, ?, ?, ?) on conflict do update set metric = excluded.metric');
  const upsertValidation = client.prepare('insert into run_validations (run_id, trial, step, metric) values (?, ?, ?, ?) on conflict do update set metric = excluded.metric');
  const upsertSamples = client.prepare('insert into run_samples (run_id, trial, step, samples) values (?, ?, ?, ?) on conflict do update set samples = excluded.samples');
  const upsertCheckpoint = client.prepare(`insert into run_checkpoints (run_id, slot, trial, step, state) values (?, 'latest', ?, ?, ?)
    on conflict do update set trial = excluded.trial, step = excluded.step, state = excluded.state`);

  const summary = (id: string): RunSummary | undefined => {
    const row = select().where(eq(runs.id, id)).get();
    return row && toSummary(row.run, row.state);
  };
  const samples = (id: string, step: number): SampleDto[] => {
    const rows = orm.select().from(runSamples).where(and(eq(runSamples.runId, id), eq(runSamples.step, step))).orderBy(asc(runSamples.trial)).all();
    return rows.flatMap((row) => (JSON.parse(row.samples) as SampleDto[]).map((sample) => ({ ...sample, trial: row.trial })));
  };
  const addSamples = (id: string, { trial, step }: TrialStep, list: readonly SampleDto[]): void => {
    if (list.length > 0) upsertSamples.run(id, trial, step, JSON.stringify(list));
  };
  const addStep = client.transaction((id: string, metric: StepMetric, list: readonly SampleDto[]) => {
    upsertStep.run(id, metric.trial, metric.step, JSON.stringify(metric));
    addSamples(id, metric, list);
  });

  return {
    add: (run) => void orm.insert(runs).values({ ...run, config: JSON.stringify(run.config), reading: run.reading ? JSON.stringify(run.reading) : null, evaluated: run.evaluated ? JSON.stringify(run.evaluated) : null }).run(),
    list: ({ offset, limit, kind, modelId, expertId }) => {
      const wanted = and(isNull(runs.comparisonId), kind && eq(runs.kind, kind), modelId === undefined ? undefined : eq(runs.modelId, modelId), expertId === undefined ? undefined : tookPart(expertId));
      return {
        runs: select().where(wanted).orderBy(desc(runs.createdAt), desc(sql`runs.rowid`)).limit(limit).offset(offset).all().map((row) => toSummary(row.run, row.state)),
        total: orm.select({ total: count() }).from(runs).where(wanted).get()?.total ?? 0,
      };
    },
    summary,
    get: (id) => {
      const run = summary(id);
      if (!run) return undefined;
      const steps = orm.select().from(runSteps).where(eq(runSteps.runId, id)).orderBy(asc(runSteps.trial), asc(runSteps.step)).all().map((row) => metricOf<StepMetric>(row.metric));
      const validations = orm.select().from(runValidations).where(eq(runValidations.runId, id)).orderBy(asc(runValidations.trial), asc(runValidations.step)).all().map((row) => metricOf<ValidationMetric>(row.metric));
      const last = orm.select({ trial: runSamples.trial, step: runSamples.step }).from(runSamples).where(eq(runSamples.runId, id)).orderBy(desc(runSamples.trial), desc(runSamples.step)).limit(1).get();
      return { ...run, steps, validations, lastSamples: last ? samples(id, last.step).filter(({ trial }) => trial === last.trial) : [] };
    },
    hasSteps: (id) => orm.select({ step: runSteps.step }).from(runSteps).where(eq(runSteps.runId, id)).limit(1).get() !== undefined,
    samples,
    addStep: (id, metric, list) => addStep.immediate(id, metric, list),
    addValidation: (id, metric) => void upsertValidation.run(id, metric.trial, metric.step, JSON.stringify(metric)),
    addSamples,
    saveCheckpoint: (id, checkpoint) => void upsertCheckpoint.run(id, checkpoint.trial, checkpoint.step, Buffer.from(checkpoint.blob.buffer, checkpoint.blob.byteOffset, checkpoint.blob.byteLength)),
    checkpoint: (id) => {
      const row = orm.select().from(runCheckpoints).where(and(eq(runCheckpoints.runId, id), eq(runCheckpoints.slot, 'latest'))).get();
      return row && { trial: row.trial, step: row.step, blob: new Uint8Array(row.state) };
    },
    deleteCheckpoints: (id) => void orm.delete(runCheckpoints).where(eq(runCheckpoints.runId, id)).run(),
    rewind: (id, to) => client.transaction(() => {
      for (const table of [runSteps, runValidations, runSamples]) {
        const later = to && or(gt(table.trial, to.trial), and(eq(table.trial, to.trial), gt(table.step, to.step)));
        orm.delete(table).where(and(eq(table.runId, id), later)).run();
      }
    }).immediate(),
    pace: (modelId) => orm.select({ config: runs.config, cost: runs.cost, trials: runs.trials }).from(runs)
      .where(and(eq(runs.modelId, modelId), eq(runs.kind, 'train'), isNotNull(runs.cost))).orderBy(desc(runs.createdAt)).limit(100).all()
      .map((row) => ({
        config: storedConfig(row.config), seconds: (JSON.parse(row.cost ?? '{}') as CostDto).seconds,
        steps: (JSON.parse(row.trials) as TrialDto[]).reduce((sum, { steps }) => sum + steps, 0),
      })),
    remove: (id) => void orm.delete(runs).where(eq(runs.id, id)).run(),
    setOutcome: (id, outcome) => void orm.update(runs).set({
      ...(outcome.baseScore !== undefined && { baseScore: outcome.baseScore }),
      ...(outcome.bestScore !== undefined && { bestScore: outcome.bestScore }),
      ...(outcome.bestStep !== undefined && { bestStep: outcome.bestStep }),
      ...(outcome.gain && { gainMean: outcome.gain.mean, gainLow: outcome.gain.low, gainHigh: outcome.gain.high }),
      ...(outcome.expertId !== undefined && { expertId: outcome.expertId }),
      ...(outcome.seconds !== undefined && { seconds: outcome.seconds }),
      ...(outcome.endState !== undefined && { endState: outcome.endState }),
      ...(outcome.test && { test: JSON.stringify(outcome.test) }),
      ...(outcome.trials && { trials: JSON.stringify(outcome.trials) }),
      ...(outcome.cost && { cost: JSON.stringify(outcome.cost) }),
      ...(outcome.rowsUsed && { rowsUsed: JSON.stringify(outcome.rowsUsed) }),
    }).where(eq(runs.id, id)).run(),
  };
}
