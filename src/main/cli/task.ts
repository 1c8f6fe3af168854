/** The options by which a command names a task: a stored one, or what one is made of. */
import type { Command } from 'commander';
import type { CallInput, ColumnMapping } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';
import { columnMapping, taskSplits } from './arguments.ts';
import type { CommandSession } from './session.ts';

export interface TaskOptions { task?: string; data?: string; grader?: string; mapping?: string; template?: string; splits?: string; raw?: boolean }
export type TaskWish = Pick<CallInput<'train.start'>, 'taskId' | 'datasetId' | 'mapping' | 'grader' | 'raw' | 'splits'>;

/** What a task is made of. */
export const withTaskParts = (command: Command): Command => command
  .option('--data <file>', 'a dataset file, or the name of a stored dataset')
  .option('--grader <grader>', 'contains:TEXT, exact, number, math, choice, python or expression:JAVASCRIPT; what fits the file’s rows where it is left out')
  .option('--mapping <json>', 'which column plays which role, where that is not as the file was recognised')
  .option('--template <text>', 'what the model is asked: {prompt} stands for the prompt column, {tests} for the tests; empty for the prompt alone')
  .option('--splits <splits>', 'dataset (as its rows say), or shares of all rows and a seed: VALIDATION,TEST,SEED')
  .option('--raw', 'no chat template');

/** A stored task, or its parts; parts beside a task take the place of the task's for this run alone. */
export const withTask = (command: Command): Command => withTaskParts(command.option('--task <name>', 'a stored task, in place of --data; options beside it change it for this run alone'));

/** Reads the file where one is named. Errors: `usage` where nothing is named, `not-found`. */
export async function taskWish(session: CommandSession, options: TaskOptions): Promise<TaskWish> {
  if (options.task === undefined && options.data === undefined) throw new SingularError('usage', 'Name a task with --task, or a file or dataset with --data; `singular tasks list` shows the stored tasks.');
  const task = options.task === undefined ? undefined : await session.task(options.task);
  const dataset = options.data === undefined ? undefined : await session.dataset(options.data);
  // such a grader needs a text, which no row tells
  if (dataset && !options.grader && dataset.suggestedGrader.endsWith(':') && task?.datasetId !== dataset.id) throw new SingularError('usage', `What a right answer is, the rows of ${options.data} do not say; name a grader with --grader, contains:TEXT for example.`);
  const mapping = wishedMapping(options, (dataset && dataset.id !== task?.datasetId ? dataset : task)?.mapping);
  return {
    ...(task && { taskId: task.id }),
    ...(dataset && { datasetId: dataset.id }),
    ...(mapping && { mapping }),
    ...(options.grader !== undefined && { grader: options.grader }),
    ...(options.splits !== undefined && { splits: taskSplits(options.splits) }),
    ...(options.raw && { raw: true }),
  };
}

/** Other columns, another template, or both; what is not named is as before. Undefined where neither is. */
function wishedMapping({ mapping, template }: TaskOptions, before: ColumnMapping | undefined): ColumnMapping | undefined {
  const columns = mapping === undefined ? before : columnMapping(mapping);
  if (!columns || (mapping === undefined && template === undefined)) return undefined;
  const { template: own, ...roles } = columns;
  const asked = template ?? own ?? before?.template ?? '';
  return { ...roles, ...(asked !== '' && { template: asked }) };
}
