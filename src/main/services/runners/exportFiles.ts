import { z } from 'zod';
import { mixPartSchema } from '../../../shared/contract.ts';
import type { JobRunner } from '../../jobs/runner.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';
import { modelOfJob } from './model.ts';

const inputSchema = z.object({
  modelId: z.string(), weightsHash: z.string(), expertId: z.string().optional(), parts: z.array(mixPartSchema), metadata: z.record(z.string(), z.string()),
  path: z.string().optional(), merged: z.string().optional(),
});
export type ExportInput = z.infer<typeof inputSchema>;

export function exportRunner({ engine, catalog, vectors }: RunnerContext): JobRunner {
  return {
    heavy: false,
    pause: 'never',
    async run(run) {
      const input = inputSchema.parse(run.job.input);
      const model = modelOfJob(catalog, run.job, input);
      const z = input.expertId === undefined ? vectors.mixed(input.parts, model) ?? {} : vectors.ofExpert(input.expertId);
      if (input.path !== undefined) await follow(run, engine.request('exportZ', { path: input.path, z, metadata: input.metadata }));
      if (input.merged !== undefined) {
        await follow(run, engine.request('exportMerged', { model: catalog.place(model), z, path: input.merged, metadata: input.metadata }, ({ done, total }) => run.progress({ done, total, unit: 'tensors' })));
      }
      return { path: input.path, merged: input.merged };
    },
  };
}
