/**
 * A comparison, cell after cell: each is a training in a run of its own, with its expert kept apart from the library, or
 * a strategy that puts such experts to use (`strategyCell.ts`).
 * Begun again after a pause, a crash or a restart, the running cell goes on from its last checkpoint and finished ones
 * stay. What refuses one cell (a setting, a dataset that is gone, an engine that dies under it again and again) is
 * written into it, and the rest goes on.
 */
import { z } from 'zod';
import type { SteerAction } from '../../../engine/host/protocol.ts';
import { SingularError, toErrorDto } from '../../../shared/errors.ts';
import type { CellRecord, JobRecord } from '../../db/index.ts';
import type { JobRun, JobRunner } from '../../jobs/runner.ts';
import { found } from '../basics/found.ts';
import { stepsOf, storedTaskOf } from '../comparisons/strategies.ts';
import { secondsLeftOf } from '../comparisons/summary.ts';
import type { UsableModel } from '../models/catalog.ts';
import { ownReading } from '../tasks/rows.ts';
import { checkConfig, checkRows } from '../training/checks.ts';
import { trainCommand } from '../training/training.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';
import { runStrategy, Shared } from './strategyCell.ts';
import { keepOutcome, runTraining, type TrainInput } from './training.ts';

const inputSchema = z.object({ comparisonId: z.string(), datasetIds: z.array(z.string()), modelIds: z.array(z.string()) });
export type CompareInput = z.input<typeof inputSchema>;

/** Errors of this machine, not of the cell: the comparison stops there and can be taken up again. */
const notTheCells = ['cancelled', 'disk-full', 'busy'];
/** After this many deaths of the engine at one step the cell is given up. */
const deathsAllowed = 3;

export function compareRunner(context: RunnerContext): JobRunner {
  const { stores, events } = context;
  return {
    heavy: true,
    pause: 'steer',
    ended: (job) => endOfComparison(context, job),
    async run(run) {
      const { comparisonId } = inputSchema.parse(run.job.input);
      const comparison = found(stores.comparisons.get(comparisonId), `comparison ${comparisonId}`);
      const cells = stores.comparisons.cells(comparisonId);
      const total = cells.reduce((sum, cell) => sum + stepsOf(cell), 0);
      const steering = new Steering(run);
      const shared = new Shared();
      let [done, shown] = [0, 0];
      for (const cell of cells) {
        if (cell.state === 'waiting' || cell.state === 'running') {
          steering.stopWherePaused();
          const note = `${cell.position + 1} of ${cells.length}: ${cell.modelName} · ${cell.task} · ${cell.method} · seed ${cell.seed}`;
          const later = secondsLeftOf(stores.comparisons.table(comparisonId).filter(({ index }) => index !== cell.position));
          const show = (inCell: number, secondsLeftInCell = 0): void => {
            shown = done + Math.min(inCell, stepsOf(cell));
            run.progress({ done: shown, total, unit: 'steps', note, ...(later !== undefined && { secondsLeft: later + secondsLeftInCell }) });
          };
          show(stepsTaken(context, cell));
          stores.comparisons.changeCell(comparisonId, cell.position, { state: 'running' });
          events.emit('comparison.changed', { id: comparisonId });
          await runCell(context, run, { name: comparison.name, comparisonId, cell, shared, steering, show, shown: () => shown });
          events.emit('comparison.changed', { id: comparisonId });
        }
        done += stepsOf(cell);
      }
      run.progress({ done: total, total, unit: 'steps', note: '' });
      const { done: succeeded, failed } = found(stores.comparisons.get(comparisonId), `comparison ${comparisonId}`);
      return { comparisonId, done: succeeded, failed };
    },
  };
}

/** Where a cell that was begun goes on. */
function stepsTaken({ stores }: RunnerContext, { runId, searchId, config }: CellRecord): number {
  const taken = runId === null ? undefined : stores.runs.checkpoint(runId);
  if (taken) return taken.trial * config.steps + taken.step;
  return searchId === null ? 0 : (stores.searches.checkpoint(searchId)?.budget.generations ?? 0);
}

interface CellRun { name: string; comparisonId: string; cell: CellRecord; shared: Shared; steering: Steering; show(steps: number, secondsLeft?: number): void; shown(): number }

/** The cell is done or failed when this resolves; it rejects where the comparison is to stop. */
async function runCell(context: RunnerContext, run: JobRun, request: CellRun): Promise<void> {
  const { stores } = context;
  const { comparisonId, cell } = request;
  try {
    const model = context.catalog.usable(cell.modelId);
    if (model.weightsHash !== cell.weightsHash) throw new SingularError('conflict', `The weights of ${model.name} changed since the comparison was started.`);
    if (cell.strategy) {
      await prepareSvd(context, run, model, request.steering);
      const outcome = await runStrategy(context, run, { ...request, name: nameOf(request), cell: { ...cell, strategy: cell.strategy }, model, onSteer: request.steering.attach });
      stores.atomically(() => {
        stores.comparisons.setCellOutcome(comparisonId, cell.position, outcome);
        stores.comparisons.changeCell(comparisonId, cell.position, { state: 'done' });
      });
      return;
    }
    checkConfig(cell.config, model);
    const dataset = found(stores.datasets.get(cell.datasetId), `dataset “${cell.task}” any more`);
    checkRows(cell.config, dataset, cell.reading ?? ownReading(dataset));
    if (cell.config.method === 'svf') await prepareSvd(context, run, model, request.steering);
    const task = storedTaskOf(stores, comparisonId, cell);
    const runId = cell.runId ?? addRun(context, run.job, request, model);
    const input: TrainInput = {
      modelId: model.id, weightsHash: model.weightsHash, datasetId: cell.datasetId, grader: cell.grader, raw: cell.raw, name: nameOf(request), tags: [], config: cell.config, comparisonId,
      ...(task !== undefined && { task }), ...(cell.reading && { reading: cell.reading }),
    };
    const training = { runId, model, input, onSteer: request.steering.attach, onProgress: ({ done, secondsLeft }: { done: number; secondsLeft: number }) => request.show(done, secondsLeft) };
    const outcome = await runTraining(context, run, training);
    stores.atomically(() => {
      const expert = keepOutcome(context, training, outcome);
      stores.runs.setOutcome(runId, { endState: 'succeeded' });
      stores.runs.deleteCheckpoints(runId);
      stores.comparisons.changeCell(comparisonId, cell.position, { state: 'done', expertId: expert.id });
    });
  } catch (error) {
    const { code, message } = toErrorDto(error);
    if (run.signal.aborted || request.steering.isPaused || notTheCells.includes(code)) throw error;
    // deaths are counted by the queue, which runs the job again after each
    const isLastDeath = run.job.deaths >= deathsAllowed - 1 && run.job.deathAt === request.shown();
    if (code === 'engine-died' && !isLastDeath) throw error;
    const runId = stores.comparisons.cells(comparisonId)[cell.position]?.runId;
    stores.atomically(() => {
      stores.comparisons.changeCell(comparisonId, cell.position, { state: 'failed', error: code === 'engine-died' ? `The engine process ended ${deathsAllowed} times at the same step.` : message });
      if (runId) {
        stores.runs.setOutcome(runId, { endState: 'failed' });
        stores.runs.deleteCheckpoints(runId);
      }
    });
  } finally {
    request.steering.detach();
  }
}

const nameOf = ({ name, cell }: Pick<CellRun, 'name' | 'cell'>): string => `${name} · ${cell.modelName} · ${cell.task} · ${cell.method} · seed ${cell.seed}`.slice(0, 200);

/** The run of a cell, recorded like any training. */
function addRun({ stores, clock, newId, platform }: RunnerContext, job: JobRecord, request: CellRun, model: UsableModel): string {
  const { comparisonId, cell } = request;
  const dataset = found(stores.datasets.get(cell.datasetId), `dataset “${cell.task}” any more`);
  const id = newId();
  const preset = cell.preset === 'paper' ? 'paper' : 'quick';
  const reading = cell.reading ?? ownReading(dataset);
  const task = storedTaskOf(stores, comparisonId, cell);
  stores.atomically(() => {
    stores.runs.add({
      id, kind: 'train', name: nameOf(request), jobId: job.id, modelId: model.id, modelName: model.name, datasetId: dataset.id, datasetName: dataset.name, datasetHash: dataset.hash,
      grader: cell.grader, raw: cell.raw, preset, config: cell.config, createdAt: clock(), comparisonId,
      reading, ...(task !== undefined && { task }), command: trainCommand({ stores, platform }, { modelId: model.id, name: nameOf(request), preset, config: cell.config, tags: [] }, { dataset, grader: cell.grader, raw: cell.raw, reading }),
    });
    stores.comparisons.changeCell(comparisonId, cell.position, { runId: id });
  });
  return id;
}

/** SVF needs the SVD cache; it is made here, since one job may need those of several models. */
async function prepareSvd({ engine, catalog }: RunnerContext, run: JobRun, model: UsableModel, steering: Steering): Promise<void> {
  if ((await catalog.refreshSvd(model.id)).state === 'ready') return;
  const show = (done: number, total: number): void => catalog.building(model.id, { jobId: run.job.id, done, total });
  show(0, model.facts.matrices.length);
  try {
    const request = engine.request('svdBuild', catalog.place(model), ({ done, total, name }) => {
      run.progress({ note: `SVD of ${model.name}: ${name}, ${done} of ${total}` });
      show(done, total);
    });
    // it is resumed matrix by matrix, so a pause just ends the request
    steering.attach(() => request.cancel());
    await follow(run, request);
    await catalog.refreshSvd(model.id);
  } finally {
    catalog.building(model.id, undefined);
  }
}

/** A wish reaches what runs now, and stays for what begins later. */
class Steering {
  #wish: SteerAction | undefined;
  #listener: ((action: SteerAction) => void) | undefined;

  constructor(run: JobRun) {
    run.onSteer((action) => {
      this.#wish = action;
      this.#listener?.(action);
    });
  }

  get isPaused(): boolean {
    return this.#wish === 'pause';
  }

  readonly attach = (listener: (action: SteerAction) => void): void => {
    this.#listener = listener;
    if (this.#wish) listener(this.#wish);
  };

  detach(): void {
    this.#listener = undefined;
  }

  stopWherePaused(): void {
    if (this.isPaused) throw new SingularError('cancelled', 'Paused between two cells.');
  }
}

/** A cell that was running waits again; after a failure it may go on from its checkpoint. */
function endOfComparison({ stores, events }: RunnerContext, job: JobRecord): void {
  const { comparisonId } = inputSchema.parse(job.input);
  if (!stores.comparisons.get(comparisonId)) return;
  stores.comparisons.setEnded(comparisonId, job.state);
  for (const cell of stores.comparisons.cells(comparisonId)) {
    if (cell.state !== 'running') continue;
    stores.comparisons.changeCell(comparisonId, cell.position, { state: 'waiting' });
    if (cell.runId !== null && job.state === 'cancelled') {
      stores.runs.setOutcome(cell.runId, { endState: 'cancelled' });
      stores.runs.deleteCheckpoints(cell.runId);
    }
  }
  events.emit('comparison.changed', { id: comparisonId });
}
