/**
 * A training: rows of the stored dataset go to the engine, every step, validation and checkpoint that comes back is
 * stored, and in the end the best z becomes an expert. Started again after a pause, a crash or a restart, it goes on
 * from the last checkpoint; what was recorded after that checkpoint is forgotten first and comes again the same.
 */
import { z } from 'zod';
import { SingularError } from '../../../shared/errors.ts';
import { trainingConfigSchema } from '../../../shared/training.ts';
import type { EngineCalls, SteerAction, TrainOutcome } from '../../../engine/host/protocol.ts';
import type { JobRecord } from '../../db/index.ts';
import type { JobRun, JobRunner } from '../../jobs/runner.ts';
import { addExpert } from '../experts.ts';
import { found } from '../found.ts';
import type { UsableModel } from '../modelCatalog.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';
import { modelOfJob } from './model.ts';

/** More rows than any run draws from; a larger dataset is thinned evenly so that the engine's memory stays small. */
export const rowsForEngine = 100_000;

const inputSchema = z.object({
  modelId: z.string(), weightsHash: z.string(), datasetId: z.string(), grader: z.string(), raw: z.boolean(), name: z.string(), tags: z.array(z.string()), config: trainingConfigSchema,
});
export type TrainInput = z.infer<typeof inputSchema>;

export function trainRunner(context: RunnerContext): JobRunner {
  const { engine, stores, catalog } = context;
  return {
    heavy: true,
    pause: 'steer',
    canKeep: (job) => job.runId !== null && stores.runs.hasSteps(job.runId),
    ended: (job) => endOfTraining(context, job),
    async run(run) {
      const input = inputSchema.parse(run.job.input);
      const runId = run.job.runId ?? '';
      const model = modelOfJob(catalog, run.job, input);
      const checkpoint = stores.runs.checkpoint(runId);
      stores.runs.rewind(runId, checkpoint?.step ?? -1);
      run.progress({ done: checkpoint?.step ?? 0, total: input.config.steps, unit: 'steps' });
      const record = recorder(context, run, runId);
      let wish: SteerAction | undefined;
      const request = engine.request('train', {
        model: catalog.place(model), rows: stores.datasets.sample(input.datasetId, rowsForEngine), grader: input.grader, raw: input.raw, config: input.config,
        ...(checkpoint && { checkpoint }),
      }, (event) => {
        // a wish that came before the engine had the request is told again when it shows life
        if (wish) request.steer(wish);
        record(event);
      });
      run.onSteer((action) => {
        wish = action;
        request.steer(action);
      });
      const outcome = await follow(run, request);
      const expertId = keepOutcome(context, run, input, model, outcome);
      return { expertId, baseScore: outcome.baseScore, score: outcome.score, steps: outcome.steps, seconds: outcome.seconds };
    },
  };
}

type TrainEvent = EngineCalls['train']['event'];

/** Stores what the engine reports, then tells the windows. A write that fails (a full disk) ends the training. */
function recorder({ stores, events }: RunnerContext, run: JobRun, runId: string): (event: TrainEvent) => void {
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
        if (event.metric.best) stores.runs.setOutcome(runId, { bestScore: event.metric.score, bestStep: event.metric.step });
        events.emit('run.validation', { runId, metric: event.metric });
        break;
      case 'checkpoint':
        stores.runs.saveCheckpoint(runId, event.checkpoint);
        break;
      case 'progress':
        run.progress({ done: event.done, total: event.total, unit: 'steps', note: event.note, secondsLeft: event.secondsLeft });
        break;
    }
  };
}

/** The best z becomes an expert, the run knows how it ended, and the checkpoint is no longer needed. */
function keepOutcome(context: RunnerContext, run: JobRun, input: TrainInput, model: UsableModel, outcome: TrainOutcome): string {
  const { stores, clock, newId } = context;
  const runId = run.job.runId ?? '';
  const summary = found(stores.runs.summary(runId), `run ${runId}`);
  if (Object.keys(outcome.z).length === 0) throw new SingularError('internal', `“${run.job.title}” ended without a z-vector.`);
  return stores.atomically(() => {
    const expert = addExpert(context, {
      id: newId(), name: input.name, modelId: model.id, weightsHash: model.weightsHash, tags: input.tags, description: '', createdAt: clock(),
      baseScore: outcome.baseScore, score: outcome.score, gain: outcome.gain, source: 'trained',
      provenance: {
        datasetName: summary.datasetName, datasetHash: summary.datasetHash, grader: input.grader, seed: input.config.seed, config: input.config,
        runId, steps: outcome.steps, seconds: outcome.seconds, raw: input.raw,
      },
    }, outcome.z, model.facts.layers);
    stores.runs.setOutcome(runId, {
      baseScore: outcome.baseScore, bestScore: outcome.score, bestStep: outcome.bestStep, gain: outcome.gain, seconds: outcome.seconds, expertId: expert.id,
    });
    run.link({ expertId: expert.id });
    return expert.id;
  });
}

function endOfTraining({ stores }: RunnerContext, job: JobRecord): void {
  if (job.runId === null) return;
  stores.runs.setOutcome(job.runId, { endState: job.state });
  // a failed training may be taken up again from its checkpoint
  if (job.state !== 'failed') stores.runs.deleteCheckpoints(job.runId);
}
