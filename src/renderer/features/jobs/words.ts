import { formatBytes, formatNumber } from '../../format/index.ts';
import type { JobDto } from '../../../shared/contract.ts';

export const kindWords: Record<JobDto['kind'], string> = { train: 'Training', svd: 'SVD cache', evaluate: 'Evaluation', control: 'Control', compare: 'Comparison', search: 'Search for α', dispatcher: 'Dispatcher', download: 'Download', export: 'Export', 'import-dataset': 'Dataset import' };

/** How far a job is, in its own unit: `25 of 40 steps`, `1.2 MB of 18 MB`. */
export function progressText({ progress: { done, total, unit } }: JobDto): string {
  const write = (value: number): string => (unit === 'bytes' ? formatBytes(value) : formatNumber(value));
  const amount = total > 0 ? `${write(done)} of ${write(total)}` : write(done);
  return unit === 'bytes' ? amount : `${amount} ${unit}`;
}
