import type { CallParsed, DatasetDto, MixPartDto } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';
import { presets, quickPreset, type TrainingConfig } from '../../shared/training.ts';
import type { ServiceContext } from './context.ts';
import { found } from './found.ts';
import { checkGrader } from './graders.ts';
import type { HandlerGroup } from './handlers.ts';
import type { UsableModel } from './modelCatalog.ts';
import { svdJobBefore } from './prepare.ts';
import { commandLine } from './quote.ts';
import type { EvaluateInput } from './runners/evaluate.ts';
import type { TrainInput } from './runners/train.ts';
import { soundingParts } from './vectors.ts';

/** What can be refused before anything is queued. */
function checkConfig(config: TrainingConfig, model: UsableModel): void {
  if (config.layers !== 'all') {
    const beyond = config.layers.find((layer) => layer >= model.facts.layers);
    if (beyond !== undefined) throw new SingularError('bad-input', `“layers” names layer ${beyond}, but ${model.name} has the layers 0 to ${model.facts.layers - 1}.`);
  }
  if (config.batchSize % config.samplesPerPrompt !== 0) {
    throw new SingularError('bad-input', `“batchSize” (${config.batchSize}) must be a multiple of “samplesPerPrompt” (${config.samplesPerPrompt}).`);
  }
}

function trainCommand(input: CallParsed<'train.start'>, data: string, platform: string): string {
  const preset = input.preset === 'custom' ? 'quick' : input.preset;
  const base: TrainingConfig = presets[preset] ?? quickPreset;
  const changed = Object.entries(input.config).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(base[key as keyof TrainingConfig]));
  return commandLine('train', [
    ['model', input.modelId], ['data', data], ['grader', input.grader], ['name', input.name],
    ...(input.raw ? [['raw', true] as const] : []),
    ['preset', preset],
    ...changed.map(([key, value]) => ['set', `${key}=${Array.isArray(value) ? value.join(',') : String(value)}`] as const),
  ], platform);
}

export function mixOptions(context: Pick<ServiceContext, 'stores'>, parts: readonly MixPartDto[]): (readonly [string, string])[] {
  return soundingParts(parts).map((part) => {
    const name = context.stores.experts.get(part.expertId)?.name ?? part.expertId;
    return ['mix', `${name}=${Array.isArray(part.alpha) ? part.alpha.join(',') : part.alpha}`] as const;
  });
}

export function trainingHandlers(context: ServiceContext): HandlerGroup<'train' | 'runs' | 'evaluate'> {
  const { stores, catalog, queue, clock, newId, platform } = context;
  const prepare = async (input: { modelId: string; datasetId: string; grader: string }): Promise<{ model: UsableModel; dataset: DatasetDto; data: string }> => {
    const model = await catalog.use(input.modelId);
    const dataset = found(stores.datasets.get(input.datasetId), `dataset ${input.datasetId}`);
    const [first] = stores.datasets.page(dataset.id, 0, 1);
    if (!first) throw new SingularError('bad-input', `The dataset “${dataset.name}” has no usable rows.`);
    await checkGrader(context, input.grader, first);
    // a bundled dataset is named, so that the command works from anywhere
    const data = dataset.source === 'bundled' ? dataset.name : (stores.datasets.path(dataset.id) ?? dataset.fileName);
    return { model, dataset, data };
  };
  return {
    'train.start': async (input) => {
      const { model, dataset, data } = await prepare(input);
      checkConfig(input.config, model);
      if (dataset.rows < 2) throw new SingularError('bad-input', `The dataset “${dataset.name}” has one usable row; training and validation need at least one each.`);
      const dependsOn = await svdJobBefore(context, model) ?? null;
      const [jobId, runId] = [newId(), newId()];
      const frozen: TrainInput = {
        modelId: model.id, weightsHash: model.weightsHash, datasetId: dataset.id, grader: input.grader, raw: input.raw, name: input.name, tags: input.tags, config: input.config,
      };
      stores.atomically(() => {
        stores.runs.add({
          id: runId, kind: 'train', name: input.name, jobId, modelId: model.id, modelName: model.name, datasetId: dataset.id, datasetName: dataset.name,
          datasetHash: dataset.hash, grader: input.grader, raw: input.raw, preset: input.preset, config: input.config, createdAt: clock(),
          command: trainCommand(input, data, platform),
        });
        queue.add({ id: jobId, kind: 'train', title: `Train “${input.name}”`, runId, modelId: model.id, dependsOn, input: frozen, progress: { total: input.config.steps, unit: 'steps' } });
      });
      return { jobId, runId };
    },
    'evaluate.start': async (input) => {
      const { model, dataset, data } = await prepare(input);
      const z = context.vectors.mixed(input.parts, model);
      const dependsOn = z ? await svdJobBefore(context, model) ?? null : null;
      const [jobId, runId] = [newId(), newId()];
      const mixed = soundingParts(input.parts).length;
      const name = `${mixed === 0 ? model.name : `${mixed} expert${mixed === 1 ? '' : 's'}`} on ${dataset.name}`;
      const frozen: EvaluateInput = {
        modelId: model.id, weightsHash: model.weightsHash, datasetId: dataset.id, grader: input.grader, raw: input.raw, parts: input.parts,
        samples: input.samples, sampling: input.sampling, ...(input.limit !== undefined && { limit: input.limit }),
      };
      const rows = Math.min(dataset.rows, input.limit ?? dataset.rows);
      const command = commandLine('evaluate', [
        ['model', model.id], ['data', data], ['grader', input.grader], ...(input.raw ? [['raw', true] as const] : []), ...mixOptions(context, input.parts),
        ['samples', String(input.samples)], ['temperature', String(input.sampling.temperature)], ['set', `maxTokens=${input.sampling.maxTokens}`],
      ], platform);
      stores.atomically(() => {
        stores.runs.add({
          id: runId, kind: 'evaluate', name, jobId, modelId: model.id, modelName: model.name, datasetId: dataset.id, datasetName: dataset.name, datasetHash: dataset.hash,
          grader: input.grader, raw: input.raw, preset: 'custom', createdAt: clock(), command,
          // of the configuration, an evaluation uses how answers are sampled
          config: { ...quickPreset, maxTokens: input.sampling.maxTokens, temperature: input.sampling.temperature, topP: input.sampling.topP, seed: input.sampling.seed },
        });
        queue.add({ id: jobId, kind: 'evaluate', title: `Evaluate ${name}`, runId, modelId: model.id, dependsOn, input: frozen, progress: { total: rows * input.samples, unit: 'answers' } });
      });
      return { jobId, runId };
    },
    'runs.list': ({ offset, limit }) => stores.runs.list(offset, limit),
    'runs.get': ({ id }) => found(stores.runs.get(id), `run ${id}`),
    'runs.samples': ({ id, step }) => stores.runs.samples(id, step),
  };
}
