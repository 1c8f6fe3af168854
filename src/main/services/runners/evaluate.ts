import { z } from 'zod';
import type { Tuning } from '../../../engine/host/protocol.ts';
import { mixContent, samplingSchema } from '../../../shared/contract.ts';
import { taskReadingSchema } from '../../../shared/task.ts';
import type { JobRunner } from '../../jobs/runner.ts';
import { tuningOf } from '../experts/tuning.ts';
import { scoredRows } from '../tasks/rows.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';
import { modelOfJob } from './model.ts';

const inputSchema = z.object({
  modelId: z.string(), weightsHash: z.string(), datasetId: z.string(), grader: z.string(), raw: z.boolean(), ...mixContent,
  adapterId: z.string().optional(), withBase: z.boolean().default(false), samples: z.int(), sampling: samplingSchema, limit: z.int().optional(), split: z.literal('test').optional(), reading: taskReadingSchema.optional(),
});
export type EvaluateInput = z.input<typeof inputSchema>;

/** The share of right answers over rows × samples, for the base or a mix. Its outcome lies in the run, as step 0; with the base beside it, that is step 0 and it is step 1. */
export function evaluateRunner({ engine, stores, catalog, vectors, events }: RunnerContext): JobRunner {
  return {
    heavy: true,
    pause: 'never',
    ended: (job) => job.runId !== null && stores.runs.setOutcome(job.runId, { endState: job.state }),
    async run(run) {
      const input = inputSchema.parse(run.job.input);
      const runId = run.job.runId ?? '';
      const model = modelOfJob(catalog, run.job, input);
      const rows = await scoredRows({ engine, stores }, input, input);
      const tuning: Tuning = input.adapterId === undefined ? { method: 'svf', z: vectors.mixed(input, model) ?? {} } : tuningOf(stores, input.adapterId);
      const result = await follow(run, engine.request('evaluate', {
        model: catalog.place(model), rows, grader: input.grader, raw: input.raw, tuning, withBase: input.withBase, sampling: input.sampling, samples: input.samples,
      }, ({ done, total, secondsLeft }) => run.progress({ done, total, unit: 'answers', secondsLeft })));
      const { rows: asked, base } = result;
      const of = { trial: 0, rows: asked, ...(input.samples > 1 && { samples: input.samples }) };
      const metric = { ...of, step: base ? 1 : 0, score: result.score, interval: result.interval, best: true };
      stores.atomically(() => {
        if (base) {
          const ofBase = { ...of, step: 0, score: base.test.base.mean, interval: base.test.base, best: false };
          stores.runs.addValidation(runId, ofBase);
          stores.runs.addSamples(runId, ofBase, base.samples);
          stores.runs.setOutcome(runId, { baseScore: base.test.base.mean, gain: base.test.gain, test: base.test });
        }
        stores.runs.addValidation(runId, metric);
        stores.runs.addSamples(runId, metric, result.samples);
        stores.runs.setOutcome(runId, { bestScore: result.score, bestStep: metric.step, seconds: result.seconds });
      });
      events.emit('run.validation', { runId, metric });
      events.emit('run.samples', { runId, samples: result.samples });
      return { score: result.score, rows: asked };
    },
  };
}
