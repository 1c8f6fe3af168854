/** Reference answers as the bundled models would have to write them. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadTokenizer } from '../checkpoint/tokenizer.ts';
import type { TaskRow } from '../host/protocol.ts';
import { demonstrationIds, refuseWithoutAnswer } from './demonstrations.ts';

const row: TaskRow = { row: 4, messages: [{ role: 'user', content: 'Leo finds 42 keys and then 8 more. How many keys is that?' }], reference: '42+8=50\n#### 50', data: {} };
const config = { maxPositions: 512 } as Parameters<typeof demonstrationIds>[0]['config'];

it.each(['tiny-llama', 'tiny-mistral'])('%s: prompt and answer are the whole conversation, with its end token', async (name) => {
  const tokenizer = await loadTokenizer(join(import.meta.dirname, '../../../native-models', name));
  const { ids } = tokenizer.promptIds(row.messages, false);
  const answer = demonstrationIds({ tokenizer, config }, { row, ids }, false, 100);
  const whole = tokenizer.applyChatTemplate([...row.messages, { role: 'assistant', content: row.reference ?? '' }], { addGenerationPrompt: false }).ids;
  expect([...ids, ...answer]).toEqual(whole.slice(0, ids.length + answer.length));
  expect(tokenizer.eosTokenIds).toContain(answer.at(-1));
  expect(tokenizer.decode(answer).trim()).toBe(row.reference);
  expect(demonstrationIds({ tokenizer, config }, { row, ids }, false, 3)).toEqual(answer.slice(0, 3));
  expect(demonstrationIds({ tokenizer, config: { ...config, maxPositions: ids.length + 2 } }, { row, ids }, false, 100)).toEqual(answer.slice(0, 2));
  const raw = tokenizer.promptIds(row.messages, true).ids;
  const continued = demonstrationIds({ tokenizer, config }, { row: { ...row, demonstration: ' 50' }, ids: raw }, true, 100);
  expect(tokenizer.eosTokenIds).toContain(continued.at(-1));
  expect(tokenizer.decode([...raw, ...continued])).toBe(`${row.messages[0].content} 50`);
});

it('a row without an answer is named', () => {
  expect(() => refuseWithoutAnswer([row, { ...row, row: 5, reference: null }])).toThrow('Row 6 has no answer to imitate');
  expect(() => refuseWithoutAnswer([row, { ...row, row: 5, reference: null, demonstration: 'fifty' }])).not.toThrow();
});
