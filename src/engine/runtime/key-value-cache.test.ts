/** Rows keep their keys, values and masks while others leave and the capacity grows, and nothing of another's stays among them. */
import { describe, expect, it } from 'vitest';
import { masked } from '../model/feeds.ts';
import { pastKeyName, pastValueName } from '../model/decoder.ts';
import { freshName, keyName, valueName } from '../model/graphs.ts';
import { KeyValueCache, type CacheShape } from './key-value-cache.ts';
import { Random } from './random.ts';
import { floatData, floats, type Tensor } from './session.ts';

const shape: CacheShape = { layers: 2, keyValueHeads: 3, headDim: 4, slidingWindow: null };
const { layers, keyValueHeads: heads, headDim } = shape;

/** What a number must be: of one row, layer, key (0) or value (1), head, token and place. */
const mark = (row: number, layer: number, which: number, head: number, token: number, i: number): number => ((((row * layers + layer) * 2 + which) * heads + head) * 64 + token) * headDim + i + 1;

function prefill(rows: readonly number[], tokens: number): Record<string, Tensor> {
  const outputs: Record<string, Tensor> = {};
  for (let layer = 0; layer < layers; layer++) {
    [keyName(layer), valueName(layer)].forEach((name, which) => {
      const data = rows.flatMap((row) => Array.from({ length: heads }, (_, head) => Array.from({ length: tokens * headDim }, (_, at) => mark(row, layer, which, head, Math.floor(at / headDim), at % headDim))).flat());
      outputs[name] = floats(Float32Array.from(data), [rows.length, heads, tokens, headDim]);
    });
  }
  return outputs;
}

/** `poison`: a row that gives infinities, as a wild candidate of a search does. */
function fresh(rows: readonly number[], lengths: readonly number[], poison: number): Record<string, Tensor> {
  const data = rows.flatMap((row, r) => Array.from({ length: layers * 2 * heads * headDim }, (_, at) => {
    const [layer, which, head, i] = [Math.floor(at / (2 * heads * headDim)), Math.floor(at / (heads * headDim)) % 2, Math.floor(at / headDim) % heads, at % headDim];
    return row === poison ? Infinity : mark(row, layer, which, head, lengths[r], i);
  }));
  return { [freshName]: floats(Float32Array.from(data), [rows.length, layers * 2 * heads, 1, headDim]) };
}

describe('KeyValueCache', () => {
  it.each([1, 2, 3])('holds what its rows hold, whoever leaves (seed %i)', (seed) => {
    const random = new Random(seed);
    const prompts = [9, 7, 7, 5, 2, 1];
    const poison = 2;
    const limit = 60;
    const cache = new KeyValueCache(shape, { rows: prompts.length, tokens: 9, limit });
    cache.fill(prefill([0, 1, 2, 3], 9), 0, prompts.slice(0, 4), 9);
    cache.fill(prefill([4, 5], 2), 4, prompts.slice(4), 2);
    let rows = prompts.map((_, i) => i);
    const lengthOf = [...prompts];
    cache.feeds();
    for (let step = 0; step < 45; step++) {
      if (step % 9 === 8 && rows.length > 1) {
        const leaving = rows.includes(poison) && step > 20 ? poison : rows[random.below(rows.length)];
        const at = rows.indexOf(leaving);
        const kept = rows.slice(0, -1).map((_, i) => (i === at ? rows.length - 1 : i));
        cache.keep(kept);
        rows = kept.map((i) => rows[i]);
        cache.feeds();
      }
      if (cache.full) {
        cache.grow();
        cache.feeds();
      }
      cache.append(fresh(rows, rows.map((row) => lengthOf[row]), poison));
      for (const row of rows) lengthOf[row]++;
      const feeds = cache.feeds();
      const [count, , , capacity] = feeds[pastKeyName(0)].dims;
      expect(count).toBe(rows.length);
      expect(capacity).toBeLessThanOrEqual(64);
      rows.forEach((row, at) => {
        expect(cache.lengthOf(at)).toBe(lengthOf[row]);
        expect([...floatData(feeds.mask).subarray(at * capacity, (at + 1) * capacity)]).toEqual(Array.from({ length: capacity }, (_, token) => (token < lengthOf[row] ? 0 : masked)));
        if (row === poison) return;
        for (let layer = 0; layer < layers; layer++) {
          [pastKeyName(layer), pastValueName(layer)].forEach((name, which) => {
            const data = floatData(feeds[name]);
            for (let head = 0; head < heads; head++) {
              for (let token = 0; token < capacity; token++) {
                for (let i = 0; i < headDim; i++) {
                  const value = data[((at * heads + head) * capacity + token) * headDim + i];
                  if (token < lengthOf[row]) { if (value !== mark(row, layer, which, head, token, i)) throw new Error(`step ${step}: row ${row}, token ${token} holds ${value}`); }
                  else if (!Number.isFinite(value)) throw new Error(`step ${step}: behind row ${row} lies ${value}`);
                }
              }
            }
          });
        }
      });
    }
  });
});
