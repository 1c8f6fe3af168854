import type { JobDto, JobKind } from '../../shared/contract.ts';
import type { SteerAction } from '../../engine/host/protocol.ts';
import type { JobRecord } from '../db/index.ts';

/** What a runner holds while its job runs. */
export interface JobRun {
  readonly job: JobRecord;
  /** aborted by cancel, by closing, and by pause where the runner cannot be steered */
  readonly signal: AbortSignal;
  /** pause and keep, for runners that are steered; a wish that came before is told at once */
  onSteer(listener: (action: SteerAction) => void): void;
  progress(progress: Partial<JobDto['progress']>): void;
  /** links what the job made to it */
  link(ids: { expertId?: string; modelId?: string }): void;
}

export interface JobRunner {
  /** one heavy job at a time; light ones overlap */
  heavy: boolean;
  /** how a pause reaches it: not at all, by ending its request (it resumes from its files), or by steering */
  pause: 'never' | 'abort' | 'steer';
  /** whether the best so far could be kept now */
  canKeep?(job: JobRecord): boolean;
  /** resolves with the job's result; rejects with code `cancelled` when it was stopped */
  run(run: JobRun): Promise<unknown>;
  /** told once, when the job has ended for good */
  ended?(job: JobRecord): void;
}

export type JobRunners = Record<JobKind, JobRunner>;
