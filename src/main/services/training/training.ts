import type { CallParsed } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { presets, quickPreset, type TrainingConfig } from '../../../shared/training.ts';
import { found } from '../basics/found.ts';
import { commandLine } from '../basics/quote.ts';
import { takenUp } from '../basics/takenUp.ts';
import type { ServiceContext } from '../context.ts';
import type { HandlerGroup } from '../handlers.ts';
import { svdJobBefore } from '../models/prepare.ts';
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

export function trainingHandlers(context: ServiceContext): HandlerGroup<'train' | 'runs'> {
  const { stores, queue, clock, newId } = context;
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
