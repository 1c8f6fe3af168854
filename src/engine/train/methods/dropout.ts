/**
 * Dropout that can be repeated to the bit: masks are drawn here, from (seed, step, piece, matrix), and fed. Between two
 * dropped places lies a geometric number of kept ones, so a mask costs as many draws as places that it drops.
 */
import type { MatrixShape } from '../../../shared/matrices.ts';
import { dropoutIndexName, dropoutName, dropoutRows } from '../../model/adapters.ts';
import { Random } from '../../runtime/random.ts';
import { floats, longs, type Feeds } from '../../runtime/session.ts';
import type { Noise, Piece } from './method.ts';
import { streams } from './streams.ts';

/** `length` factors: 0 with probability `dropout`, else 1 / (1 − dropout). */
export function dropoutMask(length: number, dropout: number, random: Random): Float32Array {
  const mask = new Float32Array(length).fill(1 / (1 - dropout));
  const rate = Math.log(1 - dropout);
  for (let at = -1; ; mask[at] = 0) {
    at += 1 + Math.floor(Math.log(1 - random.uniform()) / rate);
    if (at >= length) return mask;
  }
}

export function dropoutFeeds(matrices: readonly MatrixShape[], dropout: number, { seed, step }: Noise, { index, rows, tokens }: Piece): Feeds {
  const ofStep = new Random(seed, streams.dropout + step).bits();
  const feeds: Feeds = Object.fromEntries(matrices.map(({ name, columns }, number) => {
    const random = new Random(ofStep, index * matrices.length + number);
    return [dropoutName(name), floats(dropoutMask(dropoutRows * columns, dropout, random), [dropoutRows, columns])];
  }));
  feeds[dropoutIndexName] = longs(BigInt64Array.from({ length: rows * tokens }, (_, place) => BigInt(place % dropoutRows)), [rows, tokens]);
  return feeds;
}
