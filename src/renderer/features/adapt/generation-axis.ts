/** Figures of an axis of generations. */

const steps = [1, 10, 100, 1000].flatMap((power) => [1, 2, 5].map((digit) => digit * power));

/**
 * Generations to be named, counted from 1: the first, the last, and round numbers between them, so many that each has
 * `room` pixels of `width`. What would stand too near one of the ends gives way to it.
 */
export function namedGenerations(count: number, width: number, room: number): number[] {
  if (count < 2) return [1];
  const apart = ((count - 1) * room) / Math.max(room, width);
  const step = steps.find((one) => one >= apart) ?? count;
  const between = Array.from({ length: Math.floor(count / step) }, (_, at) => (at + 1) * step).filter((at) => at > 1 && at < count && Math.min(at - 1, count - at) >= 0.5 * apart);
  return [1, ...between, count];
}
