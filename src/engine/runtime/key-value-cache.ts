/**
 * Keys and values of a batch, owned by JavaScript and fed to every decode step as they lie: [rows, heads, capacity,
 * headDim] per layer, the new token's written in place. Capacity grows in blocks; finished
 * rows are squeezed out.
 */
import { masked } from '../model/feeds.ts';
import { freshName, keyName, valueName } from '../model/graphs.ts';
import { pastKeyName, pastValueName } from '../model/decoder.ts';
import { floatData, floats, type Feeds, type Tensor } from './session.ts';

const block = 32;

export interface CacheShape {
  layers: number;
  keyValueHeads: number;
  headDim: number;
  slidingWindow: number | null;
}

export class KeyValueCache {
  private readonly shape: CacheShape;
  private rows: number;
  private capacity: number;
  private layers: { key: Float32Array; value: Float32Array }[];
  private mask: Float32Array;
  private lengths: Int32Array;

  constructor(shape: CacheShape, rows: number, tokens: number) {
    this.shape = shape;
    this.rows = rows;
    this.capacity = Math.ceil((tokens + 1) / block) * block;
    const size = rows * this.rowSize();
    this.layers = Array.from({ length: shape.layers }, () => ({ key: new Float32Array(size), value: new Float32Array(size) }));
    this.mask = new Float32Array(rows * this.capacity).fill(masked);
    this.lengths = new Int32Array(rows);
  }

  private rowSize(capacity = this.capacity): number {
    return this.shape.keyValueHeads * capacity * this.shape.headDim;
  }

  /** Tokens that row holds: also the position of its next one. */
  lengthOf(row: number): number {
    return this.lengths[row];
  }

  /** Takes keys and values [rows, heads, tokens, headDim] of a prefill whose first row is `firstRow` here. */
  fill(outputs: Record<string, Tensor>, firstRow: number, lengths: readonly number[], tokens: number): void {
    const { layers, keyValueHeads, headDim } = this.shape;
    for (let layer = 0; layer < layers; layer++) {
      const sources = [floatData(outputs[keyName(layer)]), floatData(outputs[valueName(layer)])];
      const targets = [this.layers[layer].key, this.layers[layer].value];
      sources.forEach((source, which) => {
        lengths.forEach((length, i) => {
          for (let head = 0; head < keyValueHeads; head++) {
            const from = (i * keyValueHeads + head) * tokens * headDim;
            const to = ((firstRow + i) * keyValueHeads + head) * this.capacity * headDim;
            targets[which].set(source.subarray(from, from + length * headDim), to);
          }
        });
      });
    }
    lengths.forEach((length, i) => {
      const row = firstRow + i;
      this.lengths[row] = length;
      this.mask.fill(0, row * this.capacity + this.firstVisible(length), row * this.capacity + length);
    });
  }

  /** The oldest place that a token at position `length` sees. */
  private firstVisible(length: number): number {
    const { slidingWindow } = this.shape;
    return slidingWindow === null ? 0 : Math.max(0, length - slidingWindow + 1);
  }

  /** Appends one token's keys and values to every row: [rows, layers · 2 · heads, 1, headDim]. */
  append(outputs: Record<string, Tensor>): void {
    const { layers, keyValueHeads, headDim } = this.shape;
    const fresh = floatData(outputs[freshName]);
    let from = 0;
    for (let row = 0; row < this.rows; row++) {
      for (let layer = 0; layer < layers; layer++) {
        const { key, value } = this.layers[layer];
        const first = (row * keyValueHeads * this.capacity + this.lengths[row]) * headDim;
        for (const target of [key, value]) {
          for (let head = 0; head < keyValueHeads; head++) {
            const to = first + head * this.capacity * headDim;
            for (let i = 0; i < headDim; i++) target[to + i] = fresh[from++];
          }
        }
      }
    }
    for (let row = 0; row < this.rows; row++) {
      const length = this.lengths[row]++;
      this.mask[row * this.capacity + length] = 0;
      const hidden = this.firstVisible(length + 1) - 1;
      if (hidden >= 0) this.mask[row * this.capacity + hidden] = masked;
    }
  }

  /** True where the next `append` has no room. */
  get full(): boolean {
    return this.lengths.subarray(0, this.rows).some((length) => length >= this.capacity);
  }

  /** Keeps the given rows, in order, with room for at least one more token each. */
  relayout(kept: readonly number[], grow: boolean): void {
    const { keyValueHeads, headDim } = this.shape;
    const capacity = grow ? this.capacity + block : this.capacity;
    const size = kept.length * this.rowSize(capacity);
    this.layers = this.layers.map(({ key, value }) => {
      const next = { key: new Float32Array(size), value: new Float32Array(size) };
      kept.forEach((row, i) => {
        const width = this.lengths[row] * headDim;
        for (let head = 0; head < keyValueHeads; head++) {
          const from = (row * keyValueHeads + head) * this.capacity * headDim;
          const to = (i * keyValueHeads + head) * capacity * headDim;
          next.key.set(key.subarray(from, from + width), to);
          next.value.set(value.subarray(from, from + width), to);
        }
      });
      return next;
    });
    const mask = new Float32Array(kept.length * capacity).fill(masked);
    kept.forEach((row, i) => {
      mask.set(this.mask.subarray(row * this.capacity, row * this.capacity + this.lengths[row]), i * capacity);
    });
    this.mask = mask;
    this.lengths = Int32Array.from(kept, (row) => this.lengths[row]);
    this.rows = kept.length;
    this.capacity = capacity;
  }

  /** Inputs of a decode step; they alias this cache's memory and stay valid until the next `relayout`. */
  feeds(): Feeds {
    const dims = [this.rows, this.shape.keyValueHeads, 1, this.capacity, this.shape.headDim];
    const feeds: Feeds = { mask: floats(this.mask, [this.rows, 1, 1, 1, this.capacity]) };
    this.layers.forEach(({ key, value }, layer) => {
      feeds[pastKeyName(layer)] = floats(key, dims);
      feeds[pastValueName(layer)] = floats(value, dims);
    });
    return feeds;
  }
}
