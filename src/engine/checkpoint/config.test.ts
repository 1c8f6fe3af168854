import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';
import { ropeTables } from './rope.ts';
import { tinyConfig } from './testing.ts';

const withKeys = (keys: object): object => ({ ...tinyConfig, ...keys });

test('defaults are those of transformers', () => {
  const llama = parseConfig({ model_type: 'llama', hidden_size: 64, intermediate_size: 128, num_hidden_layers: 2, num_attention_heads: 8, vocab_size: 100 });
  expect(llama).toMatchObject({ keyValueHeads: 8, headDim: 8, maxPositions: 2048, rmsNormEps: 1e-6, ropeTheta: 10000, ropeScaling: null, slidingWindow: null, tieWordEmbeddings: false, attentionBias: false, mlpBias: false, bosTokenId: 1, eosTokenIds: [2] });
  const mistral = parseConfig({ model_type: 'mistral', hidden_size: 64, intermediate_size: 128, num_hidden_layers: 2, num_attention_heads: 8, vocab_size: 100 });
  expect(mistral).toMatchObject({ keyValueHeads: 8, slidingWindow: 4096, maxPositions: 131072 });
  expect(parseConfig(withKeys({ model_type: 'mistral', sliding_window: null })).slidingWindow).toBeNull();
  expect(parseConfig(withKeys({ sliding_window: 16 })).slidingWindow).toBeNull();
  expect(parseConfig(withKeys({ model_type: 'mistral', attention_bias: true })).attentionBias).toBe(false);
});

test('both spellings of the rope configuration give the same', () => {
  const llama3 = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 32 };
  const expected = { ropeTheta: 5e5, ropeScaling: { kind: 'llama3', factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaxPositions: 32 } };
  expect(parseConfig(withKeys({ rope_theta: 5e5, rope_scaling: { rope_type: 'llama3', ...llama3 } }))).toMatchObject(expected);
  expect(parseConfig(withKeys({ rope_parameters: { rope_type: 'llama3', rope_theta: 5e5, ...llama3 } }))).toMatchObject(expected);
  expect(parseConfig(withKeys({ rope_scaling: { type: 'linear', factor: 2 } })).ropeScaling).toEqual({ kind: 'linear', factor: 2 });
  expect(parseConfig(withKeys({ rope_parameters: { rope_type: 'default', rope_theta: 7 } }))).toMatchObject({ ropeTheta: 7, ropeScaling: null });
});

test.each([
  [{ model_type: 'gpt2' }, '“gpt2”'],
  [{ model_type: undefined }, '“model_type”'],
  [{ hidden_act: 'gelu' }, '“gelu”'],
  [{ rope_scaling: { rope_type: 'yarn', factor: 2 } }, '“yarn”'],
  [{ rope_parameters: { rope_type: 'longrope', rope_theta: 1e4 } }, '“longrope”'],
  [{ rope_scaling: { type: 'linear' } }, '“rope_scaling.factor”'],
  [{ rope_scaling: { type: 'llama3', factor: 2, low_freq_factor: 4, high_freq_factor: 4 } }, 'high_freq_factor'],
  [{ num_key_value_heads: 3 }, '“num_key_value_heads” (3)'],
  [{ hidden_size: 9 }, '“hidden_size” (9)'],
  [{ head_dim: 3 }, '“head_dim” is 3'],
  [{ vocab_size: '32' }, '“vocab_size”'],
  [{ num_hidden_layers: 1e9 }, '“num_hidden_layers”'],
  [{ rms_norm_eps: -1 }, '“rms_norm_eps”'],
  [{ quantization_config: { quant_method: 'awq' } }, '“quantization_config”'],
  [{ partial_rotary_factor: 0.5 }, '“partial_rotary_factor”'],
])('refuses %j naming the key', (keys, words) => {
  expect(() => parseConfig(withKeys(keys), 'here/config.json')).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringMatching(/^here\/config\.json: .*\.$/) as string }) as Error);
  expect(() => parseConfig(withKeys(keys))).toThrow(words);
});

test('position tables turn by θ^(−2i/d) per position', () => {
  const { cos, sin } = ropeTables({ headDim: 4, ropeTheta: 100, ropeScaling: null }, 3);
  expect(cos).toHaveLength(6);
  expect([cos[4], sin[4], cos[5], sin[5]]).toEqual([Math.cos(2), Math.sin(2), Math.cos(0.2), Math.sin(0.2)].map(Math.fround));
  const linear = ropeTables({ headDim: 4, ropeTheta: 100, ropeScaling: { kind: 'linear', factor: 2 } }, 5);
  expect([...linear.cos.slice(8)]).toEqual([...cos.slice(4)]);
});
