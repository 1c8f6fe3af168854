/**
 * What of each strip reaches the model: mute, solo, bypass and the master's factor applied to α, and the mixed
 * picture of z. Both forms of a mix are linear in α (and a bin is a mean), so it is computed here, exactly, from each
 * expert's own picture, with no call to the engine while a fader moves.
 */
import type { MixPartDto, ZMapDto } from '../../../shared/contract.ts';
import { projections } from '../../../shared/matrices.ts';
import { alphaOfLayer, mixOffset, type MixForm } from '../../../shared/mix.ts';

export interface StripLevels {
  /** one α for all layers, or one per layer */
  alpha: number | readonly number[];
  muted: boolean;
  solo: boolean;
}

export interface MasterLevels { factor: number; bypass: boolean }

/** Silent strips: muted ones, and with any solo, all that are not soloed. Bypass silences all. */
export function isHeard(strip: StripLevels, anySolo: boolean, master: MasterLevels): boolean {
  return !master.bypass && !strip.muted && (!anySolo || strip.solo);
}

export interface MixedPicture { map: ZMapDto; largest: number }

const order = (projection: string): number => (projections as readonly string[]).indexOf(projection);

/** Mixed picture of z′ − 1 over all matrices that any of the pictures has, in the order layer, then q k v o gate up down. */
export function mixPictures(strips: readonly { levels: StripLevels; picture: ZMapDto | null }[], master: MasterLevels, form: MixForm): MixedPicture | null {
  const anySolo = strips.some((strip) => strip.levels.solo);
  const first = strips.find((strip) => strip.picture)?.picture;
  if (!first) return null;
  const heard = strips.filter(({ levels }) => isHeard(levels, anySolo, master));
  const alphaIn = (levels: StripLevels, layer: number): number => alphaOfLayer(levels.alpha, layer) * master.factor;
  const mixed = new Map<string, ZMapDto['matrices'][number]>();
  for (const strip of strips) {
    for (const matrix of strip.picture?.matrices ?? []) {
      const { layer, cells } = matrix;
      const target = mixed.get(matrix.name) ?? { ...matrix, cells: new Array<number>(cells.length).fill(mixOffset(form, heard.map(({ levels }) => alphaIn(levels, layer)))) };
      mixed.set(matrix.name, target);
      const alpha = heard.includes(strip) ? alphaIn(strip.levels, layer) : 0;
      if (alpha === 0) continue;
      const length = Math.min(target.cells.length, matrix.cells.length);
      for (let bin = 0; bin < length; bin++) target.cells[bin] = (target.cells[bin] ?? 0) + alpha * (matrix.cells[bin] ?? 0);
    }
  }
  const matrices = [...mixed.values()].sort((a, b) => a.layer - b.layer || order(a.projection) - order(b.projection));
  let largest = 0;
  for (const matrix of matrices) for (const cell of matrix.cells) largest = Math.max(largest, Math.abs(cell));
  return { map: { layers: first.layers, bins: first.bins, matrices }, largest };
}

/** By rank bin, how far z lies above and below the base: means over matrices of the positive and of the negative parts. */
export interface RankProfile { above: number[]; below: number[]; largest: number }

/** Positive and negative parts are averaged apart: their sum would cancel and hide the expert's character. */
export function rankProfile(picture: ZMapDto, alpha: number | readonly number[] = 1): RankProfile {
  const above = new Array<number>(picture.bins).fill(0);
  const below = new Array<number>(picture.bins).fill(0);
  for (const matrix of picture.matrices) {
    const factor = alphaOfLayer(alpha, matrix.layer) / picture.matrices.length;
    matrix.cells.forEach((cell, bin) => {
      const value = cell * factor;
      if (value > 0) above[bin] = (above[bin] ?? 0) + value;
      else below[bin] = (below[bin] ?? 0) - value;
    });
  }
  return { above, below, largest: Math.max(0, ...above, ...below) };
}

/** The parts as the contract takes them, the master's factor in α; bypass mutes every part, so that the base answers. */
export function partsOf(strips: readonly { expertId: string; levels: StripLevels }[], master: MasterLevels): MixPartDto[] {
  const scale = (value: number): number => Math.min(10, Math.max(-10, value * master.factor));
  return strips.map(({ expertId, levels }) => ({
    expertId,
    alpha: typeof levels.alpha === 'number' ? scale(levels.alpha) : levels.alpha.map(scale),
    muted: levels.muted || master.bypass,
    solo: levels.solo && !master.bypass,
  }));
}
