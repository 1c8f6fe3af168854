import { z } from 'zod';
import type { Tuning } from '../../../engine/host/protocol.ts';
import { mixContent } from '../../../shared/contract.ts';
import type { JobRunner } from '../../jobs/runner.ts';
import { tuningOf } from '../experts/tuning.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';
import { modelOfJob } from './model.ts';

const inputSchema = z.object({
  modelId: z.string(), weightsHash: z.string(), expertId: z.string().optional(), ...mixContent, metadata: z.record(z.string(), z.string()),
  path: z.string().optional(), merged: z.string().optional(),
});
export type ExportInput = z.infer<typeof inputSchema>;

/** z as safetensors or an adapter as a PEFT folder, and a merged checkpoint of either. */
export function exportRunner({ engine, stores, catalog, vectors }: RunnerContext): JobRunner {
  return {
    heavy: false,
    pause: 'never',
    async run(run) {
      const input = inputSchema.parse(run.job.input);
      const model = modelOfJob(catalog, run.job, input);
      const { path, metadata } = input;
      const tuning: Tuning = input.expertId === undefined ? { method: 'svf', z: vectors.mixed(input, model) ?? {} } : tuningOf(stores, input.expertId);
      if (path !== undefined && tuning.method === 'svf') await follow(run, engine.request('exportZ', { path, z: tuning.z, metadata }));
      else if (path !== undefined && tuning.method !== 'svf') {
        const dropout = stores.experts.get(input.expertId ?? '')?.provenance.config?.dropout ?? 0;
        await follow(run, engine.request('exportAdapter', { model: catalog.place(model), path, ...tuning, dropout, baseModel: model.hubId ?? model.name, metadata }));
      }
      if (input.merged !== undefined) {
        await follow(run, engine.request('exportMerged', { model: catalog.place(model), tuning, path: input.merged, metadata: input.metadata }, ({ done, total }) => run.progress({ done, total, unit: 'tensors' })));
      }
      return { path: input.path, merged: input.merged };
    },
  };
}
