/**
 * A Llama checkpoint as GGUF in fp32, so that llama.cpp can be measured on the very same weights.
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. llama.cpp rotates neighbouring pairs where
 * Hugging Face rotates halves, so the rows of q and k are interleaved.
 */
import { writeFile } from 'node:fs/promises';
import type { Checkpoint } from '../src/engine/checkpoint/open.ts';
import { readTensorF32 } from '../src/engine/checkpoint/safetensors.ts';

const utf8 = new TextEncoder();
const alignment = 32;

class Writer {
  private readonly parts: Uint8Array[] = [];
  length = 0;

  bytes(part: Uint8Array): this {
    this.parts.push(part);
    this.length += part.length;
    return this;
  }
  u32(value: number): this {
    return this.bytes(new Uint8Array(Uint32Array.of(value).buffer));
  }
  u64(value: number): this {
    return this.bytes(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }
  f32(value: number): this {
    return this.bytes(new Uint8Array(Float32Array.of(value).buffer));
  }
  text(value: string): this {
    const encoded = utf8.encode(value);
    return this.u64(encoded.length).bytes(encoded);
  }
  pad(): this {
    return this.bytes(new Uint8Array((alignment - (this.length % alignment)) % alignment));
  }
  concat(): Buffer {
    return Buffer.concat(this.parts);
  }
}

type Value = { u32: number } | { f32: number } | { text: string } | { texts: string[] } | { floats: number[] } | { ints: number[] };

function writeValue(writer: Writer, value: Value): void {
  if ('u32' in value) writer.u32(4).u32(value.u32);
  else if ('f32' in value) writer.u32(6).f32(value.f32);
  else if ('text' in value) writer.u32(8).text(value.text);
  else if ('texts' in value) {
    writer.u32(9).u32(8).u64(value.texts.length);
    for (const text of value.texts) writer.text(text);
  } else if ('floats' in value) {
    writer.u32(9).u32(6).u64(value.floats.length);
    for (const item of value.floats) writer.f32(item);
  } else {
    writer.u32(9).u32(5).u64(value.ints.length);
    for (const item of value.ints) writer.u32(item);
  }
}

const names: Record<string, string> = {
  'self_attn.q_proj': 'attn_q', 'self_attn.k_proj': 'attn_k', 'self_attn.v_proj': 'attn_v', 'self_attn.o_proj': 'attn_output',
  'mlp.gate_proj': 'ffn_gate', 'mlp.up_proj': 'ffn_up', 'mlp.down_proj': 'ffn_down',
  input_layernorm: 'attn_norm', post_attention_layernorm: 'ffn_norm',
};

function ggufName(name: string): string {
  if (name === 'model.embed_tokens.weight') return 'token_embd.weight';
  if (name === 'model.norm.weight') return 'output_norm.weight';
  if (name === 'lm_head.weight') return 'output.weight';
  const match = /^model\.layers\.(\d+)\.(.+)\.weight$/.exec(name);
  if (!match) throw new Error(`no GGUF name for ${name}`);
  return `blk.${match[1]}.${names[match[2]]}.weight`;
}

/** Rows of each head: halves (a₀…a_k b₀…b_k) become pairs (a₀ b₀ a₁ b₁ …). */
function interleaved(data: Float32Array, heads: number, columns: number): Float32Array {
  const headDim = data.length / columns / heads;
  const result = new Float32Array(data.length);
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < headDim; i++) {
      const from = head * headDim + (i % 2) * (headDim / 2) + Math.floor(i / 2);
      result.set(data.subarray(from * columns, (from + 1) * columns), (head * headDim + i) * columns);
    }
  }
  return result;
}

export async function writeGguf(checkpoint: Checkpoint, path: string): Promise<void> {
  const { config, tensors } = checkpoint;
  // llama.cpp wants a vocabulary; benchmarks speak in ids, so its texts do not matter
  const vocabulary = Array.from({ length: config.vocabularySize }, (_, id) => (id >= 3 && id < 259 ? `<0x${(id - 3).toString(16).toUpperCase().padStart(2, '0')}>` : `t${id}`));
  const metadata: Record<string, Value> = {
    'general.architecture': { text: 'llama' },
    'llama.context_length': { u32: config.maxPositions },
    'llama.embedding_length': { u32: config.hiddenSize },
    'llama.block_count': { u32: config.layers },
    'llama.feed_forward_length': { u32: config.intermediateSize },
    'llama.attention.head_count': { u32: config.heads },
    'llama.attention.head_count_kv': { u32: config.keyValueHeads },
    'llama.attention.key_length': { u32: config.headDim },
    'llama.attention.value_length': { u32: config.headDim },
    'llama.attention.layer_norm_rms_epsilon': { f32: config.rmsNormEps },
    'llama.rope.dimension_count': { u32: config.headDim },
    'llama.rope.freq_base': { f32: config.ropeTheta },
    'llama.vocab_size': { u32: config.vocabularySize },
    'tokenizer.ggml.model': { text: 'llama' },
    'tokenizer.ggml.tokens': { texts: vocabulary },
    'tokenizer.ggml.scores': { floats: vocabulary.map((_, id) => -id) },
    'tokenizer.ggml.token_type': { ints: vocabulary.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1)) },
    'tokenizer.ggml.bos_token_id': { u32: 1 },
    'tokenizer.ggml.eos_token_id': { u32: 2 },
    'tokenizer.ggml.unknown_token_id': { u32: 0 },
  };
  const header = new Writer().bytes(utf8.encode('GGUF')).u32(3).u64(tensors.size).u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) writeValue(header.text(key), value);

  const body = new Writer();
  for (const [name, place] of tensors) {
    let data = await readTensorF32(place);
    if (name.endsWith('q_proj.weight')) data = interleaved(data, config.heads, config.hiddenSize);
    if (name.endsWith('k_proj.weight')) data = interleaved(data, config.keyValueHeads, config.hiddenSize);
    header.text(ggufName(name)).u32(place.shape.length);
    for (const extent of [...place.shape].reverse()) header.u64(extent);
    header.u32(0).u64(body.length);
    body.bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).pad();
  }
  await writeFile(path, Buffer.concat([header.pad().concat(), body.concat()]));
}
