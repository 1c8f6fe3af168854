/**
 * `singular`: everything the window can do, over the same services and database.
 * Exit code 0, 1 for a refused input with one sentence on standard error, 2 for wrong usage.
 */
import { Command, CommanderError } from 'commander';
import { SingularError } from '../../shared/errors.ts';
import { commandFirst } from './arguments.ts';
import { adaptCommand } from './commands/adapt.ts';
import { evaluateCommand, generateCommand, objectiveCommand } from './commands/answers.ts';
import { compareCommand } from './commands/compare.ts';
import { conversationsCommand } from './commands/conversations.ts';
import { datasetsCommand } from './commands/datasets.ts';
import { answerCommand, dispatcherCommand } from './commands/dispatch.ts';
import { expertCommand } from './commands/experts.ts';
import { gradeCommand } from './commands/grade.ts';
import { infoCommand } from './commands/info.ts';
import { jobsCommand } from './commands/jobs.ts';
import { mixCommand } from './commands/mixes.ts';
import { modelCommand, svdCommand } from './commands/models.ts';
import { runsCommand } from './commands/runs.ts';
import { searchCommand } from './commands/search.ts';
import { settingsCommand } from './commands/settings.ts';
import { tasksCommand } from './commands/tasks.ts';
import { trainCommand } from './commands/train.ts';

function program(): Command {
  const root = new Command('singular')
    .description('Train, mix and export experts (z-vectors) of language models on this machine.')
    .option('--home <dir>', 'where the database and caches live')
    .option('--json', 'one JSON object; for long commands one a line, the result last');
  for (const command of [modelCommand(), svdCommand(), generateCommand(), objectiveCommand(), tasksCommand(), trainCommand(), evaluateCommand(), gradeCommand(), expertCommand(), mixCommand(), adaptCommand(), searchCommand(), dispatcherCommand(), answerCommand(), compareCommand(), datasetsCommand(), runsCommand(), jobsCommand(), conversationsCommand(), settingsCommand(), infoCommand()]) {
    root.addCommand(command);
  }
  quiet(root);
  return root;
}

/** Errors are thrown, not printed, so that each is one sentence; on every command, since added ones do not inherit it. */
function quiet(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => {} });
  command.commands.forEach(quiet);
}

function exitCode(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    // a suggestion comes on a line of its own
    process.stderr.write(`${error.message.replace(/^error: /, '').replaceAll('\n', ' ')}\n`);
    if (error.code === 'commander.help') process.stderr.write(program().helpInformation());
    return 2;
  }
  if (error instanceof SingularError) {
    process.stderr.write(`${error.message}\n`);
    return error.code === 'usage' ? 2 : 1;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

try {
  await program().parseAsync(commandFirst(process.argv.slice(2)), { from: 'user' });
} catch (error) {
  process.exitCode = exitCode(error);
}
