import type { CallParsed, EvaluatedDto, ExpertDto, MixContent } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { splitCounts } from '../../../shared/task.ts';
import { presets, quickPreset, type TrainingConfig } from '../../../shared/training.ts';
import { found } from '../basics/found.ts';
import { commandLine } from '../basics/quote.ts';
import { takenUp } from '../basics/takenUp.ts';
import type { ServiceContext } from '../context.ts';
import { cannotBeMixed } from '../experts/tuning.ts';
import type { HandlerGroup } from '../handlers.ts';
import { soundingParts } from '../mixing/vectors.ts';
import type { UsableModel } from '../models/catalog.ts';
import { svdJobBefore } from '../models/prepare.ts';
import type { EvaluateInput } from '../runners/evaluate.ts';
import type { TrainInput } from '../runners/training.ts';
import { frozenTask, prepareTask, taskOptions, type UsedTask } from '../tasks/tasks.ts';
import { checkConfig, checkRows } from './checks.ts';

/** The command that repeats a training: every setting that differs from its preset. */
export function trainCommand({ stores, platform }: Pick<ServiceContext, 'stores' | 'platform'>, input: Pick<CallParsed<'train.start'>, 'modelId' | 'name' | 'tags' | 'preset' | 'config'>, task: UsedTask): string {
  const preset = input.preset === 'custom' ? 'quick' : input.preset;
  const base: TrainingConfig = presets[preset] ?? quickPreset;
  const changed = Object.entries(input.config).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(base[key as keyof TrainingConfig]));
  return commandLine('train', [
    ['model', input.modelId], ...taskOptions(stores, task), ['name', input.name],
    ...(task.raw ? [['raw', true] as const] : []),
    ...input.tags.map((tag) => ['tag', tag] as const),
    ['preset', preset],
    ...changed.map(([key, value]) => ['set', `${key}=${Array.isArray(value) ? value.join(',') : String(value)}`] as const),
  ], platform);
}

export function mixOptions(context: Pick<ServiceContext, 'stores'>, { parts, form }: MixContent): (readonly [string, string])[] {
  const sounding = soundingParts(parts).map((part) => {
    const name = context.stores.experts.get(part.expertId)?.name ?? part.expertId;
    return ['mix', `${name}=${Array.isArray(part.alpha) ? part.alpha.join(',') : part.alpha}`] as const;
  });
  return [...sounding, ...(form !== 'base-anchored' && sounding.length > 0 ? [['form', form] as const] : [])];
}

function adapterFor({ stores }: Pick<ServiceContext, 'stores'>, id: string, model: UsableModel): ExpertDto {
  const adapter = found(stores.experts.get(id), `expert ${id}`);
  if (adapter.method === 'svf') throw new SingularError('bad-input', `“${adapter.name}” is no adapter; evaluate it as a mix.`);
  if (adapter.deletedAt !== undefined) throw new SingularError('not-found', `The adapter “${adapter.name}” was removed.`);
  if (adapter.weightsHash !== model.weightsHash) throw new SingularError('conflict', `The adapter “${adapter.name}” belongs to ${adapter.modelName} and does not fit the weights of ${model.name}.`);
  return adapter;
}

export function trainingHandlers(context: ServiceContext): HandlerGroup<'train' | 'runs' | 'evaluate'> {
  const { stores, queue, clock, newId, platform } = context;
  return {
    'train.start': async (input) => {
      const { model, task } = await prepareTask(context, input);
      const { dataset, reading } = task;
      checkConfig(input.config, model);
      checkRows(input.config, dataset, reading);
      const trials = Math.max(1, input.config.klSweep.length) + input.config.seeds - 1;
      const [jobId, runId] = [newId(), newId()];
      const frozen: TrainInput = {
        modelId: model.id, weightsHash: model.weightsHash, datasetId: dataset.id, ...frozenTask(task), name: input.name, tags: input.tags, config: input.config,
      };
      const earlier = input.takeUp ? takenUp(context, 'train', frozen) : undefined;
      if (earlier?.runId) return { jobId: earlier.id, runId: earlier.runId, takenUp: true };
      const dependsOn = input.config.method === 'svf' ? await svdJobBefore(context, model) ?? null : null;
      stores.atomically(() => {
        stores.runs.add({
          id: runId, kind: 'train', name: input.name, jobId, modelId: model.id, modelName: model.name, datasetId: dataset.id, datasetName: dataset.name,
          datasetHash: dataset.hash, ...frozenTask(task), preset: input.preset, config: input.config, createdAt: clock(),
          command: trainCommand(context, input, task),
        });
        queue.add({ id: jobId, kind: 'train', title: `Train “${input.name}”`, runId, modelId: model.id, dependsOn, input: frozen, progress: { total: trials * input.config.steps, unit: 'steps' } });
      });
      return { jobId, runId };
    },
    'evaluate.start': async (input) => {
      const { model, task } = await prepareTask(context, input);
      const { dataset, raw, reading } = task;
      const testRows = splitCounts(dataset.splits, reading.splits).test;
      const adapter = input.adapterId === undefined ? undefined : adapterFor(context, input.adapterId, model);
      if (adapter && soundingParts(input.parts).length > 0) throw new SingularError('bad-input', `“${adapter.name}” is an adapter: ${cannotBeMixed}. Leave out the mix.`);
      const z = context.vectors.mixed(input, model);
      const dependsOn = z ? await svdJobBefore(context, model) ?? null : null;
      const [jobId, runId] = [newId(), newId()];
      const parts = soundingParts(input.parts).map(({ expertId, alpha }) => ({ expertId, name: found(stores.experts.get(expertId), `expert ${expertId}`).name, alpha }));
      const evaluated: EvaluatedDto = { parts, form: input.form, ...(adapter && { adapter: { id: adapter.id, name: adapter.name } }) };
      const withBase = input.withBase && (adapter !== undefined || parts.length > 0);
      const name = input.name ?? `${adapter ? `“${adapter.name}”` : parts.length === 0 ? model.name : parts.length === 1 ? `“${parts[0].name}”` : `${parts.length} experts`} on ${task.task ?? dataset.name}`;
      const frozen: EvaluateInput = {
        modelId: model.id, weightsHash: model.weightsHash, datasetId: dataset.id, ...frozenTask(task), parts: input.parts, form: input.form,
        samples: input.samples, sampling: input.sampling, withBase, ...(input.limit !== undefined && { limit: input.limit }),
        ...(adapter && { adapterId: adapter.id }),
        // where the dataset holds rows back for this, only they are asked
        ...(testRows > 0 && { split: 'test' as const }),
      };
      const available = testRows > 0 ? testRows : dataset.rows;
      const rows = Math.min(available, input.limit ?? available);
      const command = commandLine('evaluate', [
        ['model', model.id], ...taskOptions(stores, task), ...(raw ? [['raw', true] as const] : []), ...mixOptions(context, input),
        ...(adapter ? [['adapter', adapter.name] as const] : []), ...(input.limit !== undefined ? [['limit', String(input.limit)] as const] : []),
        ...(withBase ? [['with-base', true] as const] : []), ...(input.name === undefined ? [] : [['name', input.name] as const]),
        ['samples', String(input.samples)], ['temperature', String(input.sampling.temperature)], ['set', `maxTokens=${input.sampling.maxTokens}`],
        ...(['topP', 'topK', 'seed'] as const).filter((key) => input.sampling[key] !== (key === 'topP' ? 1 : 0)).map((key) => ['set', `${key}=${input.sampling[key]}`] as const),
      ], platform);
      stores.atomically(() => {
        stores.runs.add({
          id: runId, kind: 'evaluate', name, jobId, modelId: model.id, modelName: model.name, datasetId: dataset.id, datasetName: dataset.name, datasetHash: dataset.hash,
          ...frozenTask(task), evaluated, preset: 'custom', createdAt: clock(), command,
          // of the configuration, an evaluation uses how answers are sampled
          config: { ...quickPreset, maxTokens: input.sampling.maxTokens, temperature: input.sampling.temperature, topP: input.sampling.topP, seed: input.sampling.seed },
        });
        queue.add({ id: jobId, kind: 'evaluate', title: `Evaluate ${name}`, runId, modelId: model.id, dependsOn, input: frozen, progress: { total: rows * input.samples * (withBase ? 2 : 1), unit: 'answers' } });
      });
      return { jobId, runId };
    },
    'runs.list': (page) => stores.runs.list(page),
    'runs.get': ({ id }) => found(stores.runs.get(id), `run ${id}`),
    'runs.remove': ({ id }) => {
      const run = found(stores.runs.get(id), `run ${id}`);
      if (stores.jobs.inStates(['queued', 'running', 'paused', 'interrupted']).some((job) => job.runId === id)) throw new SingularError('conflict', `“${run.name}” has not ended; cancel it first.`);
      if (run.comparisonId !== undefined) throw new SingularError('conflict', `“${run.name}” is part of a comparison; remove that instead.`);
      stores.atomically(() => {
        stores.jobs.change(run.jobId, { runId: null });
        stores.runs.remove(id);
      });
      return null;
    },
    'runs.samples': ({ id, step }) => stores.runs.samples(id, step),
  };
}
