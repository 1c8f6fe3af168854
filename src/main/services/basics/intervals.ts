import type { Interval } from '../../../shared/contract.ts';

/** Wilson's 95 % interval of a share. */
export function shareInterval(right: number, count: number): Interval {
  if (count === 0) return { mean: 0, low: 0, high: 1 };
  const z2 = 1.959964 ** 2;
  const share = right / count;
  const centre = (share + z2 / (2 * count)) / (1 + z2 / count);
  const half = (Math.sqrt(z2) * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count ** 2))) / (1 + z2 / count);
  return { mean: share, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
