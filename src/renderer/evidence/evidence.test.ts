import { describe, expect, it } from 'vitest';
import { controlVerdict, verdictOf } from './verdict.ts';

const interval = (mean: number, half: number) => ({ mean, low: mean - half, high: mean + half });

describe('what may be said of a gain', () => {
  it('never claims more than its interval', () => {
    expect(verdictOf(interval(0.1, 0.05))).toContain('more than chance: its');
    expect(verdictOf(interval(0.1, 0.1))).toContain('may be chance');
    expect(verdictOf(interval(-0.1, 0.05))).toContain('worse than the base');
    expect(verdictOf(interval(0, 0))).toContain('as the base does');
  });
  it('compares the control with the gain, not with zero alone', () => {
    expect(controlVerdict(interval(0.2, 0.05), interval(-0.1, 0.05))).toContain('is gone');
    expect(controlVerdict(interval(0.2, 0.05), interval(0.18, 0.05))).toContain('part of the gain stays');
    expect(controlVerdict(interval(0.1, 0.08), interval(0.01, 0.05))).toContain('overlap');
    expect(controlVerdict(interval(0.02, 0.05), interval(0, 0.05))).toContain('says little');
  });
});
