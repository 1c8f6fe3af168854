import { describe, expect, it } from 'vitest';
import { scaleOf, shadeOf, visibleToken } from './differences.ts';

describe('token differences', () => {
  it('are plain where both models agree', () => {
    expect(shadeOf(0.01, 0.01)).toBe(0);
    expect(Math.abs(shadeOf(0.05, 0.05))).toBeLessThan(0.3);
    expect(shadeOf(2, 2)).toBe(1);
    expect(shadeOf(-2, 2)).toBe(-1);
    expect(shadeOf(Number.NEGATIVE_INFINITY, 2)).toBe(0);
  });

  it('keep the base at one place for both directions', () => {
    const scale = scaleOf([0.2, -0.5, 1.5]);
    expect(scale.zero).toBeCloseTo(0.25);
    expect(scaleOf([]).high).toBe(0.5);
  });

  it('always have something to see', () => {
    expect(visibleToken('\n')).toBe('⏎');
    expect(visibleToken(' 24')).toBe('·24');
    expect(visibleToken('')).toBe('∅');
  });
});
