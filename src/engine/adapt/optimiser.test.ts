import { describe, expect, it } from 'vitest';
import type { Fitness } from '../../shared/adaptation.ts';
import { crossEntropyMethod } from './cem.ts';
import { ranking, type Optimiser, type OptimiserState } from './optimiser.ts';
import { separableCmaEs } from './sep-cma-es.ts';

const bounds = { low: -2, high: 2 };
const shared = { mean: [0.25, 0.25, 0.25, 0.25], deviation: 0.5, population: 32, deviationFloor: 0, bounds, seed: 5 };
const makers: [string, (saved?: OptimiserState, more?: Partial<typeof shared>) => Optimiser][] = [
  ['cross-entropy method', (saved, more) => crossEntropyMethod({ ...shared, eliteShare: 0.2, smoothing: 0, ...more }, saved)],
  ['sep-CMA-ES', (saved, more) => separableCmaEs({ ...shared, ...more }, saved)],
];
/** highest at `target`; coordinates differ in how much they matter */
const bowl = (target: readonly number[], stretch: readonly number[]) => (x: readonly number[]): Fitness => ({ score: -x.reduce((sum, value, i) => sum + stretch[i] * (value - target[i]) ** 2, 0), tieBreak: 0 });
function run(optimiser: Optimiser, score: (x: readonly number[]) => Fitness, generations: number): Optimiser {
  for (let i = 0; i < generations; i++) {
    const candidates = optimiser.ask();
    optimiser.tell(candidates, candidates.map(score));
  }
  return optimiser;
}
const far = (x: readonly number[], target: readonly number[]): number => Math.max(...x.map((value, i) => Math.abs(value - target[i])));

describe.each(makers)('%s', (_, make) => {
  it('finds the top of a bowl', () => {
    const target = [0.7, -0.2, 0.4, 0.1];
    expect(far(run(make(), bowl(target, [1, 1, 1, 1]), 40).centre, target)).toBeLessThan(0.02);
  });

  it('asks for the same candidates until it is told, and for the same ones from the same seed', () => {
    const optimiser = make();
    expect(optimiser.ask()).toEqual(optimiser.ask());
    expect(make().ask()).toEqual(optimiser.ask());
    expect(make(undefined, { seed: 6 }).ask()).not.toEqual(optimiser.ask());
  });

  it('goes on from a saved state with the numbers of an undisturbed search', () => {
    const score = bowl([0.7, -0.2, 0.4, 0.1], [1, 3, 9, 27]);
    const whole = run(make(), score, 9);
    const first = run(make(), score, 4);
    const second = run(make(JSON.parse(JSON.stringify(first.save())) as OptimiserState), score, 5);
    expect(second.save()).toEqual(whole.save());
    expect(second.generation).toBe(9);
  });

  it('stays within its bounds', () => {
    const optimiser = run(make(undefined, { bounds: { low: 0, high: 1 } }), bowl([3, 3, -3, -3], [1, 1, 1, 1]), 12);
    for (const candidate of optimiser.ask()) for (const value of candidate) expect(value >= 0 && value <= 1).toBe(true);
    expect(far(optimiser.centre, [1, 1, 0, 0])).toBeLessThan(0.05);
  });

  it('never narrows below the floor', () => {
    const optimiser = run(make(undefined, { deviationFloor: 0.03 }), bowl([0, 0, 0, 0], [1, 1, 1, 1]), 60);
    for (const deviation of optimiser.deviation) expect(deviation).toBeGreaterThanOrEqual(0.03);
    // candidates keep their distance, whatever they are learned to be
    const [first] = optimiser.ask()[0];
    expect(Math.sqrt(optimiser.ask().reduce((sum, [x]) => sum + (x - optimiser.centre[0]) ** 2, 0) / 32)).toBeGreaterThan(0.02);
    expect(first).not.toBe(optimiser.centre[0]);
  });

  it('learns from tie-breaks alone', () => {
    const optimiser = run(make(), (x) => ({ score: 0.5, tieBreak: -((x[0] - 0.8) ** 2) }), 40);
    expect(optimiser.centre[0]).toBeCloseTo(0.8, 1);
  });
});

describe('ranking', () => {
  it('goes by score, then tie-break, then order', () => {
    expect(ranking([{ score: 1, tieBreak: 0 }, { score: 2, tieBreak: -5 }, { score: 2, tieBreak: -1 }, { score: 1, tieBreak: 0 }])).toEqual([2, 1, 0, 3]);
  });
});

it('sep-CMA-ES gets closer than the cross-entropy method where coordinates differ much, with the same budget', () => {
  const target = [1.5, -1, 0.5, 0];
  const score = bowl(target, [1, 100, 1e4, 1e-2]);
  const height = (optimiser: Optimiser): number => -score(run(optimiser, score, 40).centre).score;
  const [[, cem], [, cma]] = makers;
  expect(height(cma())).toBeLessThan(0.1 * height(cem()));
});
