/**
 * config.json of a Llama or Mistral checkpoint. Defaults are those of transformers' `LlamaConfig` and
 * `MistralConfig`, since a key that is left out there means them. What our graphs do not compute is refused, never
 * ignored: a model that answers slightly wrong is worse than one that does not load.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { SingularError } from '../../shared/errors.ts';
import { readJsonFile } from './files.ts';

export type RopeScaling =
  | { kind: 'linear'; factor: number }
  | { kind: 'llama3'; factor: number; lowFrequencyFactor: number; highFrequencyFactor: number; originalMaxPositions: number };

export interface ModelConfig {
  architecture: 'llama' | 'mistral';
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  keyValueHeads: number;
  headDim: number;
  vocabularySize: number;
  maxPositions: number;
  rmsNormEps: number;
  ropeTheta: number;
  ropeScaling: RopeScaling | null;
  /** a token sees itself and the `slidingWindow − 1` tokens before it; null sees all */
  slidingWindow: number | null;
  tieWordEmbeddings: boolean;
  /** biases on q, k, v and o */
  attentionBias: boolean;
  /** biases on gate, up and down */
  mlpBias: boolean;
  bosTokenId: number | null;
  eosTokenIds: number[];
  /** as config.json declares it; the tensors say what they really are */
  dtype: 'float32' | 'float16' | 'bfloat16';
}

const size = z.int().min(1).max(2 ** 31 - 1);
const tokenId = z.int().min(0);
const ropeSchema = z.looseObject({
  rope_type: z.string().optional(),
  /** the older spelling of `rope_type` */
  type: z.string().optional(),
  rope_theta: z.number().gt(0).optional(),
  factor: z.number().min(1).optional(),
  low_freq_factor: z.number().gt(0).optional(),
  high_freq_factor: z.number().gt(0).optional(),
  original_max_position_embeddings: size.optional(),
  partial_rotary_factor: z.number().optional(),
});

const configSchema = z.looseObject({
  model_type: z.string(),
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: z.int().min(1).max(10_000),
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  vocab_size: size,
  max_position_embeddings: size.optional(),
  rms_norm_eps: z.number().gt(0).default(1e-6),
  rope_theta: z.number().gt(0).nullish(),
  rope_scaling: ropeSchema.nullish(),
  /** transformers 5: `rope_theta` and `rope_scaling` in one */
  rope_parameters: ropeSchema.nullish(),
  sliding_window: size.nullish(),
  hidden_act: z.string().default('silu'),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  torch_dtype: z.string().nullish(),
  /** transformers 5's name of `torch_dtype` */
  dtype: z.string().nullish(),
  quantization_config: z.unknown().optional(),
  partial_rotary_factor: z.number().nullish(),
});
type RawConfig = z.output<typeof configSchema>;

/** Reads config.json of a checkpoint folder. */
export async function readConfig(folder: string): Promise<ModelConfig> {
  const file = join(folder, 'config.json');
  return parseConfig(await readJsonFile(file), file);
}

/**
 * @param file named in errors
 * @throws SingularError `bad-input` naming file, key and value
 */
export function parseConfig(json: unknown, file = 'config.json'): ModelConfig {
  const refuse = (sentence: string): never => {
    throw new SingularError('bad-input', `${file}: ${sentence}`);
  };
  // Told apart first, so that a BERT is called unknown rather than incomplete.
  const modelType = z.looseObject({ model_type: z.string() }).safeParse(json);
  if (!modelType.success) return refuse('“model_type” is missing, so the architecture is unknown.');
  const architecture = modelType.data.model_type;
  if (architecture !== 'llama' && architecture !== 'mistral') return refuse(`“model_type” is “${architecture}”; only llama and mistral are known here.`);

  const parsed = configSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(`“${issue?.path.join('.') ?? ''}” cannot be used: ${issue?.message ?? 'unreadable'}.`);
  }
  const raw = parsed.data;
  if (raw.hidden_act !== 'silu' && raw.hidden_act !== 'swish') return refuse(`“hidden_act” is “${raw.hidden_act}”; only silu is known here.`);
  if (raw.quantization_config) return refuse('“quantization_config” is set; quantised weights cannot be decomposed here.');
  const partial = raw.partial_rotary_factor ?? raw.rope_parameters?.partial_rotary_factor ?? 1;
  if (partial !== 1) return refuse(`“partial_rotary_factor” is ${partial}; only 1 is known here.`);

  const heads = raw.num_attention_heads;
  // MistralConfig's default of 8 applies where the key is absent; null means as many as heads.
  const keyValueHeads = raw.num_key_value_heads ?? (architecture === 'mistral' && raw.num_key_value_heads === undefined ? 8 : heads);
  if (heads % keyValueHeads !== 0) return refuse(`“num_attention_heads” (${heads}) is not a multiple of “num_key_value_heads” (${keyValueHeads}).`);
  if (!raw.head_dim && raw.hidden_size % heads !== 0) return refuse(`“hidden_size” (${raw.hidden_size}) is not a multiple of “num_attention_heads” (${heads}) and there is no “head_dim”.`);
  const headDim = raw.head_dim ?? raw.hidden_size / heads;
  if (headDim % 2 !== 0) return refuse(`“head_dim” is ${headDim}; rotary positions need an even one.`);

  const maxPositions = raw.max_position_embeddings ?? (architecture === 'mistral' ? 131_072 : 2048);
  const dtype = raw.dtype ?? raw.torch_dtype ?? 'float32';
  return {
    architecture,
    hiddenSize: raw.hidden_size,
    intermediateSize: raw.intermediate_size,
    layers: raw.num_hidden_layers,
    heads,
    keyValueHeads,
    headDim,
    vocabularySize: raw.vocab_size,
    maxPositions,
    rmsNormEps: raw.rms_norm_eps,
    ropeTheta: raw.rope_parameters?.rope_theta ?? raw.rope_theta ?? 10_000,
    ropeScaling: ropeScaling(raw, maxPositions, refuse),
    // Only Mistral's code reads the key; absent, its config class means 4096.
    slidingWindow: architecture === 'mistral' ? (raw.sliding_window === undefined ? 4096 : raw.sliding_window) : null,
    tieWordEmbeddings: raw.tie_word_embeddings,
    // Mistral's projections never have biases, whatever its config says.
    attentionBias: architecture === 'llama' && Boolean(raw.attention_bias),
    mlpBias: architecture === 'llama' && Boolean(raw.mlp_bias),
    bosTokenId: raw.bos_token_id === undefined ? 1 : raw.bos_token_id,
    eosTokenIds: raw.eos_token_id === undefined ? [2] : raw.eos_token_id === null ? [] : [raw.eos_token_id].flat(),
    dtype: dtype === 'float16' || dtype === 'bfloat16' ? dtype : 'float32',
  };
}

function ropeScaling(raw: RawConfig, maxPositions: number, refuse: (sentence: string) => never): RopeScaling | null {
  const key = raw.rope_parameters ? 'rope_parameters' : 'rope_scaling';
  const rope = raw.rope_parameters ?? raw.rope_scaling;
  if (!rope) return null;
  const kind = rope.rope_type ?? rope.type ?? 'default';
  const need = (name: keyof typeof rope  , value: number | undefined): number => value ?? refuse(`“${key}.${name}” is missing for rope kind “${kind}”.`);
  switch (kind) {
    case 'default':
      return null;
    case 'linear':
      return { kind, factor: need('factor', rope.factor) };
    case 'llama3': {
      const scaling = {
        kind,
        factor: need('factor', rope.factor),
        lowFrequencyFactor: need('low_freq_factor', rope.low_freq_factor),
        highFrequencyFactor: need('high_freq_factor', rope.high_freq_factor),
        originalMaxPositions: rope.original_max_position_embeddings ?? maxPositions,
      } as const;
      if (scaling.highFrequencyFactor <= scaling.lowFrequencyFactor) {
        return refuse(`“${key}.high_freq_factor” (${scaling.highFrequencyFactor}) is not above “low_freq_factor” (${scaling.lowFrequencyFactor}).`);
      }
      return scaling;
    }
    default:
      return refuse(`“${key}.rope_type” is “${kind}”; only default, linear and llama3 are known here.`);
  }
}
