import type { Interval } from '../../../shared/contract.ts';
import { wilsonInterval } from '../../../shared/statistics.ts';

/** Wilson's 95 % interval of a share; anything where nothing was asked. */
export const shareInterval = (right: number, count: number): Interval => (count === 0 ? { mean: 0, low: 0, high: 1 } : wilsonInterval(right / count, count));
