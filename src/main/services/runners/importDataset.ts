import { z } from 'zod';
import { columnMappingSchema } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { JobRunner } from '../../jobs/runner.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';

export const importInputSchema = z.object({
  datasetId: z.string(), path: z.string(), name: z.string(), fileName: z.string(), mapping: columnMappingSchema, source: z.enum(['bundled', 'file']),
  description: z.string(), columns: z.array(z.string()), suggestedGrader: z.string(), expectedHash: z.string(),
});
export type ImportInput = z.infer<typeof importInputSchema>;

/** Streams the usable rows of a file into the database; the dataset is seen when all of them are there. */
export function importDatasetRunner({ engine, stores, events, clock }: RunnerContext): JobRunner {
  return {
    heavy: false,
    pause: 'never',
    async run(run) {
      const { path, expectedHash, ...input } = importInputSchema.parse(run.job.input);
      const forget = (): void => {
        if (stores.datasets.path(input.datasetId) !== undefined) stores.datasets.remove(input.datasetId);
      };
      forget(); // what an earlier attempt left
      try {
        const { datasetId: id, ...description } = input;
        stores.datasets.begin({ ...description, id, path, createdAt: clock() });
        let done = 0;
        const request = engine.request('readDataset', { path, mapping: input.mapping }, ({ rows }) => {
          stores.datasets.append(id, rows);
          run.progress({ done: done += rows.length });
        });
        const result = await follow(run, request);
        if (result.hash !== expectedHash) throw new SingularError('conflict', `${input.fileName} changed while it was read; nothing was imported.`);
        if (result.rows === 0) {
          const first = result.unusable[0];
          throw new SingularError('bad-input', `${input.fileName} has no usable row${first ? `; row ${first.row}: ${first.reason}` : '.'}`);
        }
        stores.datasets.finish(id, result);
        events.emit('datasets.changed', null);
        return { datasetId: id };
      } catch (error) {
        forget();
        throw error;
      }
    },
  };
}
