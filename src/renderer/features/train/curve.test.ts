import { describe, expect, it } from 'vitest';
import { gainDomain, nearest, thinned, trailingMean, zeroDomain } from './curve.ts';
import { segmentsOf } from './segments.ts';

describe('domains', () => {
  it('of gains hold every value and the base, at least ten points high', () => {
    const [low, high] = gainDomain([0.02, 0.03]);
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0.03);
    expect(high - low).toBeGreaterThanOrEqual(0.1);
    expect(gainDomain([-0.4])[0]).toBeLessThan(-0.4);
    expect(gainDomain([])[0]).toBeLessThan(0);
  });

  it('of other figures always hold zero', () => {
    expect(zeroDomain([3, 4])[0]).toBe(0);
    expect(zeroDomain([-2, -1])[1]).toBeGreaterThanOrEqual(0);
    expect(zeroDomain([])).toEqual([0, 1]);
  });
});

describe('curves', () => {
  const points = Array.from({ length: 1000 }, (_, step) => ({ step, value: step === 501 ? 9 : Math.sin(step) }));

  it('keep their spikes when thinned', () => {
    const few = thinned(points, 100);
    expect(few.length).toBeLessThanOrEqual(100);
    expect(few.some((point) => point.value === 9)).toBe(true);
    expect(few.every((point, index) => index === 0 || point.step > few[index - 1].step)).toBe(true);
  });

  it('have a trailing mean over the last steps only', () => {
    const mean = trailingMean([1, 2, 3, 4].map((value, step) => ({ step, value })), 2);
    expect(mean.map((point) => point.value)).toEqual([1, 1.5, 2.5, 3.5]);
  });

  it('find the nearest step', () => {
    const items = [{ step: 0 }, { step: 5 }, { step: 10 }];
    expect(nearest(items, 7)?.step).toBe(5);
    expect(nearest(items, 99)?.step).toBe(10);
    expect(nearest([], 3)).toBeUndefined();
  });
});

describe('the exact text', () => {
  it('is cut at special tokens and line ends and loses nothing', () => {
    const text = '<|im_start|>user\nHow many? <b>3</b> [INST] a < b | c > d<|im_end|>\n</s>';
    const segments = segmentsOf(text);
    expect(segments.map((segment) => segment.text).join('')).toBe(text);
    expect(segments.filter((segment) => segment.kind === 'special').map((segment) => segment.text)).toEqual(['<|im_start|>', '[INST]', '<|im_end|>', '</s>']);
    expect(segmentsOf('')).toEqual([]);
  });
});
