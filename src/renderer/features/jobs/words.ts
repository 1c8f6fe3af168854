import { formatBytes, formatNumber } from '../../format/index.ts';
import type { JobDto } from '../../../shared/contract.ts';

export const kindWords: Record<JobDto['kind'], string> = { train: 'Training', svd: 'SVD cache', evaluate: 'Evaluation', control: 'Control', compare: 'Comparison', search: 'Search for α', dispatcher: 'Dispatcher', download: 'Download', export: 'Export', 'import-dataset': 'Dataset import' };

/** How far a job is, in its own unit: `25 of 40 steps`, `1.2 MB of 18 MB`. */
export function progressText({ progress: { done, total, unit } }: JobDto): string {
  const write = (value: number): string => (unit === 'bytes' ? formatBytes(value) : formatNumber(value));
  const amount = total > 0 ? `${write(done)} of ${write(total)}` : write(done);
  return unit === 'bytes' ? amount : `${amount} ${unit}`;
}

/** The screen that shows what a job is about. */
export function targetOf(job: JobDto): string | null {
  if (job.comparisonId && job.kind === 'compare') return `#/comparisons/${encodeURIComponent(job.comparisonId)}`;
  if (job.searchId) return `#/adapt/${encodeURIComponent(job.searchId)}`;
  if (job.kind === 'dispatcher') return '#/evidence';
  if (job.expertId) return `#/experts/${encodeURIComponent(job.expertId)}`;
  if (job.kind === 'train' && job.runId) return `#/train/${encodeURIComponent(job.runId)}`;
  if (job.kind === 'svd' || job.kind === 'download') return '#/models';
  return null;
}
