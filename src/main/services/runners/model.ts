import { SingularError } from '../../../shared/errors.ts';
import type { JobRun } from '../../jobs/runner.ts';
import type { ModelCatalog, UsableModel } from '../models/catalog.ts';

/** The model of a frozen job, refused where its weights are not those that the job was queued for. */
export function modelOfJob(catalog: ModelCatalog, job: JobRun['job'], input: { modelId: string; weightsHash: string }): UsableModel {
  const model = catalog.usable(input.modelId);
  if (model.weightsHash !== input.weightsHash) throw new SingularError('conflict', `The weights of ${model.name} changed since “${job.title}” was queued.`);
  return model;
}
