/** What the privileged process reads from a search's state is what the engine's optimisers go by. */
import { expect, test } from 'vitest';
import { crossEntropyMethod } from '../../src/engine/adapt/cem.ts';
import { separableCmaEs } from '../../src/engine/adapt/sep-cma-es.ts';
import { spreadOf } from '../../src/main/services/runners/searchProgress.ts';

const options = { mean: [0.5, 0.2, 0], deviation: 0.3, population: 12, deviationFloor: 0.05, seed: 4, bounds: { low: -1, high: 2 } };

test.each([['cem', () => crossEntropyMethod({ ...options, eliteShare: 0.25, smoothing: 0.1 })], ['cma-es', () => separableCmaEs(options)]] as const)('%s: the deviation of every α before its floor, after each generation', (_name, make) => {
  const optimiser = make();
  for (let generation = 0; generation < 40; generation++) {
    const points = optimiser.ask();
    optimiser.tell(points, points.map((x) => ({ score: -x.reduce((sum, value) => sum + (value - 0.7) ** 2, 0), tieBreak: 0 })));
    expect(spreadOf(optimiser.save())).toEqual(optimiser.spread);
  }
  expect(spreadOf(optimiser.save()).some((value) => value < options.deviationFloor)).toBe(true);
});
