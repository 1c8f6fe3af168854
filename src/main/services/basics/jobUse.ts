import type { JobRecord, Stores } from '../../db/index.ts';

/** The job that has not ended and needs a dataset or a model, if there is one. */
export function jobUsing({ jobs }: Pick<Stores, 'jobs'>, what: { datasetId: string } | { modelId: string }): JobRecord | undefined {
  return jobs.inStates(['queued', 'running', 'paused', 'interrupted']).find((job) => {
    const input = job.input as { datasetId?: string; datasetIds?: string[]; modelIds?: string[] };
    if ('datasetId' in what) return input.datasetId === what.datasetId || input.datasetIds?.includes(what.datasetId) === true;
    return job.modelId === what.modelId || input.modelIds?.includes(what.modelId) === true;
  });
}
