import { describe, expect, it } from 'vitest';
import type { ZMapDto } from '../../shared/contract.ts';
import { profileByRank, sizeByLayer } from './profile.ts';
import { fullColourDeviation, summarize } from './zmap.ts';

const matrix = (layer: number, projection: string, cells: number[]): ZMapDto['matrices'][number] => ({ name: `${layer}.${projection}`, layer, projection, rank: 8, cells });
const map: ZMapDto = { layers: 2, bins: 2, matrices: [matrix(1, 'up', [0.3, -0.3]), matrix(0, 'q', [0.1, 0]), matrix(0, 'down', [0, 0.4])] };

describe('the shape of z', () => {
  it('by layer is the root mean square over attention and MLP apart, layers in order, 0 where nothing is tuned', () => {
    const [first, second] = sizeByLayer(map);
    expect(first.layer).toBe(0);
    expect(first.attention).toBeCloseTo(Math.sqrt(0.005), 10);
    expect(first.mlp).toBeCloseTo(Math.sqrt(0.08), 10);
    expect(second.attention).toBe(0);
    expect(second.mlp).toBeCloseTo(0.3);
  });
  it('by rank runs from the largest singular value to the smallest', () => {
    const profile = profileByRank(map);
    expect(profile.map(({ place }) => place)).toEqual([0, 1]);
    expect(profile[0].mean).toBeCloseTo(0.4 / 3);
    expect([profile[1].low, profile[1].high]).toEqual([-0.3, 0.4]);
  });
  it('has a scale that one extreme value does not spoil, and that is never 0', () => {
    expect(fullColourDeviation({ layers: 1, bins: 1000, matrices: [matrix(0, 'q', [50, ...Array<number>(999).fill(0.1)])] })).toBeCloseTo(0.1);
    expect(fullColourDeviation({ layers: 1, bins: 1, matrices: [] })).toBeGreaterThan(0);
  });
  it('is told of each matrix in figures', () => {
    expect(summarize(map.matrices[0])).toMatchObject({ mean: 0, lowest: -0.3, highest: 0.3, size: 0.3 });
  });
});
