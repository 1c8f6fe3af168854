import { Command, Option } from 'commander';
import { named } from '../named.ts';
import { defined, numberOption } from '../options.ts';
import { percent, signedPercent, table } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';

export function runsCommand(): Command {
  const group = new Command('runs').description('trainings and evaluations');
  group
    .command('list')
    .option('--limit <n>', 'the newest n', numberOption('--limit'))
    .addOption(new Option('--kind <kind>').choices(['train', 'evaluate']))
    .option('--model <id or folder>', 'of one model')
    .option('--expert <name>', 'the evaluations that an expert took part in')
    .description('what was trained and evaluated, the newest first')
    .action(async (options: { limit?: number; kind?: 'train' | 'evaluate'; model?: string; expert?: string }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { runs, total } = await session.call('runs.list', defined({ limit: options.limit, kind: options.kind, modelId: options.model === undefined ? undefined : (await session.model(options.model)).id, expertId: options.expert === undefined ? undefined : (await session.expert(options.expert)).id }));
        session.output.result({ runs, total }, runs.length === 0 ? 'No runs yet.' : table(['id', 'kind', 'name', 'state', 'model', 'dataset', 'grader', 'gain'], runs.map(({ id, kind, name, state, modelName, datasetName, grader, gain }) => [
          id.slice(0, 8), kind, name, state, modelName, datasetName, grader, gain ? signedPercent(gain.mean) : '',
        ])));
      }),
    );
  group
    .command('show')
    .argument('<name or id>')
    .option('--step <n>', 'the answers of one step instead', numberOption('--step'))
    .description('a run with its steps and validations, and the command that repeats it')
    .action(async (name: string, { step }: { step?: number }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const id = await runNamed(session, name);
        if (step !== undefined) {
          const samples = await session.call('runs.samples', { id, step });
          return session.output.result({ samples }, samples.map(({ row, prompt, answer, score, reason }) => `row ${row + 1}: ${prompt}\n  ${score} (${reason}): ${answer}`).join('\n') || `No answers of step ${step} are kept.`);
        }
        const run = await session.call('runs.get', { id });
        session.output.result(run, [
          `${run.name}: ${run.state}, ${run.modelName} on ${run.datasetName}, ${run.grader}; ${run.steps.length} steps, ${Math.round(run.seconds ?? 0)} s`,
          ...(run.validations.length === 0 ? [] : [table(['validation at step', 'score', 'rows', ''], run.validations.map((at) => [String(at.step), percent(at.score), String(at.rows), at.best ? 'best' : '']))]),
          run.command,
        ].join('\n'));
      }),
    );
  group
    .command('remove')
    .argument('<name or id>')
    .description('forgets a run that has ended, with its steps and answers')
    .action(async (name: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const id = await runNamed(session, name);
        await session.call('runs.remove', { id });
        session.output.result({ removed: name, id }, `Removed ${name}`);
      }),
    );
  return group;
}

/** The id of the newest of that name, or of the one whose id begins so. */
async function runNamed(session: CommandSession, name: string): Promise<string> {
  const { runs } = await session.call('runs.list', { limit: 500 });
  return (runs.find((run) => name.length >= 8 && run.id.startsWith(name)) ?? named(runs, name, 'run', 'singular runs list')).id;
}
