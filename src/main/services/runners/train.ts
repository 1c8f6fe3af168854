import type { JobRecord } from '../../db/index.ts';
import type { JobRunner } from '../../jobs/runner.ts';
import type { RunnerContext } from './context.ts';
import { modelOfJob } from './model.ts';
import { keepOutcome, runTraining, trainInputSchema } from './training.ts';

/** A training of its own; what its validation chose becomes an expert of the library. */
export function trainRunner(context: RunnerContext): JobRunner {
  const { stores, catalog } = context;
  return {
    heavy: true,
    pause: 'steer',
    canKeep: (job) => job.runId !== null && stores.runs.hasSteps(job.runId),
    ended: (job) => endOfTraining(context, job),
    async run(run) {
      const input = trainInputSchema.parse(run.job.input);
      const runId = run.job.runId ?? '';
      const model = modelOfJob(catalog, run.job, input);
      const { done, total } = run.job.progress;
      run.progress({ done: stores.runs.checkpoint(runId) ? done : 0, total, unit: 'steps' });
      const outcome = await runTraining(context, run, {
        runId, model, input, onSteer: run.onSteer,
        onProgress: ({ done, total, note, secondsLeft }) => run.progress({ done, total, unit: 'steps', note, secondsLeft }),
      });
      const expert = keepOutcome(context, { runId, model, input }, outcome);
      run.link({ expertId: expert.id });
      return { expertId: expert.id, baseScore: expert.baseScore, score: expert.score, steps: outcome.steps, seconds: outcome.cost.seconds };
    },
  };
}

function endOfTraining({ stores }: RunnerContext, job: JobRecord): void {
  if (job.runId === null) return;
  stores.runs.setOutcome(job.runId, { endState: job.state });
  // a failed training may be taken up again from its checkpoint
  if (job.state !== 'failed') stores.runs.deleteCheckpoints(job.runId);
}
