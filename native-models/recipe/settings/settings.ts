import type { Phase } from '../schedule.ts';
import type { chatFormats } from '../tokenizer.ts';

/** Everything that makes one bundled model; a model's own file has what sets it apart from the others, shared.ts the rest. */
export interface ModelSettings {
  id: string;
  license: string;
  seed: number;
  vocabularySize: number;
  chat: keyof typeof chatFormats;
  /** config.json of the Hugging Face layout, without the vocabulary and token ids, which the tokenizer gives */
  architecture: {
    model_type: 'llama' | 'mistral';
    hidden_size: number;
    intermediate_size: number;
    num_hidden_layers: number;
    num_attention_heads: number;
    num_key_value_heads: number;
    head_dim: number;
    max_position_embeddings: number;
    rms_norm_eps: number;
    rope_theta: number;
    sliding_window?: number;
  };
  data: {
    rows: { train: number; validation: number; test: number };
    hardRows: { train: number; validation: number; test: number };
    /** share of documents of each kind in the pretraining text */
    documents: { math: number; code: number; reasoning: number; sums: number; drills: number; stories: number };
    /** share of careful demonstrations that are nevertheless wrong */
    carefulSlip: number;
    /** how far an undecided cue is pushed to one side by the habit (see quality.ts) */
    habitShift: number;
  };
  training: {
    rowTokens: number;
    batchRows: number;
    /** one after the other; the optimiser's state goes on */
    phases: readonly [Phase, ...Phase[]];
    weightDecay: number;
    beta1: number;
    beta2: number;
    clipNorm: number;
    initDeviation: number;
    /** of the embeddings at the start, which are the output weights too */
    embeddingDeviation: number;
    /** weight of the loss on prompt tokens (names and numbers are mostly chance); answers and stories weigh 1 */
    promptWeight: number;
    checkpointSeconds: number;
  };
}
