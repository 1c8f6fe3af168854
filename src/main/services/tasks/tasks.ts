/** Tasks: stored ones by name, and what a run uses of one, frozen when it is started. */
import { isDeepStrictEqual } from 'node:util';
import type { ColumnMapping, DatasetDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { TaskDto, TaskReading, TaskSplits } from '../../../shared/task.ts';
import type { Stores } from '../../db/index.ts';
import { found } from '../basics/found.ts';
import type { ServiceContext } from '../context.ts';
import type { HandlerGroup } from '../handlers.ts';
import type { UsableModel } from '../models/catalog.ts';
import { checkGrader } from './graders.ts';
import { ownReading, readAgain } from './rows.ts';

/** What a call names of a task. */
export interface TaskWish { taskId?: string | undefined; datasetId?: string | undefined; mapping?: ColumnMapping | undefined; grader?: string | undefined; raw?: boolean | undefined; splits?: TaskSplits | undefined }
/** What is used of it. `task` is the stored task's name, where nothing differs from that. */
export interface UsedTask { task?: string; dataset: DatasetDto; grader: string; raw: boolean; reading: TaskReading }

/** A mapping without columns that are named as absent, so that equal ones compare equal. */
const plain = (mapping: ColumnMapping): ColumnMapping => Object.fromEntries(Object.entries(mapping).filter(([, column]) => column !== undefined)) as ColumnMapping;

/** Throws `not-found`, or `bad-input` where neither a task nor a dataset is named. */
export function usedTask({ tasks, datasets }: Pick<Stores, 'tasks' | 'datasets'>, wish: TaskWish): UsedTask {
  const stored = wish.taskId === undefined ? undefined : found(tasks.get(wish.taskId), `task ${wish.taskId}`);
  const datasetId = wish.datasetId ?? stored?.datasetId;
  if (datasetId === undefined) throw new SingularError('bad-input', 'Name a task, or a dataset.');
  const dataset = found(datasets.get(datasetId), `dataset ${datasetId}`);
  // another dataset has columns and a grader of its own
  const like = stored?.datasetId === dataset.id ? stored : { ...ownReading(dataset), grader: dataset.suggestedGrader, raw: stored?.raw ?? false };
  const used = { dataset, grader: wish.grader ?? like.grader, raw: wish.raw ?? like.raw, reading: { mapping: plain(wish.mapping ?? like.mapping), splits: wish.splits ?? like.splits } };
  const isStored = stored !== undefined && isDeepStrictEqual([used.dataset.id, used.grader, used.raw, used.reading], [stored.datasetId, stored.grader, stored.raw, { mapping: stored.mapping, splits: stored.splits }]);
  return { ...used, ...(isStored && { task: stored.name }) };
}

const rowsTried = 100;

/** Tries the mapping, the template and the grader on first rows. Throws `bad-input` with the reason of the first row where none can be used. */
async function checkTask(context: ServiceContext, { dataset, grader, reading }: UsedTask): Promise<void> {
  const { template } = reading.mapping;
  if (template !== undefined && !/\{(?:prompt|tests)\}/.test(template)) throw new SingularError('bad-input', 'The template has no {prompt}: every row would be asked the same.');
  const { rows, unusable: [refused] } = await readAgain(context, { datasetId: dataset.id, reading: { ...reading, splits: { by: 'dataset' } } }, context.stores.datasets.page(dataset.id, 0, rowsTried));
  if (rows.length === 0) throw new SingularError('bad-input', `The dataset “${dataset.name}” has no usable rows${refused ? ` as the task reads them; row ${refused.row + 1}: ${refused.reason}` : ''}.`);
  await checkGrader(context, grader, rows);
}

/** A usable model, and the task with its mapping and grader tried on a row. */
export async function prepareTask(context: ServiceContext, input: TaskWish & { modelId: string }): Promise<{ model: UsableModel; task: UsedTask }> {
  const model = await context.catalog.use(input.modelId);
  const task = usedTask(context.stores, input);
  await checkTask(context, task);
  return { model, task };
}

/** What a run, a search or a frozen job input keeps of its task. */
export const frozenTask = ({ task, grader, raw, reading }: UsedTask): { task?: string; grader: string; raw: boolean; reading: TaskReading } => ({ ...(task !== undefined && { task }), grader, raw, reading });

/** The words by which a command names exactly this task, whatever becomes of the stored one: `--data`, `--grader`, and how rows are read where the dataset's own way is another. */
export function taskOptions({ datasets }: Pick<Stores, 'datasets'>, { dataset, grader, reading }: Pick<UsedTask, 'dataset' | 'grader' | 'reading'>): (readonly [string, string])[] {
  const { mapping: { template, ...columns }, splits } = reading;
  const { template: ownTemplate, ...ownColumns } = dataset.mapping;
  // a bundled dataset is named, so that the command works from anywhere
  const data = dataset.source === 'bundled' ? dataset.name : (datasets.path(dataset.id) ?? dataset.fileName);
  return [
    ['data', data], ['grader', grader],
    ...(isDeepStrictEqual(columns, ownColumns) ? [] : [['mapping', JSON.stringify(columns)] as const]),
    ...(template === ownTemplate ? [] : [['template', template ?? ''] as const]),
    ...(splits.by === 'shares' ? [['splits', `${splits.validation},${splits.test},${splits.seed}`] as const] : []),
  ];
}

export function taskHandlers(context: ServiceContext & { bundledReady: () => Promise<void> }): HandlerGroup<'tasks'> {
  const { stores, events, clock, newId, bundledReady } = context;
  const task = (id: string): TaskDto => found(stores.tasks.get(id), `task ${id}`);
  const refuseTaken = (name: string, id: string | undefined): void => {
    const other = stores.tasks.byName(name);
    if (other && other.id !== id) throw new SingularError('conflict', `A task named “${name}” is already there; choose another name.`);
  };
  const put = ({ datasetName: _name, rows: _rows, ...stored }: TaskDto): TaskDto => {
    stores.tasks.save(stored);
    events.emit('tasks.changed', null);
    return task(stored.id);
  };
  return {
    'tasks.list': async () => {
      await bundledReady();
      return stores.tasks.list();
    },
    'tasks.save': async ({ id, name, ...wish }) => {
      const former = id === undefined ? undefined : task(id);
      refuseTaken(name, id);
      const used = usedTask(stores, wish);
      await checkTask(context, used);
      const { dataset, grader, raw, reading } = used;
      const now = clock();
      return put({ id: former?.id ?? newId(), name, source: 'saved', datasetId: dataset.id, datasetName: dataset.name, rows: dataset.rows, grader, raw, ...reading, createdAt: former?.createdAt ?? now, updatedAt: now });
    },
    'tasks.rename': ({ id, name }) => {
      refuseTaken(name, id);
      return put({ ...task(id), name, updatedAt: clock() });
    },
    'tasks.remove': ({ id }) => {
      stores.tasks.remove(task(id).id);
      events.emit('tasks.changed', null);
      return null;
    },
  };
}
