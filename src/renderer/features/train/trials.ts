/** The learning curves of a run: one a trial (a seed and a λ), each as gain over its own base, and their mean. */
import { mean } from 'd3';
import type { RunDto, StepMetric, ValidationMetric } from '../../../shared/contract.ts';
import { gainColumns, percentColumn } from '../../charts/figure/columns.ts';
import type { FigureTable } from '../../charts/figure/table.ts';
import { formatSmall } from '../../format/index.ts';
import type { Point } from './curve.ts';

/** One validation: shares, as differences from the base's validation score. */
export interface GainPoint { step: number; gain: number; low: number; high: number; score: number }
export interface TrialCurve {
  trial: number;
  label: string;
  klCoefficient: number | null;
  base: number | undefined;
  /** train score minus base, by step */
  train: Point[];
  validations: GainPoint[];
  /** the checkpoint that validation chose within this trial */
  best: GainPoint | undefined;
  /** the trial whose checkpoint is kept */
  chosen: boolean;
}

/** `seed 3`, or with several λ `seed 3, λ 0.1`; a number while the run has not said which trial is which. */
function labelOf(trial: number, trials: RunDto['trials']): string {
  const known = trials.find((one) => one.trial === trial);
  if (!known) return `trial ${trial + 1}`;
  return new Set(trials.map((one) => one.klCoefficient)).size > 1 ? `seed ${known.seed}, λ ${formatSmall(known.klCoefficient)}` : `seed ${known.seed}`;
}

export function trialCurves(steps: readonly StepMetric[], validations: readonly ValidationMetric[], trials: RunDto['trials'], runBase: number | undefined): TrialCurve[] {
  const numbers = [...new Set([...steps, ...validations].map((metric) => metric.trial))].sort((a, b) => a - b);
  return numbers.map((trial) => {
    const known = trials.find((one) => one.trial === trial);
    const own = validations.filter((metric) => metric.trial === trial);
    const base = known?.baseValidation ?? own.find((metric) => metric.step === 0)?.score ?? runBase;
    const points = base === undefined ? [] : own.map(({ step, score, interval }) => ({ step, gain: score - base, low: interval.low - base, high: interval.high - base, score }));
    // every trial begins at the base
    if (base !== undefined && points.length > 0 && points[0].step !== 0) points.unshift({ step: 0, gain: 0, low: 0, high: 0, score: base });
    const bestStep = known?.bestStep ?? own.findLast((metric) => metric.best)?.step;
    return {
      trial, label: labelOf(trial, trials), klCoefficient: known?.klCoefficient ?? null, base,
      train: base === undefined ? [] : steps.filter((metric) => metric.trial === trial).map((metric) => ({ step: metric.step, value: metric.score - base })),
      validations: points,
      best: points.find((point) => point.step === bestStep),
      chosen: known?.chosen ?? numbers.length === 1,
    };
  });
}

/** Mean gain of the trials with the chosen λ, at the steps that all of them validated; empty for fewer than two. */
export function meanGain(curves: readonly TrialCurve[]): Point[] {
  const chosen = curves.find((curve) => curve.chosen);
  const alike = curves.filter((curve) => curve.validations.length > 0 && (!chosen || curve.klCoefficient === chosen.klCoefficient));
  if (alike.length < 2) return [];
  return alike[0].validations.flatMap(({ step }) => {
    const gains = alike.flatMap((curve) => curve.validations.filter((point) => point.step === step).map((point) => point.gain));
    return gains.length === alike.length ? [{ step, value: mean(gains) ?? 0 }] : [];
  });
}

export function curveTable(curves: readonly TrialCurve[]): FigureTable {
  return {
    columns: [{ label: 'Trial' }, { label: 'Step' }, percentColumn('Validation'), ...gainColumns(), { label: 'Checkpoint' }],
    rows: curves.flatMap((curve) => curve.validations.map((point) => [curve.label, point.step, point.score, point.gain, point.low, point.high, point === curve.best ? (curve.chosen ? 'kept' : 'best of its trial') : ''])),
  };
}
