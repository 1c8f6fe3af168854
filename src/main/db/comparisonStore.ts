import { and, asc, count, desc, eq, isNotNull, sql } from 'drizzle-orm';
import type { CellState, ComparisonCellDto, CostDto, JobState, TestScoreDto } from '../../shared/contract.ts';
import type { ComparisonPlan, Strategy, StrategyDetail } from '../../shared/comparison.ts';
import type { TaskReading } from '../../shared/task.ts';
import type { TrainingConfig } from '../../shared/training.ts';
import { searches } from './adaptationSchema.ts';
import type { Connection } from './open.ts';
import { comparisonCells, comparisons, jobs, runs } from './schema.ts';

/** What a comparison ran on, in words: versions, platform, processor, memory. */
export type Machine = Record<string, string>;
export interface ComparisonRecord {
  id: string; name: string; jobId: string; state: JobState; createdAt: number; plan: ComparisonPlan; command: string; machine: Machine;
  cells: number; done: number; failed: number; seconds: number;
}
/** A strategy with the experts (and adapters) that it chooses from, one of each task, frozen when its comparison was started. */
export interface FrozenStrategy {
  strategy: Strategy;
  experts: { id: string; task: string; datasetId: string; reading?: TaskReading }[];
  adapters: { id: string; task: string }[];
  foreignIds: string[];
}
/** One training, or one use of experts, frozen when its comparison was started. */
export interface CellRecord {
  position: number; modelId: string; modelName: string; weightsHash: string; task: string; datasetId: string; grader: string; raw: boolean; method: string; seed: number;
  preset: string; config: TrainingConfig; state: CellState; runId: string | null; expertId: string | null; error: string | null;
  strategy: FrozenStrategy | null; searchId: string | null;
  /** null is the dataset's own */
  reading: TaskReading | null;
}
export type NewCell = Omit<CellRecord, 'position' | 'state' | 'runId' | 'expertId' | 'error' | 'searchId'>;
export type CellChanges = Partial<Pick<CellRecord, 'state' | 'runId' | 'expertId' | 'error' | 'searchId'>>;

export interface ComparisonStore {
  /** cells run in the order in which they are given */
  add(comparison: Pick<ComparisonRecord, 'id' | 'name' | 'jobId' | 'createdAt' | 'plan' | 'command' | 'machine'>, cells: readonly NewCell[]): void;
  /** newest first */
  list(): ComparisonRecord[];
  get(id: string): ComparisonRecord | undefined;
  cells(id: string): CellRecord[];
  /** the cells with what their runs gave */
  table(id: string): ComparisonCellDto[];
  changeCell(id: string, position: number, changes: CellChanges): void;
  /** what a cell without a run of its own scored and took */
  setCellOutcome(id: string, position: number, outcome: { test: TestScoreDto; cost: CostDto; detail: StrategyDetail }): void;
  setEnded(id: string, state: JobState): void;
  /** the comparison, its cells and their runs */
  remove(id: string): void;
}

const parsedPart = <K extends 'test' | 'cost' | 'detail'>(key: K, text: string | null | undefined): Partial<Pick<ComparisonCellDto, K>> => (text ? { [key]: JSON.parse(text) as ComparisonCellDto[K] } as Partial<Pick<ComparisonCellDto, K>> : {});

export function createComparisonStore({ orm, client }: Connection): ComparisonStore {
  const state = sql<string>`coalesce((select ${jobs.state} from ${jobs} where ${jobs.id} = ${comparisons.jobId}), ${comparisons.endState}, 'cancelled')`;
  const tally = (id: string) => orm.select({
    cells: count(),
    done: sql<number>`sum(${comparisonCells.state} = 'done')`,
    failed: sql<number>`sum(${comparisonCells.state} = 'failed')`,
    seconds: sql<number>`coalesce(sum(coalesce(${runs.seconds}, json_extract(${comparisonCells.cost}, '$.seconds'))), 0)`,
  }).from(comparisonCells).leftJoin(runs, eq(runs.id, comparisonCells.runId)).where(eq(comparisonCells.comparisonId, id)).get() ?? { cells: 0, done: 0, failed: 0, seconds: 0 };
  const select = () => orm.select({ comparison: comparisons, state }).from(comparisons);
  const toRecord = ({ comparison: { endState: _endState, ...row }, state }: { comparison: typeof comparisons.$inferSelect; state: string }): ComparisonRecord => ({
    ...row, state: state as JobState, plan: JSON.parse(row.plan) as ComparisonPlan, machine: JSON.parse(row.machine) as Machine, ...tally(row.id),
  });
  const cells = (id: string): CellRecord[] => orm.select().from(comparisonCells).where(eq(comparisonCells.comparisonId, id)).orderBy(asc(comparisonCells.position)).all()
    .map(({ comparisonId: _comparison, test: _test, cost: _cost, detail: _detail, ...row }) => ({
      ...row, state: row.state as CellState, config: JSON.parse(row.config) as TrainingConfig, strategy: row.strategy === null ? null : JSON.parse(row.strategy) as FrozenStrategy,
      reading: row.reading === null ? null : JSON.parse(row.reading) as TaskReading,
    }));

  return {
    add: (comparison, list) => client.transaction(() => {
      orm.insert(comparisons).values({ ...comparison, plan: JSON.stringify(comparison.plan), machine: JSON.stringify(comparison.machine) }).run();
      list.forEach((cell, position) => orm.insert(comparisonCells).values({ ...cell, config: JSON.stringify(cell.config), strategy: cell.strategy && JSON.stringify(cell.strategy), reading: cell.reading && JSON.stringify(cell.reading), comparisonId: comparison.id, position, state: 'waiting' }).run());
    }).immediate(),
    list: () => select().orderBy(desc(comparisons.createdAt), desc(sql`comparisons.rowid`)).all().map(toRecord),
    get: (id) => {
      const row = select().where(eq(comparisons.id, id)).get();
      return row && toRecord(row);
    },
    cells,
    table: (id) => {
      const outcomes = new Map(orm.select({ id: runs.id, test: runs.test, cost: runs.cost, bestStep: runs.bestStep }).from(runs).where(eq(runs.comparisonId, id)).all().map((run) => [run.id, run]));
      const untrained = new Map(orm.select({ position: comparisonCells.position, test: comparisonCells.test, cost: comparisonCells.cost, detail: comparisonCells.detail }).from(comparisonCells)
        .where(and(eq(comparisonCells.comparisonId, id), isNotNull(comparisonCells.detail))).all().map((row) => [row.position, row]));
      return cells(id).map((cell) => {
        const own = untrained.get(cell.position);
        const run = cell.state === 'done' ? outcomes.get(cell.runId ?? '') : undefined;
        return {
          index: cell.position, modelId: cell.modelId, modelName: cell.modelName, task: cell.task, datasetId: cell.datasetId, method: cell.method, seed: cell.seed, state: cell.state,
          ...(cell.runId !== null && { runId: cell.runId }),
          ...(cell.expertId !== null && { expertId: cell.expertId }),
          ...(cell.error !== null && { error: cell.error }),
          ...parsedPart('test', own?.test ?? run?.test),
          ...parsedPart('cost', own?.cost ?? run?.cost),
          ...parsedPart('detail', own?.detail),
          ...(cell.searchId !== null && { searchId: cell.searchId }),
          ...(run && run.bestStep !== null && { bestStep: run.bestStep }),
        };
      });
    },
    changeCell: (id, position, changes) => void orm.update(comparisonCells).set(changes).where(and(eq(comparisonCells.comparisonId, id), eq(comparisonCells.position, position))).run(),
    setCellOutcome: (id, position, { test, cost, detail }) => void orm.update(comparisonCells).set({ test: JSON.stringify(test), cost: JSON.stringify(cost), detail: JSON.stringify(detail) })
      .where(and(eq(comparisonCells.comparisonId, id), eq(comparisonCells.position, position))).run(),
    setEnded: (id, endState) => void orm.update(comparisons).set({ endState }).where(eq(comparisons.id, id)).run(),
    remove: (id) => client.transaction(() => {
      orm.delete(runs).where(eq(runs.comparisonId, id)).run();
      orm.delete(searches).where(eq(searches.comparisonId, id)).run();
      orm.delete(comparisons).where(eq(comparisons.id, id)).run();
    }).immediate(),
  };
}
