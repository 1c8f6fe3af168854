import type { Interval } from '../../shared/contract.ts';

/** What a paired gain with its 95 % interval lets one say, in a sentence. */
export function verdictOf(gain: Interval): string {
  if (gain.mean === 0 && gain.low === 0 && gain.high === 0) return 'It answers as the base does: no step was better. Other rows, a model that sometimes answers right, or larger steps may help.';
  if (gain.low > 0) return 'The gain is more than chance: its 95 % interval lies above the base.';
  if (gain.high < 0) return 'It answers worse than the base, by more than chance.';
  return 'The interval holds zero: this may be chance. More test rows, steps or seeds would tell.';
}

/** What the shuffled control says beside the real gain. */
export function controlVerdict(gain: Interval, control: Interval): string {
  if (gain.low <= 0) return 'The expert’s own gain is not certain, so the control says little.';
  if (control.high < gain.low) return 'Shuffled, the gain is gone: it lies in which singular values are moved.';
  if (control.low > 0) return 'Shuffled, part of the gain stays: it does not lie in the order alone.';
  return 'Shuffled, the gain is smaller or unsure: their intervals overlap.';
}
