import { expect, test } from 'vitest';
import type { ComparisonCellDto, Interval } from '../../../shared/contract.ts';
import { studentQuantile } from '../../../shared/statistics.ts';
import { overSeeds, secondsLeftOf, summaryOf } from './summary.ts';

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

const cell = (method: string, seed: number, score: number, more: Partial<ComparisonCellDto> = {}): ComparisonCellDto => ({
  index: 0, modelId: 'm', modelName: 'M', task: 't', datasetId: 'd', method, seed, state: 'done',
  test: { rows: 100, samples: 1, temperature: 0, base: around(0.4, 0.1), score: around(score, 0.1), gain: around(score - 0.4, 0.1) },
  cost: { trainableParameters: 7, seconds: 10, peakMemoryBytes: 100, answerTokens: 1 }, ...more,
});

test('the base comes first and once; normalised is score ÷ base; what has not finished is left out', () => {
  const summary = summaryOf([cell('b', 0, 0.8), cell('a', 0, 0.6), cell('a', 1, 0.6), { ...cell('b', 1, 0.1), state: 'failed' }], ['a', 'b', 'c']);
  expect(summary.map(({ method, seeds, normalised }) => [method, seeds, normalised])).toEqual([[null, 2, 1], ['a', 2, expect.closeTo(1.5)], ['b', 1, expect.closeTo(2)]]);
  expect(summary[0].score.mean).toBeCloseTo(0.4);
});

test('the time left is that of finished cells like the rest', () => {
  const waiting = (method: string): ComparisonCellDto => ({ index: 1, modelId: 'm', modelName: 'M', task: 't', datasetId: 'd', method, seed: 1, state: 'waiting' });
  expect(secondsLeftOf([waiting('a')])).toBeUndefined();
  const slow = { trainableParameters: 7, seconds: 30, peakMemoryBytes: 1, answerTokens: 1 };
  expect(secondsLeftOf([cell('a', 0, 0.5), cell('b', 0, 0.5, { cost: slow }), waiting('a'), waiting('b'), waiting('c')])).toBe(10 + 30 + 20);
});
