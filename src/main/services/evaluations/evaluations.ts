/** Evaluations: a mix, an adapter or the base scored on a task's rows, the base beside it where asked. */
import type { EvaluatedDto, ExpertDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { splitCounts } from '../../../shared/task.ts';
import { quickPreset } from '../../../shared/training.ts';
import { found } from '../basics/found.ts';
import { commandLine } from '../basics/quote.ts';
import type { ServiceContext } from '../context.ts';
import { cannotBeMixed } from '../experts/tuning.ts';
import type { HandlerGroup } from '../handlers.ts';
import { mixOptions } from '../mixing/command.ts';
import { soundingParts } from '../mixing/vectors.ts';
import type { UsableModel } from '../models/catalog.ts';
import { svdJobBefore } from '../models/prepare.ts';
import type { EvaluateInput } from '../runners/evaluate.ts';
import { frozenTask, prepareTask, taskOptions } from '../tasks/tasks.ts';

export function evaluationHandlers(context: ServiceContext): HandlerGroup<'evaluate'> {
  const { stores, queue, clock, newId, platform } = context;
  return {
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
  };
}

function adapterFor({ stores }: Pick<ServiceContext, 'stores'>, id: string, model: UsableModel): ExpertDto {
  const adapter = found(stores.experts.get(id), `expert ${id}`);
  if (adapter.method === 'svf') throw new SingularError('bad-input', `“${adapter.name}” is no adapter; evaluate it as a mix.`);
  if (adapter.deletedAt !== undefined) throw new SingularError('not-found', `The adapter “${adapter.name}” was removed.`);
  if (adapter.weightsHash !== model.weightsHash) throw new SingularError('conflict', `The adapter “${adapter.name}” belongs to ${adapter.modelName} and does not fit the weights of ${model.name}.`);
  return adapter;
}
