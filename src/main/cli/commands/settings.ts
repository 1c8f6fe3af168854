import { Command } from 'commander';
import type { CallInput, SettingsDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { table } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';

const text = (settings: SettingsDto): string => table(['setting', 'value'], Object.entries(settings).map(([key, value]) => [key, String(value)]));

/** `theme=dark`, `threads=4`; the names are those of `settings get`. */
function changesOf(pairs: readonly string[], known: readonly string[]): CallInput<'settings.set'> {
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf('=');
    const key = pair.slice(0, Math.max(at, 0));
    if (!known.includes(key)) throw new SingularError('usage', `A setting is changed by NAME=VALUE, of ${known.join(', ')}; not “${pair}”.`);
    const value = pair.slice(at + 1);
    return [key, key === 'threads' && value.trim() !== '' ? Number(value) : value];
  }));
}

export function settingsCommand(): Command {
  const get = async (_: object, command: Command): Promise<void> =>
    CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
      const settings = await session.call('settings.get', {});
      session.output.result(settings, text(settings));
    });
  const group = new Command('settings').description('theme, device, threads and the hub’s address').action(get);
  group.command('get').description('all settings').action(get);
  group
    .command('set')
    .argument('<name=value...>')
    .description('changes settings: theme system, light or dark; device auto, cpu, webgpu, cuda, dml or coreml; threads (0 for all); hubEndpoint')
    .action(async (pairs: string[], _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const settings = await session.call('settings.set', changesOf(pairs, Object.keys(await session.call('settings.get', {}))));
        session.output.result(settings, text(settings));
      }),
    );
  return group;
}
