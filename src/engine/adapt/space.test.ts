import { describe, expect, it } from 'vitest';
import { alone, alphasOf, coordinates } from './space.ts';

const free = { experts: 2, layers: 3, perLayer: false, normalised: false };

describe('a point of the search', () => {
  it('is one α for each expert, or one for each expert and layer', () => {
    expect(coordinates(free)).toBe(2);
    expect(alphasOf([0.3, -0.2], free)).toEqual([0.3, -0.2]);
    const layered = { ...free, perLayer: true };
    expect(coordinates(layered)).toBe(6);
    expect(alphasOf([1, 2, 3, 4, 5, 6], layered)).toEqual([[1, 2, 3], [4, 5, 6]]);
  });

  it('shares out one whole where it is normalised, layer by layer', () => {
    expect(alphasOf([1, 3], { ...free, normalised: true })).toEqual([0.25, 0.75]);
    expect(alphasOf([1, 2, 0, 3, 2, 0], { ...free, normalised: true, perLayer: true })).toEqual([[0.25, 0.5, 0], [0.75, 0.5, 0]]);
  });

  it('is the base where all α are zero, with no division by zero', () => {
    expect(alphasOf([0, 0], { ...free, normalised: true })).toEqual([0, 0]);
  });

  it('can be one expert alone', () => {
    for (const perLayer of [false, true]) {
      for (const normalised of [false, true]) {
        const space = { ...free, perLayer, normalised };
        expect(alphasOf(alone(1, space), space)).toEqual(perLayer ? [[0, 0, 0], [1, 1, 1]] : [0, 1]);
      }
    }
  });
});
