import { resolve } from 'node:path';
import { Command } from 'commander';
import { SingularError } from '../../../shared/errors.ts';
import { mixWish, withMix, type MixOptions } from '../mix.ts';
import { defined, numberOption } from '../options.ts';
import { zTable } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';

export function mixCommand(): Command {
  const group = new Command('mix').description('saved mixes');
  withMix(group.command('save'))
    .argument('<name>')
    .option('--model <id or folder>')
    .description('saves experts and their α under a name')
    .action(async (name: string, options: MixOptions & { model?: string }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        if (options.mix.length === 0) throw new SingularError('usage', 'A mix needs at least one --mix NAME=α.');
        const model = await session.model(options.model);
        const known = (await session.call('mixes.list', { modelId: model.id })).find((mix) => mix.name === name);
        const mix = await session.call('mixes.save', { name, modelId: model.id, ...(await mixWish(session, options)), ...defined({ id: known?.id }) });
        session.output.result(mix, `Saved ${mix.name}`);
      }),
    );
  group
    .command('list')
    .description('all saved mixes')
    .action(async (_: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const mixes = await session.call('mixes.list', {});
        session.output.result({ mixes }, mixes.map(({ name, modelId, parts, form }) => `${name}  ${modelId}  ${parts.length} experts  ${form}`).join('\n') || 'No saved mixes yet.');
      }),
    );
  group
    .command('remove')
    .argument('<name>')
    .description('forgets a saved mix; its experts stay')
    .action(async (name: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { id } = await session.mix(name);
        await session.call('mixes.remove', { id });
        session.output.result({ removed: name, id }, `Removed ${name}`);
      }),
    );
  group
    .command('z')
    .argument('<name>')
    .option('--bins <n>', 'averages of neighbouring ranks', numberOption('--bins'), 8)
    .description('z′ − 1 of a mix, matrix by matrix, averaged by rank')
    .action(async (name: string, { bins }: { bins: number }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { modelId, parts, form } = await session.mix(name);
        const map = await session.call('mixes.zmap', { modelId, parts, form, bins });
        session.output.result(map, zTable(map));
      }),
    );
  group
    .command('export')
    .argument('<name>')
    .option('--out <file>', 'z as safetensors')
    .option('--merged <folder>', 'a checkpoint folder that other programs load')
    .description('writes the z of a mix, and with --merged an ordinary checkpoint')
    .action(async (name: string, options: { out?: string; merged?: string }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { modelId, parts, form } = await session.mix(name);
        const written: { path?: string; merged?: string } = {};
        if (options.out !== undefined || options.merged === undefined) {
          written.path = (await session.call('mixes.export', { modelId, name, parts, form, kind: 'z', ...defined({ path: options.out && resolve(options.out) }) })).path;
        }
        if (options.merged !== undefined) written.merged = (await session.call('mixes.export', { modelId, name, parts, form, kind: 'merged', path: resolve(options.merged) })).path;
        session.output.result(written, Object.values(written).join('\n'));
      }),
    );
  return group;
}
