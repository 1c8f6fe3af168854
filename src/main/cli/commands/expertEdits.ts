import type { Command } from 'commander';
import type { CallInput } from '../../../shared/contract.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';

type Changes = Omit<CallInput<'experts.update'>, 'id'>;

/** `expert rename`, `tag`, `describe`, `duplicate` and `restore`: what changes an entry of the library. */
export function addEdits(group: Command): void {
  const update = async (name: string, command: Command, changes: Changes, said: string): Promise<void> =>
    CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
      const expert = await session.call('experts.update', { id: (await session.expert(name)).id, ...changes });
      session.output.result(expert, said);
    });
  group
    .command('rename')
    .argument('<name>')
    .argument('<new name>')
    .description('gives an expert another name')
    .action((name: string, next: string, _: object, command: Command) => update(name, command, { name: next }, `${name} is now ${next}`));
  group
    .command('tag')
    .argument('<name>')
    .argument('[tags...]')
    .description('gives an expert these tags, in place of those that it had; none takes them away')
    .action((name: string, tags: string[], _: object, command: Command) => update(name, command, { tags }, tags.length === 0 ? `${name} has no tags` : `${name}: ${tags.join(' ')}`));
  group
    .command('describe')
    .argument('<name>')
    .argument('<text>')
    .description('says what an expert is for; the prompt strategy tells the model that, where half of its context has room for the paper’s long question')
    .action((name: string, description: string, _: object, command: Command) => update(name, command, { description }, `${name}: ${description}`));
  group
    .command('duplicate')
    .argument('<name>')
    .description('a copy of an expert, under a name of its own')
    .action(async (name: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const expert = await session.call('experts.duplicate', { id: (await session.expert(name)).id });
        session.output.result(expert, `${name} is also ${expert.name}`);
      }),
    );
  group
    .command('restore')
    .argument('<id>', 'as `expert remove` told it')
    .description('brings a removed expert back into the library')
    .action(async (id: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const expert = await session.call('experts.restore', { id });
        session.output.result(expert, `${expert.name} is back`);
      }),
    );
}
