/** Folders with one seeded fault each: opened in full, or refused in one sentence; never anything else. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SingularError } from '../../shared/errors.ts';
import { readExpertFile, writeExpertFile } from './expert-file.ts';
import { describe as describeModel, openCheckpoint } from './open.ts';
import { seeded } from '../testing/seeded.ts';
import { withFolder, writeCheckpoint } from './testing.ts';
import { loadTokenizer } from './tokenizer.ts';

/** Values that a careless reader trips over. */
const oddValues: unknown[] = [null, -1, 0, 1, 0.5, 1e308, 2 ** 53, '', 'x', [], {}, [null], { __proto__: null, constructor: 1 }, true, '0', 'constructor', '__proto__', [[[[]]]], '\u0000', '../../x'];

/** Replaces, removes or adds one thing somewhere in a JSON value. */
function mutate(value: unknown, random: () => number): unknown {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  if (typeof value !== 'object' || value === null || random() < 0.15) return pick(oddValues);
  if (Array.isArray(value)) {
    if (value.length === 0) return [pick(oddValues)];
    const at = Math.floor(random() * value.length);
    return value.flatMap((item: unknown, i) => (i !== at ? [item] : random() < 0.3 ? [] : [mutate(item, random)]));
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return { x: pick(oddValues) };
  const [key] = pick(entries);
  return Object.fromEntries(entries.flatMap(([name, item]): [string, unknown][] => (name !== key ? [[name, item]] : random() < 0.2 ? [] : random() < 0.1 ? [[JSON.stringify(pick(oddValues)), item]] : [[name, mutate(item, random)]])));
}

/** @returns whether the work was refused */
async function refused(seed: number, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (!(error instanceof SingularError)) throw new Error(`seed ${seed}`, { cause: error });
    expect(error.message).toMatch(/^[^\n]{10,500}$/);
    expect(['bad-input', 'not-found', 'conflict']).toContain(error.code);
    return true;
  }
}

/** One JSON file of a folder, mutated by each seed in turn. @returns how many were refused */
async function fuzzJson(file: string, seeds: number, work: () => Promise<unknown>): Promise<number> {
  const text = await readFile(file, 'utf8');
  let count = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const random = seeded(seed);
    let value: unknown = JSON.parse(text);
    for (let change = 0; change <= random() * 2; change++) value = mutate(value, random);
    let mutated = JSON.stringify(value);
    if (random() < 0.1) mutated = mutated.slice(0, Math.floor(random() * mutated.length));
    await writeFile(file, mutated);
    if (await refused(seed, work)) count++;
  }
  await writeFile(file, text);
  return count;
}

const tokenizer = {
  version: '1.0', truncation: null, padding: null,
  added_tokens: [{ id: 4, content: '<s>', single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }],
  normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }] },
  pre_tokenizer: null,
  post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }], pair: [], special_tokens: { '<s>': { id: '<s>', ids: [4], tokens: ['<s>'] } } },
  decoder: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }] },
  model: { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: true, byte_fallback: false, vocab: { '▁': 0, a: 1, b: 2, ab: 3, '<s>': 4 }, merges: [['a', 'b']] },
};

test('config.json', async () => {
  await withFolder(async (folder) => {
    await writeCheckpoint(folder, { config: { rope_scaling: { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 32 } } });
    const open = async (): Promise<unknown> => describeModel(await openCheckpoint(folder));
    expect(await refused(-1, open)).toBe(false);
    expect(await fuzzJson(join(folder, 'config.json'), 120, open)).toBeGreaterThan(40);
    // Nothing that was read has changed what objects are.
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

test('the index of shards', async () => {
  await withFolder(async (folder) => {
    const whole = join(folder, 'whole');
    await mkdir(whole);
    await writeCheckpoint(whole);
    const checkpoint = await openCheckpoint(whole);
    await writeFile(join(folder, 'config.json'), await readFile(join(whole, 'config.json')));
    await writeFile(join(folder, 'a.safetensors'), await readFile(join(whole, 'model.safetensors')));
    const index = join(folder, 'model.safetensors.index.json');
    await writeFile(index, JSON.stringify({ weight_map: Object.fromEntries([...checkpoint.tensors.keys()].map((name) => [name, 'a.safetensors'])) }));
    const open = async (): Promise<unknown> => describeModel(await openCheckpoint(folder));
    expect(await refused(-1, open)).toBe(false);
    expect(await fuzzJson(index, 80, open)).toBeGreaterThan(40);
  });
});

test('tokenizer.json and tokenizer_config.json', async () => {
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
    await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ bos_token: '<s>', eos_token: { content: 'b' }, add_bos_token: true, chat_template: '{% for m in messages %}{{ m.content }}{% endfor %}' }));
    const use = async (): Promise<unknown> => {
      const loaded = await loadTokenizer(folder);
      return [loaded.promptIds('ab a', true), loaded.promptIds([{ role: 'user', content: 'ab' }], false), loaded.decode([0, 1, 3])];
    };
    expect((await loadTokenizer(folder)).encode('ab a')).toEqual([4, 0, 3, 0, 1]);
    expect(await fuzzJson(join(folder, 'tokenizer.json'), 150, use)).toBeGreaterThan(20);
    expect(await fuzzJson(join(folder, 'tokenizer_config.json'), 80, use)).toBeGreaterThan(10);
  });
});

test('expert files, byte by byte', async () => {
  await withFolder(async (folder) => {
    const name = 'model.layers.0.self_attn.q_proj.weight';
    const model = { weightsHash: 'ab'.repeat(32), matrices: [{ name, layer: 0, projection: 'q' as const, rows: 4, columns: 4, rank: 4 }] };
    const file = join(folder, 'e.safetensors');
    await writeExpertFile(file, { [name]: Float32Array.of(1, 2, 3, 4) }, { weights_hash: model.weightsHash });
    const original = await readFile(file);
    let count = 0;
    for (let seed = 0; seed < 150; seed++) {
      const random = seeded(seed);
      const bytes = Buffer.from(original);
      for (let change = 0; change <= random() * 3; change++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      await writeFile(file, random() < 0.2 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes);
      if (await refused(seed, async () => readExpertFile(file, model))) count++;
    }
    expect(count).toBeGreaterThan(90);
  });
});
