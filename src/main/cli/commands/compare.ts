import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Command } from 'commander';
import { comparisonPlanSchema, type ComparisonPlan } from '../../../shared/comparison.ts';
import type { ComparisonCellDto, ComparisonDetailDto, ComparisonDto, ComparisonSummaryDto, JobDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { named } from '../named.ts';
import { defined, numberOption, parsed, readJson } from '../options.ts';
import { percent, signedPercent, table } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';

export function compareCommand(): Command {
  const group = new Command('compare')
    .argument('[plan]', 'a plan file: models × tasks × methods × seeds')
    .description('trains everything that a plan names and fills a table; an unfinished comparison of the same plan is taken up again')
    .option('--check', 'says what the plan would take, and trains nothing')
    .action(async (file: string | undefined, { check }: { check?: boolean }, command: Command) => {
      if (file === undefined) throw new SingularError('usage', 'Name a plan file, or list, show, report, keep or remove.');
      const plan = parsed(comparisonPlanSchema, readJson(file), file);
      await CommandSession.run(command.optsWithGlobals<GlobalOptions>(), (session) => (check ? tellCheck(session, plan) : compare(session, plan)));
    });
  group
    .command('list')
    .description('all comparisons, the newest first')
    .action(async (_: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const comparisons = await session.call('comparisons.list', {});
        session.output.result({ comparisons }, comparisons.length === 0 ? 'No comparisons yet; `singular compare PLAN` makes the first.'
          : table(['name', 'state', 'cells', 'done', 'failed', 'seconds'], comparisons.map(({ name, state, cells, done, failed, seconds }) => [name, state, String(cells), String(done), String(failed), seconds.toFixed(0)])));
      }),
    );
  group
    .command('show')
    .argument('<name>')
    .description('the table of a comparison, as far as it is')
    .action(async (name: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const detail = await session.call('comparisons.get', { id: (await comparisonNamed(session, name)).id });
        session.output.result(detail, summaryTable(detail));
      }),
    );
  group
    .command('report')
    .argument('<name>')
    .option('--out <file>', 'Markdown; its figure lies beside it. The exports folder of the home by default')
    .option('--notes <file>', 'Markdown that becomes part of it')
    .description('writes the report of a comparison from its stored runs')
    .action(async (name: string, options: { out?: string; notes?: string }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { id } = await comparisonNamed(session, name);
        const { path } = await session.call('comparisons.report', { id, ...defined({ path: options.out && resolve(options.out), notes: options.notes && textOf(options.notes) }) });
        session.output.result({ path }, path);
      }),
    );
  group
    .command('keep')
    .argument('<name>')
    .requiredOption('--cell <n>', 'its number in `compare show --json`', numberOption('--cell'))
    .requiredOption('--as <name>', 'of the expert in the library')
    .description('brings a cell’s expert into the library')
    .action(async (name: string, options: { cell: number; as: string }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const expert = await session.call('comparisons.keep', { id: (await comparisonNamed(session, name)).id, cell: options.cell, name: options.as });
        session.output.result(expert, `Kept ${expert.name}`);
      }),
    );
  group
    .command('remove')
    .argument('<name>')
    .description('forgets a comparison with its runs; experts that were kept stay')
    .action(async (name: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { id } = await comparisonNamed(session, name);
        await session.call('comparisons.remove', { id });
        session.output.result({ removed: name, id }, `Removed ${name}`);
      }),
    );
  return group;
}

async function tellCheck(session: CommandSession, plan: ComparisonPlan): Promise<void> {
  const check = await session.call('comparisons.check', { plan });
  session.output.result(check, [
    `${check.cells} cells${check.secondsEstimated === undefined ? '' : `, about ${Math.ceil(check.secondsEstimated / 60)} min`}`,
    table(['model', 'task', 'method', 'parameters'], check.trainings.map(({ model, task, method, parameters }) => [model, task, method, String(parameters)])),
  ].join('\n'));
}

async function compare(session: CommandSession, plan: ComparisonPlan): Promise<void> {
  const open = (await session.call('comparisons.list', {})).find(({ name, plan: other, state }) =>
    name === plan.name && state !== 'succeeded' && state !== 'cancelled' && isDeepStrictEqual(comparisonPlanSchema.parse(other), plan));
  if (open?.state === 'running') throw new SingularError('busy', `“${open.name}” runs in another instance of Singular; \`singular compare show\` has its table.`);
  const { id, jobId } = open ?? await session.call('comparisons.start', { plan });
  if (open) await session.call('jobs.resume', { id: jobId });
  await followComparison(session, { id, jobId });
}

/** Tells the cells of a comparison to its end, and its table. A Ctrl-C pauses it. */
export async function followComparison(session: CommandSession, { id, jobId }: { id: string; jobId: string }): Promise<void> {
  const told = new Set<number>();
  const tell = async (): Promise<void> => {
    const { table: cells } = await session.call('comparisons.get', { id });
    for (const cell of cells) {
      if ((cell.state !== 'done' && cell.state !== 'failed') || told.has(cell.index)) continue;
      told.add(cell.index);
      session.output.progress({ event: 'cell', ...cell }, `${told.size} of ${cells.length}: ${cellLine(cell)}`);
    }
  };
  session.services.on('comparison.changed', ({ id: changed }) => {
    if (changed === id) void tell();
  });
  await session.finish(jobId, progressTeller(session), 'pause');
  await tell();
  const detail = await session.call('comparisons.get', { id });
  session.output.result(detail, summaryTable(detail));
}

/** A line now and then, for people every half minute. */
function progressTeller({ output }: CommandSession): (job: JobDto) => void {
  let last = -Infinity;
  return ({ state, progress }) => {
    if (state !== 'running' || progress.done === 0 || performance.now() - last < 30_000) return;
    last = performance.now();
    const left = progress.secondsLeft === undefined ? '' : `, about ${Math.ceil(progress.secondsLeft / 60)} min left`;
    output.progress({ event: 'progress', ...progress }, `cell ${progress.note ?? ''} (${progress.done} of ${progress.total} steps${left})`);
  };
}

function cellLine({ modelName, task, method, seed, test, error, cost }: ComparisonCellDto): string {
  const outcome = error ?? (test ? `${percent(test.base.mean)} → ${percent(test.score.mean)} (${signedPercent(test.gain.low)} … ${signedPercent(test.gain.high)}), ${(cost?.seconds ?? 0).toFixed(0)} s` : '');
  return `${modelName} · ${task} · ${method} · seed ${seed}: ${outcome}`;
}

function summaryTable({ name, state, cells, done, failed, seconds, summary, table: list }: ComparisonDetailDto): string {
  const line = ({ modelName, task, method, seeds, score, gain, normalised, trainableParameters, seconds: each }: ComparisonSummaryDto): string[] => [
    modelName, task, method ?? 'base', percent(score.mean), gain ? `${signedPercent(gain.mean)} (${signedPercent(gain.low)} … ${signedPercent(gain.high)})` : '', normalised.toFixed(2),
    method === null ? '' : String(trainableParameters), method === null ? '' : each.toFixed(0), String(seeds),
  ];
  const failures = list.filter((cell) => cell.state === 'failed').map(cellLine);
  return [
    `${name}: ${state}, ${done} of ${cells} cells${failed > 0 ? `, ${failed} failed` : ''}, ${seconds.toFixed(0)} s`,
    ...(summary.length === 0 ? [] : [table(['model', 'task', 'method', 'score', 'gain (95 %)', 'normalised', 'parameters', 'seconds', 'seeds'], summary.map(line))]),
    ...failures,
  ].join('\n');
}

/** The newest of that name, or the one with that id. */
async function comparisonNamed(session: CommandSession, name: string): Promise<ComparisonDto> {
  return named(await session.call('comparisons.list', {}), name, 'comparison', 'singular compare list');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SingularError('bad-input', `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
