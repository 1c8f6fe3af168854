import type { JobDto } from '../../shared/contract.ts';
import type { JobRecord, JobStore, NewJob } from '../db/index.ts';
import type { JobRunners } from './runner.ts';

export interface QueueOptions {
  store: JobStore;
  runners: JobRunners;
  clock: () => number;
  /** takes up jobs that dead instances left; a command line does not */
  adopts: boolean;
  changed(job: JobDto): void;
  /** another instance has written something, or one of its jobs has ended */
  changedElsewhere?(): void;
  /** what went wrong, for the log; without a job where the queue itself could not go on */
  failed?(job: JobRecord | undefined, error: unknown): void;
}

export type QueuedJob = Omit<NewJob, 'heavy' | 'owner' | 'createdAt' | 'progress'> & { progress?: Partial<JobDto['progress']> };
