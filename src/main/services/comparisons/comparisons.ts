/** Comparisons: a plan is resolved and frozen, run as one job, read as a table, written as a report. */
import { arch, cpus, release, totalmem } from 'node:os';
import { isStrategy, type ComparisonPlan } from '../../../shared/comparison.ts';
import type { ComparisonDto, DatasetDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { TaskReading } from '../../../shared/task.ts';
import { presets, quickPreset, trainingConfigSchema, type TrainingConfig } from '../../../shared/training.ts';
import { trainableParameters } from '../../../shared/tuned.ts';
import type { ComparisonRecord, Machine, NewCell } from '../../db/index.ts';
import { ownVersions } from '../app.ts';
import { found } from '../basics/found.ts';
import { commandLine } from '../basics/quote.ts';
import type { ServiceContext } from '../context.ts';
import { addExpert } from '../experts/experts.ts';
import { fileNameOf } from '../experts/exports.ts';
import type { HandlerGroup } from '../handlers.ts';
import type { UsableModel } from '../models/catalog.ts';
import type { CompareInput } from '../runners/compare.ts';
import { prepareTask, type TaskWish, type UsedTask } from '../tasks/tasks.ts';
import { checkConfig, checkRows } from '../training/checks.ts';
import { dispatchOf } from './dispatch.ts';
import { writeReport } from './report.ts';
import { fittedNumbers, frozenStrategy, sourceOf, stepsOf } from './strategies.ts';
import { secondsLeftOf, summaryOf } from './summary.ts';

interface ResolvedCell extends NewCell { model: UsableModel; dataset: DatasetDto; reading: TaskReading }

const configOf = (plan: ComparisonPlan, method: ComparisonPlan['methods'][number], seed: number): TrainingConfig =>
  trainingConfigSchema.parse(isStrategy(method) ? { ...quickPreset, ...plan.set, seed, seeds: 1 } : { ...presets[method.preset], ...plan.set, ...method.set, seed, seeds: 1 });

export function comparisonHandlers(context: ServiceContext & { bundledReady: () => Promise<void> }): HandlerGroup<'comparisons'> {
  const { stores, catalog, queue, events, clock, newId, platform, version, engine } = context;

  /** A stored task by id or name, or the dataset and the rest of an entry. */
  const wishOf = (planned: ComparisonPlan['tasks'][number]): TaskWish => {
    if (typeof planned === 'string') return { taskId: found(stores.tasks.get(planned) ?? stores.tasks.byName(planned), `task “${planned}”`).id };
    const { dataset: label, ...rest } = planned;
    const datasets = stores.datasets.list();
    return { ...rest, datasetId: found(datasets.find(({ id }) => id === label) ?? datasets.findLast(({ name }) => name === label), `dataset “${label}”`).id };
  };

  /** Every training of a plan in the order in which it runs: all methods of a seed before the next seed. Throws where a model, dataset or grader is not there. */
  const resolve = async (plan: ComparisonPlan): Promise<ResolvedCell[]> => {
    await catalog.ready();
    await context.bundledReady();
    const models: UsableModel[] = [];
    for (const label of plan.models) {
      const records = stores.models.list();
      models.push(await catalog.use(found(records.find(({ id }) => id === label) ?? records.find(({ name }) => name === label), `model “${label}”`).id));
    }
    const tasks: (UsedTask & { label: string })[] = [];
    for (const planned of plan.tasks) {
      const { task } = await prepareTask(context, { modelId: models[0].id, ...wishOf(planned) });
      const { dataset, grader, raw } = task;
      const isTwice = typeof planned !== 'string' && plan.tasks.filter((other) => typeof other !== 'string' && other.dataset === planned.dataset).length > 1;
      tasks.push({ ...task, label: task.task ?? (isTwice ? `${dataset.name} (${grader}${raw ? ', raw' : ''})` : dataset.name) });
    }
    for (const [what, labels] of [['model', models.map(({ id }) => id)], ['task', tasks.map(({ label }) => label)], ['seed', plan.seeds.map(String)]] as const) {
      const twice = labels.find((label, index) => labels.indexOf(label) !== index);
      if (twice !== undefined) throw new SingularError('bad-input', `The plan names the ${what} “${twice}” twice.`);
    }
    const source = sourceOf(stores, plan);
    return plan.seeds.flatMap((seed) => models.flatMap((model) => tasks.flatMap(({ dataset, grader, raw, reading, label }) => plan.methods.map((method) => ({
      model, dataset, modelId: model.id, modelName: model.name, weightsHash: model.weightsHash, task: label, datasetId: dataset.id, grader, raw, reading, method: method.name, seed,
      preset: isStrategy(method) ? 'quick' : method.preset, config: configOf(plan, method, seed),
      strategy: isStrategy(method) && source ? frozenStrategy(context, source, method.strategy, model, seed) : null,
    })))));
  };

  const machine = (): Machine => {
    const versions = { ...ownVersions(), ...engine.facts?.versions };
    return {
      'Singular': version, 'System': `${platform} ${release()} ${arch()}`, 'Processor': `${cpus()[0]?.model.trim() || 'unknown'}, ${cpus().length} threads`,
      'Memory': `${Math.round(totalmem() / 2 ** 30)} GiB`, 'Versions': Object.entries(versions).map(([name, value]) => `${name} ${value}`).join(', '),
    };
  };

  const toDto = (record: ComparisonRecord): ComparisonDto => {
    const { machine: _machine, ...dto } = record;
    const secondsLeft = record.done + record.failed < record.cells ? secondsLeftOf(stores.comparisons.table(record.id)) : undefined;
    return { ...dto, ...(secondsLeft !== undefined && { secondsLeft }) };
  };
  const comparison = (id: string): ComparisonRecord => found(stores.comparisons.get(id), `comparison ${id}`);

  /** Steps of one training per second, from earlier ones of this model, like it where there are such. */
  const secondsOf = ({ modelId, config, strategy }: ResolvedCell): number | undefined => {
    // nothing that was stored says how long a strategy takes, so a plan with strategies is not estimated
    if (strategy) return undefined;
    const finished = stores.runs.pace(modelId).filter(({ steps }) => steps > 0);
    const alike = finished.filter((run) => run.config.method === config.method && run.config.objective === config.objective);
    const answers = (alike.length > 0 ? alike : finished).map((run) => run.seconds / (run.steps * run.config.batchSize));
    if (answers.length === 0) return undefined;
    return (answers.reduce((a, b) => a + b, 0) / answers.length) * config.steps * Math.max(1, config.klSweep.length) * config.batchSize;
  };

  return {
    'comparisons.check': async ({ plan }) => {
      const cells = await resolve(plan);
      for (const cell of cells) {
        try {
          if (cell.strategy) continue;
          checkConfig(cell.config, cell.model);
          checkRows(cell.config, cell.dataset, cell.reading);
        } catch (error) {
          throw new SingularError('bad-input', `“${cell.method}” on ${cell.modelName}, ${cell.task}: ${(error as Error).message}`, { cause: error });
        }
      }
      const seconds = cells.map(secondsOf);
      const estimated = seconds.reduce<number | undefined>((sum, value) => (sum === undefined || value === undefined ? undefined : sum + value), 0);
      return {
        cells: cells.length,
        trainings: cells.filter(({ seed }) => seed === plan.seeds[0]).map(({ model, modelName, task, method, config, strategy }) => ({
          model: modelName, task, method, parameters: strategy ? fittedNumbers(strategy, model.facts.layers) : trainableParameters(model.facts.matrices, model.facts.layers, config),
        })),
        ...(estimated !== undefined && { secondsEstimated: estimated }),
      };
    },
    'comparisons.start': async ({ plan }) => {
      const cells = await resolve(plan);
      const [id, jobId] = [newId(), newId()];
      const input: CompareInput = { comparisonId: id, datasetIds: [...new Set(cells.flatMap(({ datasetId, strategy }) => [datasetId, ...(strategy?.experts.map((expert) => expert.datasetId) ?? [])]))], modelIds: [...new Set(cells.map(({ modelId }) => modelId))] };
      stores.atomically(() => {
        stores.comparisons.add({
          id, name: plan.name, jobId, createdAt: clock(), plan, machine: machine(), command: commandLine('compare', [], platform, [`${fileNameOf(plan.name)}.json`]),
        }, cells.map(({ model: _model, dataset: _dataset, ...cell }) => cell));
        queue.add({
          id: jobId, kind: 'compare', title: `Compare “${plan.name}”`, runId: null, modelId: null, comparisonId: id, dependsOn: null, input,
          progress: { total: cells.reduce((sum, cell) => sum + stepsOf(cell), 0), unit: 'steps' },
        });
      });
      events.emit('comparison.changed', { id });
      return { id, jobId };
    },
    'comparisons.list': () => stores.comparisons.list().map(toDto),
    'comparisons.get': ({ id }) => {
      const record = comparison(id);
      const table = stores.comparisons.table(id);
      return { ...toDto(record), table, summary: summaryOf(table, record.plan.methods.map(({ name }) => name)), dispatch: dispatchOf(table, record.plan) };
    },
    'comparisons.report': ({ id, path, notes }) => writeReport(context, comparison(id), path, notes),
    'comparisons.remove': ({ id }) => {
      const { name, state } = comparison(id);
      if (state === 'queued' || state === 'running' || state === 'paused' || state === 'interrupted') throw new SingularError('conflict', `The comparison “${name}” has not ended; cancel it first.`);
      stores.atomically(() => {
        stores.comparisons.remove(id);
        stores.experts.removeComparison(id);
      });
      events.emit('comparison.changed', { id });
      return null;
    },
    'comparisons.keep': ({ id, cell, name }) => {
      comparison(id);
      const record = found(stores.comparisons.cells(id)[cell], `cell ${cell} of this comparison`);
      if (record.expertId === null) throw new SingularError('conflict', `Cell ${cell} has no expert: it is ${record.state}${record.error ? ` (${record.error})` : ''}.`);
      if (stores.experts.byName(name)) throw new SingularError('conflict', `An expert named “${name}” is already there; choose another name.`);
      const { comparisonId: _comparison, ...expert } = found(stores.experts.get(record.expertId), 'expert of this cell');
      return addExpert(context, { ...expert, id: newId(), name, createdAt: clock() }, stores.experts.tensors(record.expertId), stores.models.get(record.modelId)?.facts?.layers ?? 0);
    },
  };
}
