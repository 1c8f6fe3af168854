import { Command } from 'commander';
import { CommandSession, type GlobalOptions } from '../session.ts';

export function infoCommand(): Command {
  return new Command('info')
    .description('versions, devices, where the library lies, the last errors; no contents')
    .action(async (_: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        // what devices there are, the engine says when it has started
        await session.services.engine.call('memory', null);
        const [info, { text }] = [await session.call('app.info', {}), await session.call('app.diagnostics', {})];
        session.output.result({ ...info, diagnostics: text }, `home: ${info.home}\n${text}`);
      }),
    );
}
