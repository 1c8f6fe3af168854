/** The inputs that every graph over whole sequences shares: ids, positions, rotary tables and the causal mask. */
import { ropeTables } from '../checkpoint/rope.ts';
import type { ModelConfig } from '../checkpoint/config.ts';

/** What is added to a score that must not count. Finite, so that a wholly masked row stays a number. */
export const masked = -1e9;

/**
 * Additive causal mask [tokens, past + tokens] of tokens that follow `past` others; a sliding window hides what lies
 * `slidingWindow` or more tokens back.
 */
export function causalMask(tokens: number, slidingWindow: number | null, past = 0): Float32Array {
  const keys = past + tokens;
  const mask = new Float32Array(tokens * keys).fill(masked);
  for (let query = 0; query < tokens; query++) {
    const first = slidingWindow === null ? 0 : Math.max(0, past + query - slidingWindow + 1);
    mask.fill(0, query * keys + first, query * keys + past + query + 1);
  }
  return mask;
}

export interface RightPadded {
  rows: number;
  tokens: number;
  /** [rows, tokens], padded with 0 */
  ids: BigInt64Array;
  /** [rows, tokens], 0 … tokens − 1 in every row */
  positions: BigInt64Array;
}

export function rightPadded(sequences: readonly (readonly number[])[]): RightPadded {
  const rows = sequences.length;
  const tokens = Math.max(1, ...sequences.map(({ length }) => length));
  const ids = new BigInt64Array(rows * tokens);
  const positions = new BigInt64Array(rows * tokens);
  sequences.forEach((sequence, row) => {
    for (let i = 0; i < sequence.length; i++) ids[row * tokens + i] = BigInt(sequence[i]);
    for (let i = 0; i < tokens; i++) positions[row * tokens + i] = BigInt(i);
  });
  return { rows, tokens, ids, positions };
}

/** Rotary tables grow with use; each is computed once. */
export class RotaryTables {
  private readonly config: ModelConfig;
  private length = 0;
  private tables: { cos: Float32Array; sin: Float32Array } = { cos: new Float32Array(0), sin: new Float32Array(0) };

  constructor(config: ModelConfig) {
    this.config = config;
  }

  /** cos and sin [positions, headDim / 2] for at least `positions` places, rounded up so that a growing answer reuses them */
  for(positions: number): { cos: Float32Array; sin: Float32Array; positions: number } {
    if (positions > this.length) {
      this.length = Math.ceil(positions / 256) * 256;
      this.tables = ropeTables(this.config, this.length);
    }
    return { ...this.tables, positions: this.length };
  }
}
