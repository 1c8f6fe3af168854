/** From a point of the search to a mix: which coordinate is whose α. */
import type { Alphas } from '../../shared/adaptation.ts';

export interface Space {
  experts: number;
  layers: number;
  perLayer: boolean;
  normalised: boolean;
}

export const coordinates = ({ experts, layers, perLayer }: Space): number => (perLayer ? experts * layers : experts);

/** Coordinates are expert after expert, and within one layer after layer. Where all α of a layer are zero, normalised or not, it is the base. */
export function alphasOf(x: readonly number[], space: Space): Alphas {
  const { experts, layers, perLayer, normalised } = space;
  const at = (expert: number, layer: number): number => x[perLayer ? expert * layers + layer : expert];
  const share = (expert: number, layer: number): number => {
    if (!normalised) return at(expert, layer);
    let total = 0;
    for (let other = 0; other < experts; other++) total += at(other, layer);
    return Math.abs(total) < 1e-9 ? 0 : at(expert, layer) / total;
  };
  return Array.from({ length: experts }, (_, expert) => (perLayer ? Array.from({ length: layers }, (_, layer) => share(expert, layer)) : share(expert, 0)));
}

/** The point of one expert alone at α = 1. */
export const alone = (expert: number, space: Space): number[] =>
  Array.from({ length: coordinates(space) }, (_, i) => (Math.floor(space.perLayer ? i / space.layers : i) === expert ? 1 : 0));
