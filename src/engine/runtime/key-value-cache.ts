/**
 * Keys and values of a batch, owned by JavaScript and fed to every decode step as they lie: [rows, heads, capacity,
 * headDim] per layer, the new token's written in place. The memory is taken once, for the longest that a row can become;
 * rows lie close together in it, move up as the capacity grows and down as others leave, so that a step reads little
 * more than what its rows hold.
 */
import { masked } from '../model/feeds.ts';
import { freshName, keyName, valueName } from '../model/graphs.ts';
import { pastKeyName, pastValueName } from '../model/decoder.ts';
import { floatData, floats, type Feeds, type Tensor } from './session.ts';

/** Two numbers as one, to be copied: half as many moves. Heads have an even size, since rotation takes pairs. */
const pairs = (data: Float32Array): Float64Array => new Float64Array(data.buffer, data.byteOffset, data.length / 2);

/** Tokens by which the capacity grows, and an eighth of it where that is more: moving costs little of what is read. */
const block = 16;
const growth = 1 / 8;

export interface CacheShape {
  layers: number;
  keyValueHeads: number;
  headDim: number;
  slidingWindow: number | null;
}

export interface CacheSize {
  rows: number;
  /** of the longest prompt */
  tokens: number;
  /** most tokens that a row will ever hold */
  limit: number;
}

/**
 * Memory of the last batch, for the next one unless something else needed it meanwhile: clearing what is there takes a
 * tenth of the time in which the system gives new pages (141 MB: 5 ms against 45).
 */
let spare: WeakRef<ArrayBuffer> | undefined;
/** A batch does not sit on memory for one that is so many times larger. */
const mostSpare = 4;

function takeMemory(bytes: number): ArrayBuffer {
  const last = spare?.deref();
  spare = undefined;
  if (!last || last.byteLength < bytes || last.byteLength > mostSpare * bytes) return new ArrayBuffer(bytes);
  new Uint8Array(last, 0, bytes).fill(0);
  return last;
}

const inBlocks = (tokens: number): number => Math.ceil(tokens / block) * block;

export class KeyValueCache {
  private readonly shape: CacheShape;
  private readonly limit: number;
  private rows: number;
  private capacity: number;
  private readonly memory: ArrayBuffer;
  private readonly layers: readonly { key: Float32Array; value: Float32Array }[];
  private readonly lengths: Int32Array;
  private mask = new Float32Array(0);

  constructor(shape: CacheShape, { rows, tokens, limit }: CacheSize) {
    this.shape = shape;
    this.rows = rows;
    this.limit = inBlocks(limit);
    this.capacity = Math.min(this.limit, inBlocks(tokens + 1));
    const size = rows * shape.keyValueHeads * this.limit * shape.headDim;
    this.memory = takeMemory(shape.layers * 2 * size * 4);
    const part = (at: number): Float32Array => new Float32Array(this.memory, at * size * 4, size);
    this.layers = Array.from({ length: shape.layers }, (_, layer) => ({ key: part(2 * layer), value: part(2 * layer + 1) }));
    this.lengths = new Int32Array(rows);
  }

  /** The memory may serve another batch; this cache must not be used again. */
  release(): void {
    spare = new WeakRef(this.memory);
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
    this.lengths.set(lengths, firstRow);
  }

  /** The oldest place that a token at position `length` sees. */
  private firstVisible(length: number): number {
    const { slidingWindow } = this.shape;
    return slidingWindow === null ? 0 : Math.max(0, length - slidingWindow + 1);
  }

  /** Appends one token's keys and values to every row: [rows, layers · 2 · heads, 1, headDim], which lie 8-aligned. */
  append(outputs: Record<string, Tensor>): void {
    const { layers, keyValueHeads } = this.shape;
    const fresh = pairs(floatData(outputs[freshName]));
    const memory = new Float64Array(this.memory);
    const headPairs = this.shape.headDim / 2;
    const size = this.layers[0].key.length / 2;
    let from = 0;
    for (let row = 0; row < this.rows; row++) {
      const first = (row * keyValueHeads * this.capacity + this.lengths[row]) * headPairs;
      for (let part = 0; part < 2 * layers; part++) {
        for (let head = 0; head < keyValueHeads; head++) {
          const to = part * size + first + head * this.capacity * headPairs;
          for (let i = 0; i < headPairs; i++) memory[to + i] = fresh[from++];
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

  /** Row i becomes what row kept[i] was, which lies at i or behind it; the others leave. */
  keep(kept: readonly number[]): void {
    kept.forEach((row, i) => {
      if (row !== i) this.move(row, this.capacity, i, this.capacity);
    });
    this.rows = kept.length;
  }

  /** Room for more tokens in every row. */
  grow(): void {
    const capacity = Math.min(this.limit, inBlocks(this.capacity * (1 + growth)));
    for (let row = this.rows - 1; row >= 0; row--) this.move(row, this.capacity, row, capacity);
    this.capacity = capacity;
  }

  /** Nothing of what lay there before stays behind a row's last token: masked, it could still be infinite. */
  private move(row: number, capacity: number, to: number, newCapacity: number): void {
    const { keyValueHeads, headDim } = this.shape;
    const width = this.lengths[row] * headDim;
    // heads in the order in which none is written over before it has moved
    const heads = Array.from({ length: keyValueHeads }, (_, head) => (newCapacity > capacity ? keyValueHeads - 1 - head : head));
    for (const { key, value } of this.layers) {
      for (const head of heads) {
        const from = (row * keyValueHeads + head) * capacity * headDim;
        const first = (to * keyValueHeads + head) * newCapacity * headDim;
        for (const memory of [key, value]) memory.copyWithin(first, from, from + width).fill(0, first + width, first + newCapacity * headDim);
      }
    }
    this.lengths[to] = this.lengths[row];
  }

  /** Inputs of a decode step; they alias this cache's memory and stay valid until rows leave or the capacity grows. */
  feeds(): Feeds {
    const { keyValueHeads, headDim } = this.shape;
    const dims = [this.rows, keyValueHeads, 1, this.capacity, headDim];
    const size = this.rows * keyValueHeads * this.capacity * headDim;
    this.mask = new Float32Array(this.rows * this.capacity).fill(masked);
    for (let row = 0; row < this.rows; row++) {
      const length = this.lengths[row];
      this.mask.fill(0, row * this.capacity + this.firstVisible(length), row * this.capacity + length);
    }
    const feeds: Feeds = { mask: floats(this.mask, [this.rows, 1, 1, 1, this.capacity]) };
    this.layers.forEach(({ key, value }, layer) => {
      feeds[pastKeyName(layer)] = floats(key.subarray(0, size), dims);
      feeds[pastValueName(layer)] = floats(value.subarray(0, size), dims);
    });
    return feeds;
  }
}
