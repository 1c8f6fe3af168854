import { isDeepStrictEqual } from 'node:util';
import type { JobKind } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { JobRecord, Stores } from '../../db/index.ts';
import type { JobQueue } from '../../jobs/queue.ts';

/**
 * The unfinished job of this kind with exactly this input, queued again to go on from where it was; undefined where there
 * is none. `own` names what of the input is each job's own. Throws `busy` where it runs, or waits for its turn elsewhere.
 */
export function takenUp({ stores, queue }: { stores: Pick<Stores, 'jobs'>; queue: Pick<JobQueue, 'resume'> }, kind: JobKind, input: object, own: readonly string[] = []): JobRecord | undefined {
  const shared = (of: unknown): unknown => Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(of)) as object).filter(([key]) => !own.includes(key)));
  const wanted = shared(input);
  const job = stores.jobs.inStates(['running', 'paused', 'interrupted', 'queued']).findLast((one) => one.kind === kind && isDeepStrictEqual(shared(one.input), wanted));
  if (!job) return undefined;
  const busy = new SingularError('busy', `“${job.title}” runs or waits already, in another instance of Singular.`);
  if (job.state === 'running') throw busy;
  queue.resume(job.id);
  // a waiting job of a living instance stays that instance's
  if (job.state === 'queued' && stores.jobs.get(job.id)?.owner === job.owner) throw busy;
  return job;
}
