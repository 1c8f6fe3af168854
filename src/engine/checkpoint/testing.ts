/** Small checkpoints for tests, written byte by byte where the point is that they are wrong. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seeded } from '../testing/seeded.ts';
import { fromFloat32, type WeightDtype } from './dtypes.ts';
import { parseConfig } from './config.ts';
import { expectedTensors } from './open.ts';
import { writeSafetensors } from './safetensors-write.ts';

/** A folder that is gone when the test is. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'singular-checkpoint-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The bytes of a safetensors file with this header, true or not. */
export function rawSafetensors(header: unknown, data: Uint8Array, claimedLength?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, claimedLength ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

export const tinyConfig = {
  architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: 8, intermediate_size: 12, num_hidden_layers: 2,
  num_attention_heads: 2, num_key_value_heads: 1, vocab_size: 32, max_position_embeddings: 64, rms_norm_eps: 1e-5,
  tie_word_embeddings: true, bos_token_id: 1, eos_token_id: 2, torch_dtype: 'float32',
};

/** A checkpoint with random weights. @returns what was written, by tensor name */
export async function writeCheckpoint(folder: string, options: { config?: object; dtype?: WeightDtype; seed?: number } = {}): Promise<Map<string, Float32Array>> {
  const config = { ...tinyConfig, ...options.config };
  const random = seeded(options.seed ?? 1);
  const weights = new Map<string, Float32Array>();
  const tensors = [...expectedTensors(parseConfig(config))].map(([name, shape]) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() - 0.5);
    weights.set(name, values);
    const dtype = options.dtype ?? 'F32';
    return { name, dtype, shape, data: fromFloat32(values, dtype) };
  });
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' });
  return weights;
}
