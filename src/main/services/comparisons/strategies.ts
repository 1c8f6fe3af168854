/** The strategies of a plan, resolved: which experts (and adapters) of an earlier comparison each cell puts to use. */
import { searchPresets, type SearchConfig } from '../../../shared/adaptation.ts';
import { isStrategy, type ComparisonPlan, type Strategy } from '../../../shared/comparison.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { TrainingConfig } from '../../../shared/training.ts';
import type { CellRecord, ComparisonRecord, FrozenStrategy, Stores } from '../../db/index.ts';
import { foreignDatasets } from '../adaptation/dispatching.ts';
import { found } from '../basics/found.ts';
import type { ServiceContext } from '../context.ts';
import { requireZ } from '../experts/tuning.ts';
import type { UsableModel } from '../models/catalog.ts';

/** The comparison that trained a plan's experts, with its cells; undefined where the plan only trains. Throws where it is not there. */
export function sourceOf({ comparisons }: Pick<Stores, 'comparisons'>, { experts, methods }: ComparisonPlan): { record: ComparisonRecord; cells: CellRecord[]; method: string } | undefined {
  if (!experts || !methods.some(isStrategy)) return undefined;
  const list = comparisons.list();
  const record = found(list.find(({ id }) => id === experts.comparison) ?? list.find(({ name }) => name === experts.comparison), `comparison “${experts.comparison}” whose experts the plan uses`);
  return { record, cells: comparisons.cells(record.id), method: experts.method };
}

type Source = NonNullable<ReturnType<typeof sourceOf>>;

/** One of each task of the source, in its order. Throws `not-found` where one is missing, `conflict` where it is of other weights. */
function trainedBy({ record, cells }: Source, method: string, model: UsableModel, seed: number): FrozenStrategy['experts'] {
  const own = cells.filter((cell) => cell.method === method && cell.modelId === model.id && cell.seed === seed);
  if (own.length === 0) throw new SingularError('not-found', `“${record.name}” trained nothing by “${method}” on ${model.name} with seed ${seed}.`);
  return own.map((cell) => {
    if (cell.expertId === null) throw new SingularError('not-found', `“${record.name}” has no expert of ${cell.task} by “${method}” on ${model.name} with seed ${seed}: that cell is ${cell.state}.`);
    if (cell.weightsHash !== model.weightsHash) throw new SingularError('conflict', `The weights of ${model.name} changed since “${record.name}” was run.`);
    return { id: cell.expertId, task: cell.task, datasetId: cell.datasetId, ...(cell.reading && { reading: cell.reading }) };
  });
}

export function frozenStrategy(context: Pick<ServiceContext, 'stores' | 'others'>, source: Source, strategy: Strategy, model: UsableModel, seed: number): FrozenStrategy {
  const { stores } = context;
  const experts = trainedBy(source, source.method, model, seed);
  for (const { id } of experts) requireZ(found(stores.experts.get(id), `expert ${id}`), 'it cannot be mixed or shuffled');
  if (strategy.kind === 'expert' && !experts.some(({ task }) => task === strategy.task)) {
    throw new SingularError('bad-input', `“${source.record.name}” has no expert of the task “${strategy.task}”; it has ${experts.map(({ task }) => task).join(', ')}.`);
  }
  const adapters = strategy.kind === 'adapter' ? trainedBy(source, strategy.method, model, seed).map(({ id, task }) => ({ id, task })) : [];
  const taught = experts.map(({ task, datasetId }) => ({ dataset: found(stores.datasets.get(datasetId), `dataset “${task}” any more`) }));
  const foreignIds = strategy.kind === 'dispatcher' ? foreignDatasets(context, taught).map(({ id }) => id) : [];
  return { strategy, experts, adapters, foreignIds };
}

/** The stored task that a cell's plan names, where it names one and no dataset. */
export function storedTaskOf({ comparisons }: Pick<Stores, 'comparisons'>, comparisonId: string, { task }: Pick<CellRecord, 'task'>): string | undefined {
  // cells go through the tasks in the plan's order, each under a label of its own
  const labels = [...new Set(comparisons.cells(comparisonId).map((cell) => cell.task))];
  return typeof comparisons.get(comparisonId)?.plan.tasks[labels.indexOf(task)] === 'string' ? task : undefined;
}

/** Settings of a search in a plan: answers are as long, and test rows as many, as those of the plan's other methods. */
export const searchConfigOf = ({ preset, set }: Extract<Strategy, { kind: 'search' }>, { maxTokens, testRows }: TrainingConfig, seed: number): SearchConfig =>
  ({ ...searchPresets[preset], maxTokens, testRows, ...set, seed });

/** What a cell's progress counts: generations of a search, steps of a training, one for the rest. */
export function stepsOf({ config, strategy, seed }: Pick<CellRecord, 'config' | 'strategy' | 'seed'>): number {
  if (strategy?.strategy.kind === 'search') return searchConfigOf(strategy.strategy, config, seed).generations;
  return strategy ? 1 : config.steps * Math.max(1, config.klSweep.length);
}

/** α for each expert, or each expert and layer, of a search; nothing else is fitted. */
export const fittedNumbers = ({ strategy, experts }: FrozenStrategy, layers: number): number =>
  (strategy.kind !== 'search' ? 0 : experts.length * (strategy.set.perLayer ?? searchPresets[strategy.preset].perLayer ? layers : 1));
