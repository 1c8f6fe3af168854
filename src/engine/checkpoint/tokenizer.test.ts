import { existsSync } from 'node:fs';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { seeded } from '../testing/seeded.ts';
import { withFolder } from './testing.ts';
import { loadTokenizer, type Tokenizer } from './tokenizer.ts';

const stories = join(import.meta.dirname, '../../../../shared/models/stories260K');

/** A byte-level BPE tokenizer without merges: every byte is a token, as in the GPT-2 family. */
function byteLevelTokenizer(): object {
  const printable = [[33, 126], [161, 172], [174, 255]].flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  const characters = new Map(printable.map((byte) => [byte, String.fromCharCode(byte)]));
  for (let byte = 0, extra = 0; byte < 256; byte++) if (!characters.has(byte)) characters.set(byte, String.fromCharCode(256 + extra++));
  const vocab = Object.fromEntries(Array.from({ length: 256 }, (_, byte) => [characters.get(byte)!, byte]));
  const special = ['<|start|>', '<|end|>'].map((content, i) => ({ id: 256 + i, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }));
  return {
    version: '1.0', truncation: null, padding: null, added_tokens: special, normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null, decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: '', end_of_word_suffix: '', fuse_unk: false, byte_fallback: false, vocab, merges: [] },
  };
}

const template = "{% for message in messages %}{{ '<|start|>' + message['role'] + '\n' + message['content'] + eos_token + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start|>assistant\n' }}{% endif %}";

async function withByteLevel<T>(work: (tokenizer: Tokenizer, folder: string) => Promise<T> | T, config: object = {}): Promise<T> {
  return withFolder(async (folder) => {
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(byteLevelTokenizer()));
    await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ tokenizer_class: 'PreTrainedTokenizerFast', bos_token: '<|start|>', eos_token: '<|end|>', chat_template: template, ...config }));
    await writeFile(join(folder, 'config.json'), JSON.stringify({ eos_token_id: [257, 3] }));
    return work(await loadTokenizer(folder), folder);
  });
}

const streamed = (tokenizer: Tokenizer, ids: readonly number[]): string => {
  const decoder = tokenizer.streamDecoder();
  return ids.map((id) => decoder.push(id)).join('') + decoder.flush();
};

describe.skipIf(!existsSync(stories))('a SentencePiece tokenizer (stories260K, from ../shared)', () => {
  const expectedSchema = z.object({ greedy_ids_from_bos: z.array(z.number()), greedy_text_from_bos: z.string() });
  let tokenizer: Tokenizer;
  let expected: z.output<typeof expectedSchema>;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(stories);
    expected = expectedSchema.parse(JSON.parse(await readFile(join(stories, 'expected.json'), 'utf8')));
  });

  test('text and tokens are the independent reference', () => {
    expect(tokenizer.encode(expected.greedy_text_from_bos)).toEqual(expected.greedy_ids_from_bos);
    expect(tokenizer.decode(expected.greedy_ids_from_bos)).toBe(expected.greedy_text_from_bos);
    expect(tokenizer.encode('Once', { addSpecialTokens: false })).toEqual([403]);
    expect(tokenizer.decode([1, 403, 2], { skipSpecialTokens: false })).toBe('<s> Once</s>');
    expect(tokenizer).toMatchObject({ bosTokenId: 1, eosTokenIds: [2], vocabularySize: 512, hasChatTemplate: false });
  });

  test('an empty raw prompt is the BOS token; without a template prompts and messages are plain', () => {
    expect(tokenizer.promptIds('', true)).toEqual({ text: '', ids: [1] });
    expect(tokenizer.promptIds('Once', false)).toEqual({ text: 'Once', ids: [1, 403] });
    expect(tokenizer.promptIds([{ role: 'system', content: 'Once' }, { role: 'user', content: 'upon' }], false).text).toBe('Once\n\nupon');
  });

  test('streamed text is the decoded whole, with spaces and characters of several bytes', () => {
    expect(streamed(tokenizer, expected.greedy_ids_from_bos)).toBe(expected.greedy_text_from_bos);
    for (const text of ['Lily  saw   a 狗 🐕‍🦺.', ' Zoë\n\n ate ', 'é', '']) {
      const ids = tokenizer.encode(text);
      expect(streamed(tokenizer, ids)).toBe(tokenizer.decode(ids));
      // An answer begins in the middle of a text: its own decoding is the reference.
      const answer = ids.slice(2);
      expect(streamed(tokenizer, answer)).toBe(tokenizer.decode(answer));
    }
    for (let seed = 0; seed < 60; seed++) {
      const random = seeded(seed);
      const ids = Array.from({ length: 40 }, () => (random() < 0.1 ? 1 + Math.floor(random() * 2) : 259 + Math.floor(random() * 253)));
      expect(streamed(tokenizer, ids)).toBe(tokenizer.decode(ids));
    }
  });

  test('no increment ends inside a character', () => {
    const decoder = tokenizer.streamDecoder();
    for (const id of tokenizer.encode('a 狗 b 🐕 c')) expect(decoder.push(id)).not.toContain('\uFFFD');
    expect(decoder.flush()).toBe('');
  });

  test('a tokenizer that is missing or broken is one sentence', async () => {
    await withFolder(async (folder) => {
      await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('no tokenizer.json') as string });
      await writeFile(join(folder, 'tokenizer.json'), '{"model":');
      await expect(loadTokenizer(folder)).rejects.toThrow('tokenizer.json is not valid JSON');
      await writeFile(join(folder, 'tokenizer.json'), '{"model":{"type":"BPE"}}');
      await expect(loadTokenizer(folder)).rejects.toThrow('tokenizer.json is not a tokenizer');
      await writeFile(join(folder, 'tokenizer.json'), '{"model":{"type":"Nonsense","vocab":{}}}');
      await expect(loadTokenizer(folder)).rejects.toThrow(/^The tokenizer of .* cannot be used: .*\.$/);
      await copyFile(join(stories, 'tokenizer.json'), join(folder, 'tokenizer.json'));
      expect((await loadTokenizer(folder)).encode('Once')).toEqual([1, 403]);
    });
  });
});

test('a chat template writes the exact prompt, from either file', async () => {
  await withByteLevel(async (tokenizer, folder) => {
    const text = '<|start|>user\nhi<|end|>\n<|start|>assistant\n';
    expect(tokenizer.hasChatTemplate).toBe(true);
    const { text: written, ids } = tokenizer.promptIds('hi', false);
    expect(written).toBe(text);
    expect(ids).toEqual([256, ...Buffer.from('user\nhi'), 257, ...Buffer.from('\n'), 256, ...Buffer.from('assistant\n')]);
    expect(tokenizer.applyChatTemplate([{ role: 'user', content: 'hi' }], { addGenerationPrompt: false }).text).toBe('<|start|>user\nhi<|end|>\n');
    expect(tokenizer.promptIds('hi', true)).toEqual({ text: 'hi', ids: [...Buffer.from('hi')] });
    expect(tokenizer.promptIds('', true).ids).toEqual([256]);
    expect([...tokenizer.eosTokenIds].sort()).toEqual([257, 3]);
    await writeFile(join(folder, 'chat_template.jinja'), '[{{ messages[0].content }}]');
    expect((await loadTokenizer(folder)).promptIds('hi', false).text).toBe('[hi]');
    await writeFile(join(folder, 'chat_template.jinja'), "{{ raise_exception('Roles must alternate.') }}");
    const strict = await loadTokenizer(folder);
    expect(() => strict.promptIds('hi', false)).toThrow(/^The chat template of .* refuses this conversation: Roles must alternate\.$/);
    await rm(join(folder, 'chat_template.jinja'));
  });
});

test('add_bos_token is honoured where the tokenizer file leaves it out', async () => {
  await withByteLevel((tokenizer) => {
    expect(tokenizer.encode('hi')).toEqual([256, ...Buffer.from('hi')]);
    expect(tokenizer.encode('hi', { addSpecialTokens: false })).toEqual([...Buffer.from('hi')]);
  }, { add_bos_token: true });
});

test('byte-level tokens stream whole characters, and what never becomes one comes out at the end', async () => {
  await withByteLevel((tokenizer) => {
    const ids = [...Buffer.from('naïve 狗🐕')];
    const decoder = tokenizer.streamDecoder();
    const increments = ids.map((id) => decoder.push(id));
    expect(increments.join('') + decoder.flush()).toBe('naïve 狗🐕');
    expect(increments.join('')).not.toContain('\uFFFD');
    const cut = ids.slice(0, -2);
    expect(streamed(tokenizer, cut)).toBe(tokenizer.decode(cut));
    for (let seed = 0; seed < 60; seed++) {
      const random = seeded(seed);
      const noise = Array.from({ length: 30 }, () => Math.floor(random() * 258));
      expect(streamed(tokenizer, noise)).toBe(tokenizer.decode(noise));
    }
  });
});
