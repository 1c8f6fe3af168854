import { Command } from 'commander';
import { searchPresets, type Alphas } from '../../../shared/adaptation.ts';
import type { ModelDto, SearchDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { searchConfig } from '../arguments.ts';
import { collect, defined, numberOption } from '../options.ts';
import { percent, signedPercent, table } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';
import { taskWish, withTask, type TaskOptions } from '../task.ts';

interface AdaptOptions extends GlobalOptions, TaskOptions {
  model?: string;
  experts?: string;
  expert: string[];
  name: string;
  preset: string;
  set: string[];
}

/** `a,b,c`, and names with commas one by one; ids in that order. */
export async function expertIds(session: CommandSession, { experts, expert }: { experts?: string; expert: string[] }): Promise<string[]> {
  const names = [...(experts?.split(',').map((name) => name.trim()).filter(Boolean) ?? []), ...expert];
  const ids: string[] = [];
  for (const name of names) ids.push((await session.expert(name)).id);
  return ids;
}

const alphaText = (alpha: Alphas[number]): string => (typeof alpha === 'number' ? alpha.toFixed(3) : `[${alpha.map((value) => value.toFixed(2)).join(', ')}]`);
const named = ({ experts }: Pick<SearchDto, 'experts'>, alphas: Alphas | undefined): { name: string; alpha: Alphas[number] }[] | undefined => alphas && experts.map(({ name }, i) => ({ name, alpha: alphas[i] }));

export function adaptCommand(): Command {
  return withTask(new Command('adapt'))
    .description('searches for the α of experts with a few rows of a task; what it finds becomes a saved mix. Rows to search, to choose by and to score on are disjoint')
    .option('--model <id or folder>', 'the model of the experts where it is left out')
    .option('--experts <a,b,c>', 'experts of one model')
    .option('--expert <name>', 'one more, whose name may hold a comma; may be repeated', collect, [])
    .requiredOption('--name <name>', 'of the mix')
    .option('--preset <preset>', Object.keys(searchPresets).join(' or '), 'quick')
    .option('--set <key=value>', 'one setting; may be repeated: optimiser, examples, generations, population, perLayer, normalised, …', collect, [])
    .action(async (options: AdaptOptions, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const config = searchConfig(options.preset, options.set);
        const ids = await expertIds(session, options);
        if (ids.length === 0) throw new SingularError('usage', 'A search needs at least one expert: --experts a,b,c.');
        const model = await modelOf(session, options.model, ids[0]);
        const wish = await taskWish(session, options);
        const { jobId, searchId } = await session.call('searches.start', {
          modelId: model.id, ...wish, expertIds: ids, name: options.name, config,
        });
        tellGenerations(session, searchId);
        await session.finish(jobId);
        const search = await session.call('searches.get', { id: searchId });
        const { mixName, chosen, test, finalists, budget, stopped, rowsUsed, command: repeat } = search;
        const base = finalists.find(({ kind }) => kind === 'base');
        // without test rows, what it was chosen by is all there is
        const [baseScore, score] = test ? [test.base.mean, test.score.mean] : [base?.selection ?? base?.search.score, chosen?.selection ?? chosen?.search.score];
        session.output.result(
          { mix: mixName, alphas: named(search, chosen?.alphas), chosen: chosen?.kind, baseScore, score, gain: test?.gain, generations: budget?.generations, answers: budget?.answers, seconds: budget?.seconds, stopped, searchId, test, rowsUsed, command: repeat },
          `${mixName}: ${named(search, chosen?.alphas)?.map(({ name, alpha }) => `${name} ${alphaText(alpha)}`).join(', ')}; ${percent(baseScore)} → ${percent(score)}${test ? ` (${signedPercent(test.gain.mean)}, 95 % ${signedPercent(test.gain.low)} … ${signedPercent(test.gain.high)})` : ''}, ${budget?.generations} generations, ${budget?.answers} answers, ${Math.round(budget?.seconds ?? 0)} s, ended: ${stopped}`,
        );
      }),
    );
}

async function modelOf(session: CommandSession, wish: string | undefined, expertId: string): Promise<ModelDto> {
  return session.model(wish ?? (await session.call('experts.get', { id: expertId })).modelId);
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
        const { searches } = await session.call('searches.list', { limit: 500 });
        const known = searches.find((search) => search.name === name || search.id === name);
        if (!known) throw new SingularError('not-found', `There is no search “${name}”; \`singular search list\` shows those there are.`);
        const search = await session.call('searches.get', { id: known.id });
        session.output.result(search, [
          `${search.name}: ${search.state}, ${search.modelName} on ${search.datasetName}, ${search.config.optimiser}`,
          table(['generation', 'best', 'deviation', 'α'], search.generations.map(({ generation, best, deviation }) => [String(generation + 1), percent(best.score), Math.max(...deviation).toFixed(3), best.alphas.map(alphaText).join(' ')])),
          table(['at the end', 'examples', 'selection', 'α'], search.finalists.map(({ kind, expert, search: { score }, selection, alphas }) => [
            expert === undefined ? kind : search.experts[expert].name, percent(score), percent(selection), alphas.map(alphaText).join(' '),
          ])),
        ].join('\n'));
      }),
    );
  return group;
}
