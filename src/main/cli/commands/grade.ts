import { resolve } from 'node:path';
import { Command } from 'commander';
import { defined } from '../options.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';

interface GradeOptions extends GlobalOptions {
  grader: string;
  data: string;
  answer: string;
  reference?: string;
}

export function gradeCommand(): Command {
  return new Command('grade')
    .description('grades the answers that a file holds: a line {row, correct, reason} for each, then {score, rows}')
    .requiredOption('--grader <grader>', 'contains:TEXT, exact, number, math, choice, python or expression:JAVASCRIPT')
    .requiredOption('--data <file>')
    .requiredOption('--answer <column>', 'the answers; nested columns with dots')
    .option('--reference <column>', 'what is right; python reads the tests of the row instead')
    .action(async (options: GradeOptions, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { grader, data, answer, reference } = options;
        const request = session.services.engine.request('gradeFile', { grader, path: resolve(data), answer, ...defined({ reference }) }, (graded) => {
          for (const { row, correct, reason } of graded) session.output.line({ row, correct, reason });
        });
        const cancel = (): void => request.cancel();
        process.once('SIGINT', cancel);
        try {
          const { score, rows } = await request.result;
          session.output.line({ score, rows });
        } finally {
          process.off('SIGINT', cancel);
        }
      }),
    );
}
