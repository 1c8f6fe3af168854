import { isDeepStrictEqual } from 'node:util';
import type { JobKind } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { JobRecord, Stores } from '../../db/index.ts';
import type { JobQueue } from '../../jobs/queue.ts';

/**
 * The unfinished job of this kind with exactly this input, queued again to go on from where it was; undefined where there
 * is none. `own` names what of the input is each job's own. Throws `busy` where it runs.
 */
export function takenUp({ stores, queue }: { stores: Pick<Stores, 'jobs'>; queue: Pick<JobQueue, 'resume'> }, kind: JobKind, input: object, own: readonly string[] = []): JobRecord | undefined {
  const shared = (of: unknown): unknown => Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(of)) as object).filter(([key]) => !own.includes(key)));
  const wanted = shared(input);
  const job = stores.jobs.inStates(['running', 'paused', 'interrupted', 'queued']).findLast((one) => one.kind === kind && isDeepStrictEqual(shared(one.input), wanted));
  if (job?.state === 'running') throw new SingularError('busy', `“${job.title}” runs already, in another instance of Singular or as another job of this one.`);
  if (job) queue.resume(job.id);
  return job;
}
