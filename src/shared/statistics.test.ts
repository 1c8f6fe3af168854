import { expect, it, test } from 'vitest';
import type { Interval } from './contract.ts';
import { boundedGain, median, overSeeds, shareOverSeeds, studentQuantile, wilsonInterval } from './statistics.ts';

it('Student’s quantiles are those of the tables, and fall between them with the degrees of freedom', () => {
  for (const [degrees, value] of [[1, 12.706], [2, 4.303], [5, 2.5706], [10, 2.228], [30, 2.0423], [1000, 1.962]]) expect(studentQuantile(degrees)).toBeCloseTo(value, 3);
  // SciPy's t.ppf
  for (const [degrees, value] of [[1.3, 7.5005], [1.5, 6.0167], [2.2, 3.9487], [4.7, 2.6207], [9.5, 2.2441]]) expect(studentQuantile(degrees) / value).toBeCloseTo(1, 3);
});

const around = (mean: number, half: number): Interval => ({ mean, low: mean - half, high: mean + half });

test('one seed keeps its interval; seeds that agree keep the error of their rows; seeds that differ widen it', () => {
  expect(overSeeds([around(0.5, 0.04)], 600)).toEqual(around(0.5, 0.04));
  const agreed = overSeeds([around(0.5, 0.04), around(0.5, 0.04), around(0.5, 0.04)], 600);
  expect(agreed.high - agreed.mean).toBeCloseTo(0.04, 3);
  const differing = overSeeds([around(0.4, 0.04), around(0.5, 0.04), around(0.6, 0.04)], 600);
  // by hand: W = (0.04 / 1.96)² = 4.165e-4, B / 3 = 0.01 / 3; V = 3.750e-3, ν = V² / (W² / 599 + (B/3)² / 2) = 2.53
  expect(differing.high - differing.mean).toBeCloseTo(studentQuantile(2.531) * Math.sqrt(0.01 / 3 + (0.04 / 1.959964) ** 2), 3);
  expect(differing.mean).toBeCloseTo(0.5);
});

test('Wilson’s interval is that of the tables: 95 of 100, and all of 20', () => {
  expect(wilsonInterval(0.95, 100)).toEqual({ mean: 0.95, low: expect.closeTo(0.8882, 4), high: expect.closeTo(0.9785, 4) });
  expect(wilsonInterval(1, 20)).toEqual({ mean: 1, low: expect.closeTo(0.8389, 4), high: 1 });
});

test('the same questions asked at three seeds are no more questions, and seeds that differ widen the interval', () => {
  expect(shareOverSeeds([289, 289, 289], 600)).toEqual(wilsonInterval(289 / 600, 600));
  expect(shareOverSeeds([600, 600, 600], 600)).toEqual(wilsonInterval(1, 600));
  const differing = shareOverSeeds([583, 596, 595], 600);
  // by hand: p = 0.985556, W = 2.3726e-5, B / 3 = 4.8457e-5; V = 7.2183e-5, ν = 4.4345; as many independent questions as 197.22
  const byHand = wilsonInterval(1774 / 1800, 197.22, studentQuantile(4.4345));
  expect(differing).toEqual({ mean: byHand.mean, low: expect.closeTo(byHand.low, 5), high: expect.closeTo(byHand.high, 5) });
  expect(differing.low).toBeLessThan(wilsonInterval(1774 / 1800, 600).low);
});

it('a gain stays a difference of shares, and the middle of two is their mean', () => {
  expect(boundedGain({ mean: 0.5, low: -1.5, high: 1.07 })).toEqual({ mean: 0.5, low: -1, high: 1 });
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, 0]);
});
