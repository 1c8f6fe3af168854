/** Log-probability differences as shades and lengths: the base is zero, both directions on one scale. */

/** Below this a difference is drawn as none: about 2 % in probability. */
export const quietDifference = 0.02;

/**
 * −1 … 1. A power below one lets small differences be seen beside a large one; the scale is never finer than one nat,
 * so that an answer on which both models agree stays plain.
 */
export function shadeOf(difference: number, largest: number): number {
  if (!Number.isFinite(difference) || Math.abs(difference) < quietDifference) return 0;
  return Math.sign(difference) * Math.min(1, Math.abs(difference) / Math.max(1, largest)) ** 0.7;
}

/** Token text for a list: line ends and spaces shown, so that every token has something to see. */
export function visibleToken(text: string): string {
  const shown = text.replaceAll('\r', '').replaceAll('\n', '⏎').replaceAll('\t', '⇥');
  if (shown === '') return '∅';
  return shown.replace(/^ +| +$/g, (spaces) => '·'.repeat(spaces.length));
}

export interface Scale { low: number; high: number; zero: number }

/** Shares of the width for a bar chart around zero: `zero` is where the base lies. At least ±0.5 nats wide. */
export function scaleOf(differences: readonly number[]): Scale {
  const finite = differences.filter(Number.isFinite);
  const low = Math.min(-0.1, ...finite);
  const high = Math.max(0.5, ...finite);
  return { low, high, zero: -low / (high - low) };
}
