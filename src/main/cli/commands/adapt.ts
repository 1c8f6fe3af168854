import { Command } from 'commander';
import { searchPresets } from '../../../shared/adaptation.ts';
import type { ModelDto, SearchCostDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { searchConfig } from '../arguments.ts';
import { collect } from '../options.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';
import { taskWish, withTask, type TaskOptions } from '../task.ts';
import { followSearch } from './search.ts';

interface AdaptOptions extends GlobalOptions, TaskOptions {
  model?: string;
  experts?: string;
  expert: string[];
  name: string;
  preset: string;
  set: string[];
  cost?: boolean;
}

/** `a,b,c`, and names with commas one by one; ids in that order. */
export async function expertIds(session: CommandSession, { experts, expert }: { experts?: string; expert: string[] }): Promise<string[]> {
  const names = [...(experts?.split(',').map((name) => name.trim()).filter(Boolean) ?? []), ...expert];
  const ids: string[] = [];
  for (const name of names) ids.push((await session.expert(name)).id);
  return ids;
}

export function adaptCommand(): Command {
  return withTask(new Command('adapt'))
    .description('searches for the α of experts with a few rows of a task; what it finds becomes a saved mix. Rows to search, to choose by and to score on are disjoint. Ctrl-C pauses; the same command goes on')
    .option('--model <id or folder>', 'the model of the experts where it is left out')
    .option('--experts <a,b,c>', 'experts of one model')
    .option('--expert <name>', 'one more, whose name may hold a comma; may be repeated', collect, [])
    .requiredOption('--name <name>', 'of the mix')
    .option('--preset <preset>', Object.keys(searchPresets).join(' or '), 'quick')
    .option('--set <key=value>', 'one setting; may be repeated: optimiser, examples, generations, population, perLayer, normalised, …', collect, [])
    .option('--cost', 'says what it would take, and searches nothing')
    .action(async (options: AdaptOptions, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const config = searchConfig(options.preset, options.set);
        const ids = await expertIds(session, options);
        if (ids.length === 0) throw new SingularError('usage', 'A search needs at least one expert: --experts a,b,c.');
        const model = await modelOf(session, options.model, ids[0]);
        const wish = await taskWish(session, options);
        const wanted = { modelId: model.id, ...wish, expertIds: ids, config };
        if (options.cost) return tellCost(session, await session.call('searches.cost', wanted));
        await followSearch(session, options.name, await session.call('searches.start', { ...wanted, name: options.name, takeUp: true }));
      }),
    );
}

function tellCost({ output }: CommandSession, cost: SearchCostDto): void {
  const { generations, candidates, answers, promptTokens, secondsEstimated } = cost;
  output.result(cost, `at most ${generations} generations, ${candidates} candidates, ${answers} answers to ${promptTokens} prompt tokens${secondsEstimated === undefined ? '' : `, about ${Math.ceil(secondsEstimated)} s`}`);
}

async function modelOf(session: CommandSession, wish: string | undefined, expertId: string): Promise<ModelDto> {
  return session.model(wish ?? (await session.call('experts.get', { id: expertId })).modelId);
}
