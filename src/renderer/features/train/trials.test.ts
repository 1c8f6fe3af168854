import { describe, expect, it } from 'vitest';
import type { RunDto, ValidationMetric } from '../../../shared/contract.ts';
import { curveTable, meanGain, trialCurves } from './trials.ts';

const validation = (trial: number, step: number, score: number, best = false): ValidationMetric => ({ trial, step, score, best, rows: 64, interval: { mean: score, low: score - 0.05, high: score + 0.05 } });
const trial = (number: number, seed: number, klCoefficient: number, chosen = false) => ({ trial: number, seed, klCoefficient, steps: 10, bestStep: 10, baseValidation: 0.5, validation: 0.6, seconds: 1, chosen }) as RunDto['trials'][number];

describe('the learning curves of a run', () => {
  const validations = [validation(0, 0, 0.4), validation(0, 5, 0.5, true), validation(1, 0, 0.5), validation(1, 5, 0.7, true), validation(1, 10, 0.6)];

  it('are gains over each trial’s own base, with the interval moved alike', () => {
    const [first, second] = trialCurves([], validations, [], 0.9);
    expect(first.validations[1].gain).toBeCloseTo(0.1);
    expect(second.validations[1]).toMatchObject({ step: 5, score: 0.7 });
    expect(second.validations[1].low).toBeCloseTo(0.15);
    expect(second.best?.step).toBe(5);
  });
  it('begin at the base where no validation of it was sent', () => expect(trialCurves([], [validation(0, 5, 0.6)], [], 0.5)[0].validations[0]).toMatchObject({ step: 0, gain: 0 }));
  it('have the mean of what all of the chosen λ validated', () => {
    expect(meanGain(trialCurves([], validations, [], undefined)).map((point) => [point.step, Number(point.value.toFixed(3))])).toEqual([[0, 0], [5, 0.15]]);
    expect(meanGain(trialCurves([], validations, [trial(0, 0, 0.1), trial(1, 0, 0.2, true)], undefined))).toEqual([]);
  });
  it('are named by their seed, and by λ where there are several', () => {
    expect(trialCurves([], validations, [trial(0, 3, 0.1), trial(1, 4, 0.1, true)], undefined).map((curve) => curve.label)).toEqual(['seed 3', 'seed 4']);
    expect(trialCurves([], validations, [trial(0, 3, 0), trial(1, 3, 0.1, true)], undefined).map((curve) => curve.label)).toEqual(['seed 3, λ 0', 'seed 3, λ 0.1']);
    expect(trialCurves([], validations, [], undefined)[1].label).toBe('trial 2');
  });
  it('say in their table which checkpoint was kept', () => {
    const rows = curveTable(trialCurves([], validations, [trial(0, 3, 0.1), { ...trial(1, 4, 0.1, true), bestStep: 5 }], undefined)).rows;
    expect(rows.filter((row) => row.at(-1) === 'kept').map((row) => row.slice(0, 2))).toEqual([['seed 4', 5]]);
  });
});
