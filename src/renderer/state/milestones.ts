import type { JobDto } from '../../shared/contract.ts';
import { announce } from '../ui/announcer.svelte.ts';
import { formatTimeLeft } from '../format/index.ts';

const outcomes: Partial<Record<JobDto['state'], string>> = {
  running: 'started', paused: 'paused', succeeded: 'finished', failed: 'failed', cancelled: 'cancelled', interrupted: 'was interrupted',
};

/** Which quarter of the work is behind a job, 0 to 4. */
const quarterOf = (job: JobDto): number => (job.progress.total > 0 ? Math.floor((4 * job.progress.done) / job.progress.total) : 0);

/** What a screen reader hears of a job: changes of state and each quarter, never every step. */
export function milestoneOf(before: JobDto | undefined, after: JobDto): string | null {
  if (before?.state !== after.state) {
    const outcome = outcomes[after.state];
    if (!outcome) return null;
    return after.error ? `${after.title} ${outcome}. ${after.error.message}` : `${after.title} ${outcome}.`;
  }
  if (after.state !== 'running') return null;
  const quarter = quarterOf(after);
  if (quarter <= quarterOf(before) || quarter === 4) return null;
  const left = formatTimeLeft(after.progress.secondsLeft);
  return `${after.title}: ${quarter * 25} percent${left ? `, ${left}` : ''}.`;
}

export function announceJob(before: JobDto | undefined, after: JobDto): void {
  const text = milestoneOf(before, after);
  if (text) announce(text);
}
