/** Tasks that come with a dataset: of a bundled one under its name, and of a published one that was recognised. */
import type { DatasetDto } from '../../../shared/contract.ts';
import type { TaskDto } from '../../../shared/task.ts';
import type { ServiceContext } from '../context.ts';
import { ownReading } from './rows.ts';

/** What a file was recognised as (`engine/tasks/recognise.ts`) → what its task is called. */
const published: Readonly<Record<string, string>> = { 'GSM8K': 'GSM8K', 'MATH': 'MATH', 'MBPP': 'MBPP', 'HumanEval': 'HumanEval', 'ARC multiple choice': 'ARC', 'OpenBookQA': 'OpenBookQA', 'CommonsenseQA': 'CommonsenseQA' };

type Context = Pick<ServiceContext, 'stores' | 'events' | 'clock' | 'newId'>;

function add({ stores, events, clock, newId }: Context, name: string, source: TaskDto['source'], dataset: DatasetDto): void {
  const now = clock();
  stores.tasks.save({ id: newId(), name: stores.tasks.freeName(name), source, datasetId: dataset.id, grader: dataset.suggestedGrader, raw: false, ...ownReading(dataset), createdAt: now, updatedAt: now });
  events.emit('tasks.changed', null);
}

/** A published dataset is at once a task, with its usual prompt and grader; anything else waits for the person to say how it is graded. */
export function addRecognisedTask(context: Context, dataset: DatasetDto, recognisedAs: string): void {
  const name = published[recognisedAs];
  if (name === undefined || context.stores.tasks.ofDataset(dataset.id).length > 0) return;
  add(context, context.stores.tasks.byName(name) ? `${name} (${dataset.name})`.slice(0, 120) : name, 'recognised', dataset);
}

/** The task of a bundled dataset: made once, renewed with it as long as no person has changed it. */
export function refreshBundledTask(context: Context, dataset: DatasetDto, isNew: boolean): void {
  const { stores, events, clock } = context;
  const made = stores.tasks.ofDataset(dataset.id).find(({ source }) => source === 'bundled');
  if (made) {
    const renewed = { grader: dataset.suggestedGrader, ...ownReading(dataset) };
    if (JSON.stringify([made.grader, made.mapping, made.splits]) === JSON.stringify([renewed.grader, renewed.mapping, renewed.splits])) return;
    const { datasetName: _name, rows: _rows, ...stored } = made;
    stores.tasks.save({ ...stored, ...renewed, updatedAt: clock() });
    events.emit('tasks.changed', null);
  } else if (isNew) add(context, dataset.name, 'bundled', dataset);
}
