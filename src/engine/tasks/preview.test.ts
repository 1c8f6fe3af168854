import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { TaskRow } from '../host/protocol.ts';
import { loadTokenizer, type Tokenizer } from '../checkpoint/tokenizer.ts';
import { previewRows } from './preview.ts';

const stories = fileURLToPath(new URL('../../../../shared/models/stories260K', import.meta.url));
const row: TaskRow = { row: 4, messages: [{ role: 'user', content: 'Once upon a time' }], reference: 'work #### 7', data: {} };

test.skipIf(!existsSync(stories))('a raw prompt shows the BOS token that the model sees (../shared/models)', async () => {
  const tokenizer = await loadTokenizer(stories);
  const [preview] = previewRows(tokenizer, [row], true);
  const ids = tokenizer.encode('Once upon a time');
  expect(preview).toEqual({ row: 4, text: `${tokenizer.decode([tokenizer.bosTokenId!], { skipSpecialTokens: false })}Once upon a time`, prompt: 'Once upon a time', promptTokens: ids.length, reference: '7' });
  expect(ids[0]).toBe(tokenizer.bosTokenId);
});

test('tokens around a text are shown where they stand', () => {
  // letters are tokens; 1 and 2 are what this tokenizer puts before and behind a raw text
  const letters: Partial<Tokenizer> = {
    encode: (text) => [...text].map((letter) => letter.charCodeAt(0)),
    decode: (ids) => ids.map((id) => (id < 3 ? `<${id}>` : String.fromCharCode(id))).join(''),
    promptIds: (prompt, raw) => {
      const text = (prompt as TaskRow['messages']).map((message) => message.content).join('');
      const ids = [...text].map((letter) => letter.charCodeAt(0));
      return { text, ids: raw ? [1, ...ids, 2] : ids };
    },
  };
  expect(previewRows(letters as Tokenizer, [row], true)[0]).toMatchObject({ text: '<1>Once upon a time<2>', promptTokens: 18 });
  expect(previewRows(letters as Tokenizer, [row], false)[0]).toMatchObject({ text: 'Once upon a time', promptTokens: 16 });
});
