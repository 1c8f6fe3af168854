import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import type { DatasetDto } from '../../../shared/contract.ts';
import { columnMapping } from '../arguments.ts';
import { named } from '../named.ts';
import { numberOption } from '../options.ts';
import { table } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';

const header = ['name', 'file', 'rows', 'unusable', 'train', 'validation', 'test', 'grader'];
const line = ({ name, fileName, rows, unusable, splits, suggestedGrader }: DatasetDto): string[] => [name, fileName, ...[rows, unusable, splits.train, splits.validation, splits.test].map(String), suggestedGrader];
const datasetNamed = async (session: CommandSession, name: string): Promise<DatasetDto> => named(await session.call('datasets.list', {}), name, 'dataset', 'singular datasets list');

export function datasetsCommand(): Command {
  const group = new Command('datasets').description('stored datasets: rows of files, read once');
  group
    .command('list')
    .description('all datasets')
    .action(async (_: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const datasets = await session.call('datasets.list', {});
        session.output.result({ datasets }, table(header, datasets.map(line)));
      }),
    );
  group
    .command('add')
    .argument('<file>', '.jsonl, .json, .csv or .parquet')
    .option('--name <name>', 'the file’s name where it is left out')
    .option('--mapping <json>', 'which column plays which role, where that is not as the file was recognised')
    .description('reads a file into the database')
    .action(async (file: string, options: { name?: string; mapping?: string }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const path = resolve(file);
        const mapping = options.mapping === undefined ? (await session.call('datasets.inspect', { path })).mapping : columnMapping(options.mapping);
        const dataset = await session.call('datasets.import', { path, name: options.name ?? basename(path), mapping });
        session.output.result(dataset, table(header, [line(dataset)]));
      }),
    );
  group
    .command('show')
    .argument('<name>')
    .option('--model <id or folder>', 'whose chat template the rows are shown in')
    .option('--rows <n>', 'how many', numberOption('--rows'), 3)
    .option('--from <n>', 'the first of them, from 1', numberOption('--from'), 1)
    .description('the exact text that a model sees of rows, and which rows of the file cannot be used and why')
    .action(async (name: string, { model, rows: limit, from }: { model?: string; rows: number; from: number }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const dataset = await datasetNamed(session, name);
        const { rows } = await session.call('datasets.preview', { modelId: (await session.model(model)).id, datasetId: dataset.id, offset: from - 1, limit });
        const { rows: unusable } = await session.call('datasets.unusable', { datasetId: dataset.id, limit: 100 });
        session.output.result({ dataset, rows, unusable }, [
          table(header, [line(dataset)]),
          ...rows.map(({ row, text, promptTokens, reference }) => `\nrow ${row + 1}, ${promptTokens} tokens:\n${text}\n→ ${reference ?? '(no reference)'}`),
          ...(unusable.length === 0 ? [] : ['', 'cannot be used:', ...unusable.map(({ row, reason }) => `row ${row + 1}: ${reason}`)]),
        ].join('\n'));
      }),
    );
  group
    .command('remove')
    .argument('<name>')
    .description('forgets a dataset with the tasks that came with it; what was run stays')
    .action(async (name: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { id } = await datasetNamed(session, name);
        await session.call('datasets.remove', { id });
        session.output.result({ removed: name, id }, `Removed ${name}`);
      }),
    );
  return group;
}
