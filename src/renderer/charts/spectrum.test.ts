import { describe, expect, it } from 'vitest';
import { groupsOf, rankRange } from './zmap.ts';
import { someRanks, spectrumPanels } from './spectrum.ts';

const matrix = (layer: number, projection: string, shares: number[]) => ({ name: `${layer}.${projection}`, layer, projection, rank: 64, shares });

describe('the picture of the spectrum', () => {
  const spectrum = { ranks: [1, 4, 16], matrices: [matrix(1, 'v', [0.2, 0.5, 0.9]), matrix(0, 'v', [0.1, 0.4, 0.8]), matrix(0, 'q', [0.3, 0.6, 0.7])] };
  it('has a panel a module in the usual order, layers in order, and the share of the rank asked for', () => {
    const panels = spectrumPanels(spectrum, [4]);
    expect(panels.map(({ projection }) => projection)).toEqual(['q', 'v']);
    expect(panels[1].lines).toEqual([{ rank: 4, points: [{ layer: 0, share: 0.4 }, { layer: 1, share: 0.5 }] }]);
  });
  it('thins many ranks and keeps the ends', () => {
    expect(someRanks([1, 2, 4, 8, 16, 32, 64], 4)).toEqual([1, 4, 16, 64]);
    expect(someRanks([1, 2], 5)).toEqual([1, 2]);
  });
});

describe('the picture of z', () => {
  it('groups rows by layer, also where a layer is left out', () => {
    const map = { layers: 4, bins: 1, matrices: [0, 0, 2].map((layer, index) => ({ name: String(index), layer, projection: 'q', rank: 4, cells: [0] })) };
    expect(groupsOf(map)).toEqual([{ layer: 0, first: 0, count: 2 }, { layer: 2, first: 2, count: 1 }]);
  });
  it('names the singular values of a bin', () => {
    expect([rankRange(128, 0, 64), rankRange(64, 3, 64), rankRange(16, 5, 64)]).toEqual(['σ 1–2', 'σ 4', 'σ 2']);
  });
});
