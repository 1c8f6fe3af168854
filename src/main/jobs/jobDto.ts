import type { JobDto } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';
import { endStates, type JobRecord } from '../db/index.ts';
import type { JobRunner } from './runner.ts';

export const hasEnded = (job: JobRecord, verb: string): SingularError => new SingularError('conflict', `“${job.title}” has ended (${job.state}) and cannot be ${verb}.`);

/** A job as the contract shows it; `live` is its progress where it runs here, newer than what is stored. */
export function jobDto(job: JobRecord, runner: JobRunner, live: JobDto['progress'] | undefined, queuePosition: number | undefined): JobDto {
  return {
    id: job.id, kind: job.kind, title: job.title, state: job.state, createdAt: job.createdAt, progress: live ?? job.progress,
    canPause: job.state === 'queued' || (job.state === 'running' && runner.pause !== 'never'),
    canKeep: !endStates.includes(job.state) && runner.canKeep?.(job) === true,
    ...(job.startedAt !== null && { startedAt: job.startedAt }),
    ...(job.endedAt !== null && { endedAt: job.endedAt }),
    ...(job.error !== null && { error: job.error }),
    ...(job.runId !== null && { runId: job.runId }),
    ...(job.modelId !== null && { modelId: job.modelId }),
    ...(job.expertId !== null && { expertId: job.expertId }),
    ...(job.comparisonId !== null && { comparisonId: job.comparisonId }),
    ...(job.searchId !== null && { searchId: job.searchId }),
    ...(queuePosition !== undefined && { queuePosition }),
    ...(job.state === 'running' && !live && { elsewhere: true as const }),
  };
}
