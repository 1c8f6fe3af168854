/**
 * One training over the engine, recorded in its run: every step, validation and checkpoint that comes back is stored.
 * Begun again after a pause, a crash or a restart, it goes on from the last checkpoint; what was recorded after that is
 * forgotten first and comes again the same. Both a training of its own and a cell of a comparison are this.
 */
import { z } from 'zod';
import type { EngineCalls, SteerAction, TrainOutcome } from '../../../engine/host/protocol.ts';
import type { ExpertDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { taskReadingSchema } from '../../../shared/task.ts';
import { quickPreset, trainingConfigSchema } from '../../../shared/training.ts';
import type { JobRun } from '../../jobs/runner.ts';
import { found } from '../basics/found.ts';
import { addExpert } from '../experts/experts.ts';
import type { UsableModel } from '../models/catalog.ts';
import { rowsOfTask } from '../tasks/rows.ts';
import { rowsUsedOf } from '../training/rowsUsed.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';

export const trainInputSchema = z.object({
  modelId: z.string(), weightsHash: z.string(), datasetId: z.string(), grader: z.string(), raw: z.boolean(), name: z.string(), tags: z.array(z.string()),
  // a job that an earlier version queued has what was not a choice then
  config: z.preprocess((config) => ({ ...quickPreset, ...(config as object) }), trainingConfigSchema),
  comparisonId: z.string().optional(),
  // jobs of earlier versions know no tasks
  task: z.string().optional(), reading: taskReadingSchema.optional(),
});
export type TrainInput = z.output<typeof trainInputSchema>;

type TrainEvent = EngineCalls['train']['event'];
export type TrainProgress = Extract<TrainEvent, { type: 'progress' }>;

export interface TrainingRequest {
  runId: string;
  model: UsableModel;
  input: TrainInput;
  /** pause and keep; a wish that came before is told at once */
  onSteer: JobRun['onSteer'];
  onProgress(progress: TrainProgress): void;
}

/** Resolves with the outcome when the training is through; rejects with `cancelled` when it was stopped or paused. */
export async function runTraining(context: RunnerContext, run: JobRun, request: TrainingRequest): Promise<TrainOutcome> {
  const { engine, stores, catalog } = context;
  const { runId, model, input } = request;
  const stored = stores.runs.checkpoint(runId);
  stores.runs.rewind(runId, stored);
  const record = recorder(context, runId, request.onProgress);
  let wish: SteerAction | undefined;
  const training = engine.request('train', {
    model: catalog.place(model), rows: await rowsOfTask(context, input), grader: input.grader, raw: input.raw, config: input.config,
    ...(stored && { checkpoint: stored }),
  }, (event) => {
    // a wish that came before the engine had the request is told again when it shows life
    if (wish) training.steer(wish);
    record(event);
  });
  request.onSteer((action) => {
    wish = action;
    training.steer(action);
  });
  return follow(run, training);
}

/** Stores what the engine reports, then tells the windows. A write that fails (a full disk) ends the training. */
function recorder({ stores, events }: RunnerContext, runId: string, onProgress: (progress: TrainProgress) => void): (event: TrainEvent) => void {
  let best = -Infinity;
  return (event) => {
    switch (event.type) {
      case 'base':
        stores.runs.setOutcome(runId, { baseScore: event.score });
        break;
      case 'step':
        stores.runs.addStep(runId, event.metric, event.samples);
        events.emit('run.step', { runId, metric: event.metric });
        events.emit('run.samples', { runId, samples: event.samples });
        break;
      case 'validation':
        stores.runs.addValidation(runId, event.metric);
        if (event.metric.best && event.metric.score >= best) {
          best = event.metric.score;
          stores.runs.setOutcome(runId, { bestScore: event.metric.score, bestStep: event.metric.step });
        }
        events.emit('run.validation', { runId, metric: event.metric });
        break;
      case 'checkpoint':
        stores.runs.saveCheckpoint(runId, event.checkpoint);
        break;
      case 'progress':
        onProgress(event);
        break;
    }
  };
}

/** What validation chose becomes an expert, and the run knows how it ended: its scores are of validation, `test` and `gain` of the test rows. */
export function keepOutcome(context: RunnerContext, { runId, model, input }: Pick<TrainingRequest, 'runId' | 'model' | 'input'>, outcome: TrainOutcome): ExpertDto {
  const { stores, clock, newId } = context;
  const summary = found(stores.runs.summary(runId), `run ${runId}`);
  if (Object.keys(outcome.tensors).length === 0) throw new SingularError('internal', `“${input.name}” ended without anything trained.`);
  const { trials, cost } = outcome;
  // a dataset of two prompts, or a testShare of 0, leaves no test rows: the final score is then of validation rows, and not called a test
  const final = outcome.test;
  const test = outcome.rowsUsed.test > 0 ? final : undefined;
  const chosen = trials.find((trial) => trial.chosen);
  const rowsUsed = rowsUsedOf(stores.datasets.get(input.datasetId), input.config, outcome.rowsUsed, input.reading?.splits);
  return stores.atomically(() => {
    const expert = addExpert(context, {
      id: newId(), name: input.name, modelId: model.id, weightsHash: model.weightsHash, tags: input.tags, description: '', createdAt: clock(),
      baseScore: final.base.mean, score: final.score.mean, gain: final.gain, ...(test && { test }),
      source: 'trained', method: input.config.method, rowsUsed,
      ...(input.comparisonId !== undefined && { comparisonId: input.comparisonId }),
      provenance: {
        datasetName: summary.datasetName, datasetHash: summary.datasetHash, grader: input.grader, seed: chosen?.seed ?? input.config.seed, config: input.config,
        runId, steps: outcome.steps, seconds: cost.seconds, raw: input.raw,
        ...(input.task !== undefined && { task: input.task }), ...(input.reading && { reading: input.reading }),
      },
    }, outcome.tensors, model.facts.layers);
    stores.runs.setOutcome(runId, {
      ...(chosen && { baseScore: chosen.baseValidation, bestScore: chosen.validation }), bestStep: outcome.bestStep, seconds: cost.seconds, expertId: expert.id,
      gain: final.gain, ...(test && { test }), trials, cost, rowsUsed,
    });
    return expert;
  });
}
