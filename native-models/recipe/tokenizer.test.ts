import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AutoTokenizer, type PreTrainedTokenizer } from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDocument } from './corpus.ts';
import { modelEncoder, modelFiles, trainModelTokenizer } from './files.ts';
import { createRandom } from './random.ts';
import { allSettings } from './settings/index.ts';
import { chatFormats, trainTokenizer } from './tokenizer.ts';

/** what a chat of three messages looks like */
const chats: Record<string, string> = {
  'tiny-llama': '<s><|system|>S<|user|>Q<|assistant|>A</s>',
  'tiny-mistral': '<s>[INST]S\n\nQ[/INST]A</s>',
};

describe.each(allSettings)('the tokenizer of $id', (settings) => {
  const trained = trainModelTokenizer(settings);
  const encoder = modelEncoder(settings);
  const { specialTokens } = chatFormats[settings.chat];
  const folder = mkdtempSync(join(tmpdir(), 'recipe-tokenizer-'));
  let tokenizer: PreTrainedTokenizer;

  beforeAll(async () => {
    for (const [name, text] of modelFiles(settings)) writeFileSync(join(folder, name), text);
    tokenizer = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** the world's text, and text from outside of it */
  const random = createRandom(3);
  const samples = Array.from({ length: 300 }, () => makeDocument(random, settings.data, 'dotted')).flatMap(({ prompt = '', given = '', text }) => [prompt, given + text])
    .concat(['', ' ', '  two  spaces ', 'Ünïcödé 漢字 🙂', '1234567890', 'x2y 3.14', "don't we'll", 'tab\there\n\n\nlines ', '<b>&amp;</b>', '٣ ½']);

  it('has the size of the settings, special tokens first, and each digit as a token', () => {
    expect(trained.vocabulary).toHaveLength(settings.vocabularySize);
    expect(new Set(trained.vocabulary).size).toBe(settings.vocabularySize);
    expect(trained.vocabulary.slice(0, specialTokens.length)).toEqual([...specialTokens]);
    expect(encoder.encode('40+123')).toHaveLength(6);
  });

  it('gives what transformers.js gives, and its text comes back', () => {
    for (const text of samples) {
      const ids = encoder.encode(text);
      expect(tokenizer.encode(text, { add_special_tokens: false }), text).toEqual(ids);
      if (ids.length > 0) expect(tokenizer.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false })).toBe(text);
    }
  });

  it('writes chats as the pretraining text does', () => {
    const ids = tokenizer.apply_chat_template([{ role: 'user', content: 'How many nuts?' }], { add_generation_prompt: true, tokenize: true, return_tensor: false, return_dict: false });
    expect(ids).toEqual(encoder.encodeChatPrompt('How many nuts?'));
    const text = tokenizer.apply_chat_template([{ role: 'system', content: 'S' }, { role: 'user', content: 'Q' }, { role: 'assistant', content: 'A' }], { tokenize: false });
    expect(text).toBe(chats[settings.id]);
  });

  it('starts plain text with the beginning token', () => {
    expect(tokenizer.encode('One day')[0]).toBe(encoder.special.bos);
  });
});

it('learns the most frequent pair first', () => {
  const format = chatFormats.tags;
  expect(trainTokenizer(['abab abab ac'], format.specialTokens.length + 256 + 1, format).merges).toEqual([['a', 'b']]);
});
