/**
 * What a gradient over whole sequences keeps in memory, in bytes: enough to choose between keeping a decoder's inner
 * values and making them again, and what bench/memory.ts compares its measurements with.
 */
import type { ModelConfig } from '../checkpoint/config.ts';

type Extents = Pick<ModelConfig, 'layers' | 'hiddenSize' | 'intermediateSize' | 'heads' | 'keyValueHeads' | 'headDim'>;

/** Values as wide as a projection that one token of one layer leaves for its gradient, each projection with its two rotated forms. */
function widths({ hiddenSize, intermediateSize, heads, keyValueHeads, headDim }: Extents): number {
  const [query, keyValue] = [heads * headDim, keyValueHeads * headDim];
  const rank = (inputs: number, outputs: number): number => Math.min(inputs, outputs);
  const rotated = 2 * (rank(hiddenSize, query) * 2 + rank(hiddenSize, keyValue) * 2 + rank(hiddenSize, intermediateSize) * 3);
  return rotated + 4 * hiddenSize + 2 * query + 2 * keyValue + 4 * intermediateSize;
}

/** Every layer's inner values: two of them are [heads, tokens, tokens]. */
export const keptBytes = (config: Extents, rows: number, tokens: number): number =>
  4 * config.layers * rows * tokens * (widths(config) + 2 * config.heads * tokens);

/** One layer's inner values while it is differentiated, three of them [heads, tokens, tokens], and a hidden state for each layer. */
export const recomputedBytes = (config: Extents, rows: number, tokens: number): number =>
  4 * rows * tokens * (widths(config) + 3 * config.heads * tokens + config.layers * config.hiddenSize);
