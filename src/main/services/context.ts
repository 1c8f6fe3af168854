import type { AppInfoDto } from '../../shared/contract.ts';
import type { JobQueue } from '../jobs/queue.ts';
import type { HomeLayout } from './basics/home.ts';
import type { RunnerContext } from './runners/context.ts';

/** What every group of handlers works with: what the runners do, the queue, and what is known of the shell. */
export interface ServiceContext extends RunnerContext {
  layout: HomeLayout;
  shell: AppInfoDto['shell'];
  version: string;
  queue: JobQueue;
}
