import { z } from 'zod';
import { samplingSchema } from '../../../shared/contract.ts';
import { taskReadingSchema } from '../../../shared/task.ts';
import { trainingConfigSchema } from '../../../shared/training.ts';
import type { JobRunner } from '../../jobs/runner.ts';
import { rowsOfTask } from '../tasks/rows.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';
import { modelOfJob } from './model.ts';

const inputSchema = z.object({
  modelId: z.string(), weightsHash: z.string(), expertId: z.string(), datasetId: z.string(), grader: z.string(), raw: z.boolean(),
  shuffleSeed: z.int(), samples: z.int(), sampling: samplingSchema, config: trainingConfigSchema, reading: taskReadingSchema.optional(),
});
export type ControlInput = z.input<typeof inputSchema>;

/** Scores an expert with every z shuffled within its matrix, on the test rows of its training. */
export function controlRunner({ engine, stores, catalog, vectors, events }: RunnerContext): JobRunner {
  return {
    heavy: true,
    pause: 'never',
    async run(run) {
      const { modelId, weightsHash, expertId, datasetId, reading, ...request } = inputSchema.parse(run.job.input);
      const model = modelOfJob(catalog, run.job, { modelId, weightsHash });
      const result = await follow(run, engine.request('control', {
        ...request, model: catalog.place(model), rows: await rowsOfTask({ engine, stores }, { datasetId, reading }), z: vectors.ofExpert(expertId),
      }, ({ done, total, secondsLeft }) => run.progress({ done, total, unit: 'answers', secondsLeft })));
      stores.experts.setControl(expertId, { ...result, seed: request.shuffleSeed });
      events.emit('experts.changed', null);
      return result;
    },
  };
}
