import { samplingSchema, type ExpertDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { ServiceContext } from '../context.ts';
import { svdJobBefore } from '../models/prepare.ts';
import type { ControlInput } from '../runners/control.ts';
import { requireZ } from './tuning.ts';

/** Queues the shuffled-z control of a trained expert: how much of its gain lies in the order of its z. */
export async function startControl(context: ServiceContext, expert: ExpertDto, seed: number): Promise<{ jobId: string }> {
  const { stores, catalog, queue, newId } = context;
  requireZ(expert, 'there is nothing to shuffle');
  const { config, grader, datasetHash, datasetName, reading, raw = false } = expert.provenance;
  if (!expert.test || !config || grader === undefined) throw new SingularError('conflict', `“${expert.name}” was not trained here, so its test rows are not known; evaluate it on a dataset instead.`);
  const dataset = stores.datasets.list().find(({ hash }) => hash === datasetHash);
  if (!dataset) throw new SingularError('not-found', `The dataset “${datasetName ?? ''}” that “${expert.name}” was tested on is no longer here, or has changed.`);
  const model = await catalog.use(expert.modelId);
  if (model.weightsHash !== expert.weightsHash) throw new SingularError('conflict', `The weights of ${model.name} changed since “${expert.name}” was trained.`);
  const dependsOn = await svdJobBefore(context, model) ?? null;
  const input: ControlInput = {
    modelId: model.id, weightsHash: model.weightsHash, expertId: expert.id, datasetId: dataset.id, grader, raw, shuffleSeed: seed, samples: expert.test.samples, config, ...(reading && { reading }),
    sampling: samplingSchema.parse({ maxTokens: config.maxTokens, temperature: config.testTemperature, topP: config.topP, seed: config.seed }),
  };
  const job = queue.add({
    id: newId(), kind: 'control', title: `Shuffled control of “${expert.name}”`, runId: null, modelId: model.id, expertId: expert.id, dependsOn, input, progress: { unit: 'answers' },
  });
  return { jobId: job.id };
}
