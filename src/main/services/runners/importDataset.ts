import { createHash } from 'node:crypto';
import { z } from 'zod';
import { columnMappingSchema, type UnusableRow } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { JobRunner } from '../../jobs/runner.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';

export const importInputSchema = z.object({
  datasetId: z.string(), path: z.string(), name: z.string(), fileName: z.string(), mapping: columnMappingSchema, source: z.enum(['bundled', 'file']),
  description: z.string(), columns: z.array(z.string()), suggestedGrader: z.string(), expectedHash: z.string(),
  /** the files of a dataset that has one for each split; `path` is the first of them */
  files: z.array(z.object({ split: z.enum(['train', 'validation', 'test']), path: z.string() })).optional(),
});
export type ImportInput = z.infer<typeof importInputSchema>;

/** The hash of a dataset of several files is that of their hashes in order; a single file's is its own. */
export const combinedHash = (hashes: readonly string[]): string =>
  hashes.length === 1 ? hashes[0] : createHash('sha256').update(hashes.join('\n')).digest('hex');

/**
 * Streams the usable rows of one file, or of one for each split, into the database; the dataset is seen when all of them
 * are there. Rows of later files are numbered on from the earlier ones.
 */
export function importDatasetRunner({ engine, stores, events, clock }: RunnerContext): JobRunner {
  return {
    heavy: false,
    pause: 'never',
    async run(run) {
      const { path, expectedHash, files = [{ split: undefined, path }], ...input } = importInputSchema.parse(run.job.input);
      const forget = (): void => {
        if (stores.datasets.path(input.datasetId) !== undefined) stores.datasets.remove(input.datasetId);
      };
      forget(); // what an earlier attempt left
      try {
        const { datasetId: id, ...description } = input;
        stores.datasets.begin({ ...description, id, path, createdAt: clock() });
        let [done, numbered] = [0, 0];
        const hashes: string[] = [];
        const unusable: UnusableRow[] = [];
        let unusableCount = 0;
        for (const file of files) {
          const request = engine.request('readDataset', { path: file.path, mapping: input.mapping }, ({ rows }) => {
            stores.datasets.append(id, rows.map((row) => ({ ...row, row: row.row + numbered, ...(file.split && { split: file.split }) })));
            run.progress({ done: done += rows.length });
          });
          const result = await follow(run, request);
          hashes.push(result.hash);
          unusable.push(...result.unusable.map(({ row, reason }) => ({ row: row + numbered, reason })));
          unusableCount += result.unusableCount;
          numbered += result.rows + result.unusableCount;
        }
        if (combinedHash(hashes) !== expectedHash) throw new SingularError('conflict', `${input.fileName} changed while it was read; nothing was imported.`);
        if (done === 0) {
          const [first] = unusable;
          throw new SingularError('bad-input', `${input.fileName} has no usable row${first ? `; row ${first.row + 1}: ${first.reason}` : ''}.`);
        }
        stores.datasets.finish(id, { hash: expectedHash, unusable, unusableCount });
        events.emit('datasets.changed', null);
        return { datasetId: id };
      } catch (error) {
        forget();
        throw error;
      }
    },
  };
}
