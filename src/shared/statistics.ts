/** What scores and their intervals share, wherever they are put together. */

export const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length);

/** 97.5 % quantile of the normal distribution. */
export const normalQuantile = 1.959964;

/** 97.5 % quantiles of Student's t at 1, 2, 3, … degrees of freedom. */
const studentTable = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** 97.5 % quantile of Student's t. Linear in 1 / degrees between the table's entries; by Cornish–Fisher (Abramowitz and Stegun 26.7.5) beyond. */
export function studentQuantile(degrees: number): number {
  if (degrees >= studentTable.length) {
    const z = normalQuantile;
    return z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) + (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3);
  }
  const lower = Math.max(1, Math.floor(degrees));
  const [near, far] = [studentTable[lower - 1], studentTable[Math.min(lower, studentTable.length - 1)]];
  const share = (1 / lower - 1 / Math.max(1, degrees)) / (1 / lower - 1 / (lower + 1));
  return near + (far - near) * share;
}
