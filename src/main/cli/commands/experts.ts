import { resolve } from 'node:path';
import { Command } from 'commander';
import type { ExpertDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { defined, numberOption } from '../options.ts';
import { percent, signedPercent, table, zTable } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';
import { addEdits } from './expertEdits.ts';

const gainOf = ({ gain }: Pick<ExpertDto, 'gain'>): string => (gain ? `${signedPercent(gain.mean)} (${signedPercent(gain.low)} … ${signedPercent(gain.high)})` : '');
const line = (expert: ExpertDto): string[] => [expert.name, expert.modelName, expert.method, percent(expert.baseScore), percent(expert.score), gainOf(expert), expert.tags.join(' ')];

export function expertCommand(): Command {
  const group = new Command('expert').description('the library of experts');
  group
    .command('list')
    .option('--search <text>')
    .description('all experts, the newest first')
    .action(async (options: { search?: string }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const experts: ExpertDto[] = [];
        for (;;) {
          const page = await session.call('experts.list', { search: options.search ?? '', offset: experts.length, limit: 500 });
          experts.push(...page.experts);
          if (page.experts.length === 0 || experts.length >= page.total) break;
        }
        session.output.result({ experts }, experts.length === 0 ? 'No experts yet; `singular train` makes the first.' : table(['name', 'model', 'method', 'base', 'score', 'gain', 'tags'], experts.map(line)));
      }),
    );
  group
    .command('show')
    .argument('<name>')
    .description('everything known about one expert: scores, rows used, provenance, the command that repeats it')
    .action(async (name: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const expert = await session.expert(name);
        // the run may have been removed with its comparison
        const command = expert.provenance.runId === undefined ? undefined : await session.call('runs.get', { id: expert.provenance.runId }).then((run) => run.command, () => undefined);
        const shown = { ...expert, ...defined({ command }) };
        session.output.result(shown, JSON.stringify(shown, null, 2));
      }),
    );
  group
    .command('import')
    .argument('<file>')
    .option('--name <name>')
    .option('--model <id or folder>', 'the model it must match; by its weights hash otherwise')
    .description('brings in an exported expert; refused where no model matches it')
    .action(async (file: string, options: { name?: string; model?: string }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const modelId = options.model === undefined ? undefined : (await session.model(options.model)).id;
        const expert = await session.call('experts.import', { path: resolve(file), ...defined({ name: options.name, modelId }) });
        session.output.result(expert, `Imported ${line(expert).join('  ')}`);
      }),
    );
  group
    .command('export')
    .argument('<name>')
    .option('--out <path>', 'z as a safetensors file; of an adapter, a folder in PEFT’s layout')
    .option('--merged <folder>', 'a checkpoint folder that other programs load')
    .description('writes z (or an adapter), and with --merged an ordinary checkpoint')
    .action(async (name: string, options: { out?: string; merged?: string }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { id } = await session.expert(name);
        const paths = defined({ path: options.out && resolve(options.out), merged: options.merged && resolve(options.merged) });
        const written = await session.call('experts.export', { id, ...paths });
        session.output.result(written, Object.values(written).join('\n'));
      }),
    );
  group
    .command('remove')
    .argument('<name>')
    .description('takes an expert out of the library; `expert restore` brings it back')
    .action(async (name: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { id } = await session.expert(name);
        await session.call('experts.remove', { id });
        session.output.result({ removed: name, id }, `Removed ${name}; \`singular expert restore ${id}\` brings it back`);
      }),
    );
  group
    .command('control')
    .argument('<name>')
    .option('--seed <n>', 'of the shuffle', numberOption('--seed'), 0)
    .description('scores an expert with every z shuffled, on the test rows of its training')
    .action(async (name: string, { seed }: { seed: number }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { id } = await session.expert(name);
        const { jobId } = await session.call('experts.control', { id, seed });
        await session.finish(jobId, ({ progress }) => {
          if (progress.done > 0) session.output.progress({ event: 'control', ...progress }, `${progress.done} of ${progress.total} answers`);
        });
        const { test, control, name: expert } = await session.call('experts.get', { id });
        const rows = [{ label: 'in order', score: test }, { label: 'shuffled', score: control }].flatMap(({ label, score }) =>
          (score ? [[label, percent(score.base.mean), percent(score.score.mean), gainOf(score)]] : []));
        session.output.result({ expert, test, control }, table(['', 'base', 'score', 'gain'], rows));
      }),
    );
  group
    .command('distance')
    .argument('<names...>')
    .description('the cosine of z − 1 between experts; 1 − it is their distance')
    .action(async (names: string[], _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        if (names.length < 2) throw new SingularError('usage', 'A distance needs at least two experts.');
        const ids: string[] = [];
        for (const name of names) ids.push((await session.expert(name)).id);
        const distances = await session.call('experts.distances', { ids });
        session.output.result(distances, table(['cosine', ...distances.experts.map(({ name }) => name)],
          distances.experts.map(({ name }, i) => [name, ...distances.cosine[i].map((cosine) => cosine?.toFixed(3) ?? '–')])));
      }),
    );
  group
    .command('z')
    .argument('<name>')
    .option('--bins <n>', 'averages of neighbouring ranks', numberOption('--bins'), 8)
    .description('z − 1 of an expert, matrix by matrix, averaged by rank')
    .action(async (name: string, { bins }: { bins: number }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const map = await session.call('experts.zmap', { id: (await session.expert(name)).id, bins });
        session.output.result(map, zTable(map));
      }),
    );
  group
    .command('difference')
    .argument('<a>')
    .argument('<b>')
    .option('--bins <n>', 'averages of neighbouring ranks', numberOption('--bins'), 8)
    .description('z of B minus z of A, matrix by matrix, averaged by rank')
    .action(async (a: string, b: string, { bins }: { bins: number }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const difference = await session.call('experts.difference', { a: (await session.expert(a)).id, b: (await session.expert(b)).id, bins });
        session.output.result(difference, zTable(difference));
      }),
    );
  addEdits(group);
  return group;
}
