import { describe, expect, it } from 'vitest';
import type { ZMapDto } from '../../../shared/contract.ts';
import { mixForms, mixed as mixedZ } from '../../../shared/mix.ts';
import { matrixName } from '../../../shared/matrices.ts';
import { mixPictures, partsOf, rankProfile, type StripLevels } from './effective.ts';

const bins = 4;
const open = { factor: 1, bypass: false };
const strip = (alpha: number | number[], more: Partial<StripLevels> = {}): StripLevels => ({ alpha, muted: false, solo: false, ...more });

function picture(layers: number, projection: 'q' | 'up', value: (layer: number, bin: number) => number): ZMapDto {
  return {
    layers, bins,
    matrices: Array.from({ length: layers }, (_, layer) => ({
      name: matrixName(layer, projection), layer, projection, rank: bins,
      cells: Array.from({ length: bins }, (_, bin) => value(layer, bin)),
    })),
  };
}

describe('the mixed picture', () => {
  const one = picture(2, 'q', (layer, bin) => 0.1 * (layer + 1) - 0.05 * bin);
  const two = picture(2, 'q', (layer, bin) => 0.02 * bin - 0.03 * layer);

  it.each(mixForms)('equals the formula of a %s mix that the engine uses, silent strips left out', (form) => {
    const z = (map: ZMapDto) => Object.fromEntries(map.matrices.map((matrix) => [matrix.name, Float32Array.from(matrix.cells, (cell) => 1 + cell)]));
    const truth = mixedZ([{ z: z(one), alpha: 0.7 }, { z: z(two), alpha: [-0.5, 1.5] }], form);
    const mixed = mixPictures([{ levels: strip(0.35), picture: one }, { levels: strip([-0.25, 0.75]), picture: two }, { levels: strip(1, { muted: true }), picture: one }], { factor: 2, bypass: false }, form);
    for (const matrix of mixed!.map.matrices) {
      matrix.cells.forEach((cell, bin) => expect(1 + cell).toBeCloseTo(truth[matrix.name][bin], 5));
    }
  });

  it.each(mixForms)('is the base when bypassed, muted or at zero, as a %s mix', (form) => {
    for (const [levels, master] of [[strip(1), { factor: 1, bypass: true }], [strip(1, { muted: true }), open], [strip(0), open], [strip(1), { factor: 0, bypass: false }]] as const) {
      expect(mixPictures([{ levels, picture: one }], master, form)!.largest).toBe(0);
    }
  });

  it('lets only soloed strips through', () => {
    const mixed = mixPictures([{ levels: strip(1), picture: one }, { levels: strip(1, { solo: true }), picture: two }], open, 'base-anchored');
    expect(mixed!.map.matrices[0].cells).toEqual(two.matrices[0].cells);
  });

  it('keeps the order layer, then projection, over experts that tune different matrices', () => {
    const mixed = mixPictures([{ levels: strip(1), picture: picture(2, 'up', () => 0.1) }, { levels: strip(1), picture: one }], open, 'base-anchored');
    expect(mixed!.map.matrices.map((matrix) => `${matrix.layer}${matrix.projection}`)).toEqual(['0q', '0up', '1q', '1up']);
  });
});

describe('the picture by rank', () => {
  it('does not let what lies above hide what lies below', () => {
    const map = picture(2, 'q', (layer) => (layer === 0 ? 0.4 : -0.4));
    const profile = rankProfile(map);
    expect(profile.above[0]).toBeCloseTo(0.2);
    expect(profile.below[0]).toBeCloseTo(0.2);
    const turned = rankProfile(map, [-1, 0]);
    expect(turned.above[0]).toBeCloseTo(0);
    expect(turned.below[0]).toBeCloseTo(0.2);
  });
});

describe('what is sent', () => {
  it('carries the master in α and stays within the contract', () => {
    const parts = partsOf([{ expertId: 'a', levels: strip(2) }, { expertId: 'b', levels: strip([8, -8]) }], { factor: 2, bypass: false });
    expect(parts.map((part) => part.alpha)).toEqual([4, [10, -10]]);
  });

  it('mutes everything when bypassed, so the base answers', () => {
    expect(partsOf([{ expertId: 'a', levels: strip(1, { solo: true }) }], { factor: 1, bypass: true })).toEqual([{ expertId: 'a', alpha: 1, muted: true, solo: false }]);
  });
});
