import type { JobDto } from '../../shared/contract.ts';
import { evaluationHref } from '../evaluation/words.ts';

/** The screen that shows what a job is about. */
export function jobTarget(job: JobDto): string | null {
  if (job.comparisonId && job.kind === 'compare') return `#/comparisons/${encodeURIComponent(job.comparisonId)}`;
  if (job.searchId) return `#/adapt/${encodeURIComponent(job.searchId)}`;
  if (job.kind === 'evaluate' && job.runId) return evaluationHref(job.runId);
  if (job.kind === 'dispatcher') return '#/evidence';
  if (job.expertId) return `#/experts/${encodeURIComponent(job.expertId)}`;
  if (job.kind === 'train' && job.runId) return `#/train/${encodeURIComponent(job.runId)}`;
  if (job.kind === 'svd' || job.kind === 'download') return '#/models';
  return null;
}
