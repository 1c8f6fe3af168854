import { Command } from 'commander';
import type { JobDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { table } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';
import { followComparison } from './compare.ts';
import { followSearch } from './search.ts';
import { followTraining } from './train.ts';

const line = ({ id, title, kind, state, progress: { done, total, unit, note } }: JobDto): string[] => [id.slice(0, 8), kind, state, total === 0 ? '' : `${done} of ${total} ${unit}`, title, note ?? ''];

export function jobsCommand(): Command {
  const list = async (_: object, command: Command): Promise<void> =>
    CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
      const jobs = await session.call('jobs.list', { limit: 500 });
      session.output.result({ jobs }, jobs.length === 0 ? 'No jobs.' : table(['id', 'kind', 'state', 'done', 'job', ''], jobs.map(line)));
    });
  const group = new Command('jobs').description('what runs, waits, was paused or has ended').action(list);
  group.command('list').description('all jobs, with their ids').action(list);
  const ofOne = (word: string, description: string, act: (session: CommandSession, job: JobDto) => Promise<void>): void => void group
    .command(word)
    .argument('<id>', 'or its beginning')
    .description(description)
    .action(async (id: string, _: object, command: Command) => CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => act(session, await jobNamed(session, id))));
  const change = (call: 'jobs.pause' | 'jobs.cancel') => async (session: CommandSession, { id }: JobDto): Promise<void> => {
    await session.call(call, { id });
    const job = await session.stopped(id);
    session.output.result(job, `${job.title}: ${job.state}`);
  };
  const takeUp = (call: 'jobs.resume' | 'jobs.keep') => async (session: CommandSession, job: JobDto): Promise<void> => {
    await session.call(call, { id: job.id });
    await follow(session, job);
  };
  ofOne('pause', 'pauses a job that runs, wherever it runs, or takes a waiting one out of the queue', change('jobs.pause'));
  ofOne('cancel', 'gives up a job, wherever it runs or waits', change('jobs.cancel'));
  ofOne('resume', 'goes on with a paused, interrupted or failed job, and waits for its end', takeUp('jobs.resume'));
  ofOne('keep', 'ends an unfinished training or search with the best that it has, and waits for that', takeUp('jobs.keep'));
  group
    .command('clear')
    .description('takes what has ended off the list; what it made stays')
    .action(async (_: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        await session.call('jobs.clear', {});
        session.output.result({ cleared: true }, 'Cleared what has ended');
      }),
    );
  return group;
}

async function jobNamed(session: CommandSession, id: string): Promise<JobDto> {
  const found = (await session.call('jobs.list', { limit: 500 })).filter((job) => job.id.startsWith(id));
  const [job] = found;
  if (!job) throw new SingularError('not-found', `There is no job ${id}; \`singular jobs list\` shows those there are.`);
  if (found.length > 1) throw new SingularError('usage', `${id} is how ${found.length} jobs begin; write more of it.`);
  return job;
}

/** To its end, told as by the command that began it. */
async function follow(session: CommandSession, { id: jobId, title, kind, runId, searchId, comparisonId }: JobDto): Promise<void> {
  if (kind === 'train' && runId !== undefined) return followTraining(session, (await session.call('runs.get', { id: runId })).name, { jobId, runId });
  if (kind === 'search' && searchId !== undefined) return followSearch(session, (await session.call('searches.get', { id: searchId })).name, { jobId, searchId });
  if (kind === 'compare' && comparisonId !== undefined) return followComparison(session, { id: comparisonId, jobId });
  const ended = await session.finish(jobId, ({ progress }) => {
    if (progress.done > 0) session.output.progress({ event: kind, ...progress }, `${progress.done} of ${progress.total} ${progress.unit}`);
  });
  session.output.result(ended, `${title}: ${ended.state}`);
}
