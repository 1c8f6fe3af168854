import { Command } from 'commander';
import { SingularError } from '../../../shared/errors.ts';
import type { TaskDto } from '../../../shared/task.ts';
import { numberOption } from '../options.ts';
import { table } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';
import { taskWish, withTask, type TaskOptions } from '../task.ts';

const splitsText = ({ splits }: TaskDto): string => (splits.by === 'dataset' ? 'dataset' : `${splits.validation},${splits.test},${splits.seed}`);
const line = (task: TaskDto): string[] => [task.name, task.datasetName, String(task.rows), task.grader, splitsText(task), task.raw ? 'raw' : '', task.mapping.template === undefined ? '' : JSON.stringify(task.mapping.template)];
const header = ['name', 'dataset', 'rows', 'grader', 'splits', '', 'template'];

export function tasksCommand(): Command {
  const list = async (_: object, command: Command): Promise<void> =>
    CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
      const tasks = await session.call('tasks.list', {});
      session.output.result({ tasks }, tasks.length === 0 ? 'No tasks yet; `singular tasks add` makes the first.' : table(header, tasks.map(line)));
    });
  const group = new Command('tasks').description('stored tasks: a dataset with its columns, template, grader and splits, under a name').action(list);
  group.command('list').description('all tasks, by name').action(list);
  withTask(group.command('add'))
    .argument('<name>')
    .description('stores a task; --task is one to start from')
    .action(async (name: string, options: TaskOptions, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { taskId, ...wish } = await taskWish(session, options);
        const like = taskId === undefined ? undefined : await session.task(taskId);
        const datasetId = wish.datasetId ?? like?.datasetId;
        if (datasetId === undefined) throw new SingularError('usage', 'A task needs a dataset: --data.');
        const { mapping, grader, raw, splits } = like?.datasetId === datasetId ? like : {};
        const task = await session.call('tasks.save', { name, mapping, grader, raw, splits, ...wish, datasetId });
        session.output.result(task, table(header, [line(task)]));
      }),
    );
  group
    .command('check')
    .argument('<name>')
    .option('--limit <n>', 'how many rows', numberOption('--limit'), 10)
    .description('grades each row’s own reference: what a right answer gets')
    .action(async (name: string, { limit }: { limit: number }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { datasetId, grader, mapping } = await session.task(name);
        const rows = await session.call('graders.test', { datasetId, grader, mapping, limit });
        session.output.result({ rows }, table(['row', 'score', 'reason'], rows.map(({ row, score, reason }) => [String(row + 1), String(score), reason])));
      }),
    );
  group
    .command('rename')
    .argument('<name>')
    .argument('<new name>')
    .description('gives a task another name; what was run keeps the old one')
    .action(async (name: string, next: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const task = await session.call('tasks.rename', { id: (await session.task(name)).id, name: next });
        session.output.result(task, `${name} is now ${task.name}`);
      }),
    );
  group
    .command('remove')
    .argument('<name>')
    .description('forgets a task; its dataset and what was run stay')
    .action(async (name: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { id } = await session.task(name);
        await session.call('tasks.remove', { id });
        session.output.result({ removed: name, id }, `Removed ${name}`);
      }),
    );
  return group;
}
