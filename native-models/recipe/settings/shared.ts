/** What the bundled models have alike, so that they can be compared: shapes of matrices, kinds of rows, the optimiser. */
import type { ModelSettings } from './settings.ts';

export const shapes = {
  hidden_size: 192, intermediate_size: 512, num_hidden_layers: 6, num_attention_heads: 6,
  num_key_value_heads: 3, head_dim: 32, max_position_embeddings: 512, rms_norm_eps: 1e-5, rope_theta: 10_000,
} satisfies Partial<ModelSettings['architecture']>;

export const data: ModelSettings['data'] = {
  rows: { train: 2400, validation: 320, test: 600 },
  hardRows: { train: 600, validation: 200, test: 500 },
  documents: { math: 0.28, code: 0.21, reasoning: 0.25, sums: 0.07, drills: 0.12, stories: 0.07 },
  carefulSlip: 0.02,
  habitShift: 0.2,
};

export const training: Omit<ModelSettings['training'], 'phases'> = {
  rowTokens: 128, batchRows: 16,
  weightDecay: 0.1, beta1: 0.9, beta2: 0.95, clipNorm: 1, initDeviation: 0.05, embeddingDeviation: 0.12, promptWeight: 0.1, checkpointSeconds: 60,
};
