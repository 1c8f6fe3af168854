import { z } from 'zod';
import type { JobRunner } from '../../jobs/runner.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';

const inputSchema = z.object({ modelId: z.string() });

/** Makes a model's SVD cache. The engine resumes matrix by matrix, so a pause just ends the request. */
export function svdRunner({ engine, catalog }: RunnerContext): JobRunner {
  return {
    heavy: true,
    pause: 'abort',
    async run(run) {
      const { modelId } = inputSchema.parse(run.job.input);
      const model = catalog.usable(modelId);
      const show = (done: number, total: number): void => catalog.building(modelId, { jobId: run.job.id, done, total });
      show(0, model.facts.matrices.length);
      try {
        const request = engine.request('svdBuild', catalog.place(model), ({ done, total, name, secondsLeft }) => {
          run.progress({ done, total, unit: 'matrices', note: name, secondsLeft });
          show(done, total);
        });
        const result = await follow(run, request);
        await catalog.refreshSvd(modelId);
        return result;
      } finally {
        catalog.building(modelId, undefined);
      }
    },
  };
}
