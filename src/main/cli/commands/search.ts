import { Command } from 'commander';
import type { Alphas } from '../../../shared/adaptation.ts';
import type { SearchSummaryDto } from '../../../shared/contract.ts';
import { defined, numberOption } from '../options.ts';
import { named } from '../named.ts';
import { percent, signedPercent, table } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';

const alphaText = (alpha: Alphas[number]): string => (typeof alpha === 'number' ? alpha.toFixed(3) : `[${alpha.map((value) => value.toFixed(2)).join(', ')}]`);

export function searchCommand(): Command {
  const group = new Command('search').description('earlier searches for a mix');
  group
    .command('list')
    .option('--limit <n>', 'the newest n', numberOption('--limit'))
    .description('what was searched, and what came of it')
    .action(async (options: { limit?: number }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { searches, total } = await session.call('searches.list', defined({ limit: options.limit }));
        session.output.result({ searches, total }, searches.length === 0 ? 'No searches yet.' : table(['name', 'state', 'model', 'task', 'experts', 'score', 'gain', 'ended'], searches.map(({ name, state, modelName, datasetName, experts, test, stopped }) => [
          name, state, modelName, datasetName, experts.map((expert) => expert.name).join(', '), percent(test?.score.mean), test ? signedPercent(test.gain.mean) : '', stopped ?? '',
        ])));
      }),
    );
  group
    .command('show')
    .argument('<name or id>')
    .description('a search with all its generations')
    .action(async (name: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const search = await session.call('searches.get', { id: (await searchNamed(session, name)).id });
        session.output.result(search, [
          `${search.name}: ${search.state}, ${search.modelName} on ${search.datasetName}, ${search.config.optimiser}`,
          table(['generation', 'best', 'deviation', 'α'], search.generations.map(({ generation, best, deviation }) => [String(generation + 1), percent(best.score), Math.max(...deviation).toFixed(3), best.alphas.map(alphaText).join(' ')])),
          table(['at the end', 'examples', 'selection', 'α'], search.finalists.map(({ kind, expert, search: { score }, selection, alphas }) => [
            expert === undefined ? kind : search.experts[expert].name, percent(score), percent(selection), alphas.map(alphaText).join(' '),
          ])),
        ].join('\n'));
      }),
    );
  const takenUp: [word: string, does: 'jobs.resume' | 'jobs.keep', description: string][] = [
    ['resume', 'jobs.resume', 'goes on with a paused, interrupted or failed search from its last generation'],
    ['keep', 'jobs.keep', 'ends an unfinished search with the best that it has found; that becomes a saved mix'],
  ];
  for (const [word, does, description] of takenUp) {
    group
      .command(word)
      .argument('<name or id>')
      .description(description)
      .action(async (name: string, _: object, command: Command) =>
        CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
          const search = await searchNamed(session, name);
          await session.call(does, { id: search.jobId });
          await followSearch(session, search.name, { jobId: search.jobId, searchId: search.id });
        }),
      );
  }
  group
    .command('pause')
    .argument('<name or id>')
    .description('pauses a search that runs, wherever it runs, or takes a waiting one out of the queue')
    .action(async (name: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const search = await searchNamed(session, name);
        await session.call('jobs.pause', { id: search.jobId });
        const { state } = await session.stopped(search.jobId);
        session.output.result({ id: search.id, state }, `${search.name}: ${state}`);
      }),
    );
  group
    .command('remove')
    .argument('<name or id>')
    .description('forgets a search that has ended; the mix that it found stays')
    .action(async (name: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { id } = await searchNamed(session, name);
        await session.call('searches.remove', { id });
        session.output.result({ removed: name, id }, `Removed ${name}`);
      }),
    );
  return group;
}

/** The newest of that name, or the one with that id. */
async function searchNamed(session: CommandSession, name: string): Promise<SearchSummaryDto> {
  const { searches } = await session.call('searches.list', { limit: 500 });
  return named(searches, name, 'search', 'singular search list');
}

/** Tells the generations of a search to its end, and what it found. A Ctrl-C pauses it. */
export async function followSearch(session: CommandSession, name: string, { jobId, searchId, takenUp = false }: { jobId: string; searchId: string; takenUp?: boolean }): Promise<void> {
  if (takenUp) session.output.progress({ event: 'taken-up', jobId }, `The search “${name}” goes on from its last generation.`);
  tellGenerations(session, searchId);
  await session.finish(jobId, undefined, 'pause');
  const search = await session.call('searches.get', { id: searchId });
  const { mixName, chosen, test, finalists, budget, stopped, rowsUsed, command: repeat } = search;
  const base = finalists.find(({ kind }) => kind === 'base');
  // without test rows, what it was chosen by is all there is
  const [baseScore, score] = test ? [test.base.mean, test.score.mean] : [base?.selection ?? base?.search.score, chosen?.selection ?? chosen?.search.score];
  const alphas = chosen && search.experts.map((expert, i) => ({ name: expert.name, alpha: chosen.alphas[i] }));
  session.output.result(
    { mix: mixName, alphas, chosen: chosen?.kind, baseScore, score, gain: test?.gain, generations: budget?.generations, answers: budget?.answers, seconds: budget?.seconds, stopped, searchId, test, rowsUsed, command: repeat },
    `${chosen?.kind === 'base' ? 'Nothing better than the base was found. ' : ''}${mixName}: ${alphas?.map((one) => `${one.name} ${alphaText(one.alpha)}`).join(', ')}; ${percent(baseScore)} → ${percent(score)}${test ? ` (${signedPercent(test.gain.mean)}, 95 % ${signedPercent(test.gain.low)} … ${signedPercent(test.gain.high)})` : ''}, ${budget?.generations} generations, ${budget?.answers} answers, ${Math.round(budget?.seconds ?? 0)} s, ended: ${stopped}`,
  );
}

function tellGenerations({ services, output }: CommandSession, searchId: string): void {
  services.on('search.generation', ({ searchId: id, generation: { generation, mean, deviation, best, seconds, elites }, budget }) => {
    if (id !== searchId) return;
    output.progress(
      { event: 'generation', generation, best: { score: best.score, alphas: best.alphas }, mean, deviation, elites, seconds, budget },
      `generation ${generation + 1}: best ${percent(best.score)} at ${best.alphas.map(alphaText).join(' ')}, deviation ${Math.max(...deviation).toFixed(3)}, ${budget.answers} answers`,
    );
  });
}
