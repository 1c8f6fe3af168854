import { Command } from 'commander';
import { numberOption } from '../options.ts';
import { table } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';

export function conversationsCommand(): Command {
  const group = new Command('conversations').description('what was asked on the desk, and answered');
  group
    .command('list')
    .option('--limit <n>', 'the newest n', numberOption('--limit'), 100)
    .description('conversations with their ids')
    .action(async ({ limit }: { limit: number }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const conversations = await session.call('conversations.list', { limit });
        session.output.result({ conversations }, conversations.length === 0 ? 'No conversations yet.' : table(['id', 'model', 'messages', 'title'], conversations.map(({ id, modelId, messages, title }) => [id, modelId, String(messages), title])));
      }),
    );
  group
    .command('show')
    .argument('<id>')
    .description('a conversation, message by message')
    .action(async (id: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const conversation = await session.call('conversations.get', { id });
        session.output.result(conversation, conversation.messages.map(({ role, content }) => `${role}: ${content}`).join('\n'));
      }),
    );
  group
    .command('remove')
    .argument('<id>')
    .description('forgets a conversation')
    .action(async (id: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        await session.call('conversations.get', { id });
        await session.call('conversations.remove', { id });
        session.output.result({ removed: id }, `Removed ${id}`);
      }),
    );
  return group;
}
