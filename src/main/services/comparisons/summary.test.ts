import { expect, test } from 'vitest';
import type { ComparisonCellDto, Interval } from '../../../shared/contract.ts';
import { secondsLeftOf, summaryOf } from './summary.ts';

const around = (mean: number, half: number): Interval => ({ mean, low: mean - half, high: mean + half });

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
