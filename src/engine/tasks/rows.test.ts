import { describe, expect, test } from 'vitest';
import type { ColumnMapping } from '../../shared/contract.ts';
import { columnAt, describeColumns } from './columns.ts';
import { isTaskRow, rereadRow, shownReference, toTaskRow } from './rows.ts';

const row = (data: Record<string, unknown>, mapping: ColumnMapping): unknown => toTaskRow({ row: 3, data }, mapping);

describe('columns by name', () => {
  const data = { a: { b: { c: 1 } }, 'a.b': 2, list: [{ text: 'x' }, { text: 'y' }], json: '{"k":[1]}', __proto__: null };
  test.each([['a.b', 2], ['a.b.c', 1], ['list.text', ['x', 'y']], ['json.k', [1]], ['none', undefined], ['a.none', undefined], ['toString', undefined], ['a.constructor', undefined]])('%s', (path, value) => {
    expect(columnAt(data, path)).toEqual(value);
  });
  test('examples are one short text each', () => {
    expect(describeColumns([{ a: null, b: 'x'.repeat(200) }, { a: 1, b: { c: [] } }])).toEqual([{ name: 'a', type: 'number', example: '1' }, { name: 'b', type: 'text', example: `${'x'.repeat(119)}…` }, { name: 'b.c', type: 'list', example: '[]' }]);
  });
});

test('prompt and answer: the text to the letter, the whole reference, all columns', () => {
  const data = { question: ' Q? ', answer: 'work\n#### 18', id: 1 };
  expect(row(data, { kind: 'prompt-answer', prompt: 'question', answer: 'answer' })).toEqual({ row: 3, messages: [{ role: 'user', content: ' Q? ' }], reference: 'work\n#### 18', data });
  expect(shownReference('work\n#### 18')).toBe('18');
  expect(shownReference('plain')).toBe('plain');
  expect(shownReference(null)).toBeNull();
});

test('a column “split” names a row’s split, a mapped column the answer to imitate', () => {
  const mapping: ColumnMapping = { kind: 'prompt-answer', prompt: 'q', answer: 'a', demonstration: 'working' };
  expect(row({ q: 'Q', a: 'B', working: '1+1=2. Answer: B', split: ' Dev ' }, mapping)).toMatchObject({ reference: 'B', demonstration: '1+1=2. Answer: B', split: 'validation' });
  const plain = row({ q: 'Q', a: 'B', working: '', split: 'elsewhere' }, mapping);
  expect(plain).not.toHaveProperty('split');
  expect(plain).not.toHaveProperty('demonstration');
});

test('a template says what the model is asked, and nothing in a row is read as one', () => {
  const mapping: ColumnMapping = { kind: 'code-tests', prompt: 'text', tests: 'test_list', template: 'Task: {prompt}\n{tests}\n{other}' };
  expect(row({ text: 'add $& {tests}', test_list: ['assert f(1) == 2', 'assert f(2) == 3'] }, mapping)).toMatchObject({ messages: [{ role: 'user', content: 'Task: add $& {tests}\nassert f(1) == 2\nassert f(2) == 3\n{other}' }] });
});

describe('chats', () => {
  const mapping: ColumnMapping = { kind: 'messages', prompt: 'messages', system: 'system' };
  test('the last answer is the reference, what is before it the prompt', () => {
    const messages = [{ role: 'user', content: 'a' }, { role: 'assistant', content: 'b' }, { role: 'user', content: [{ type: 'text', text: 'c' }] }, { role: 'assistant', content: 'd' }, { role: 'user', content: 'thanks' }];
    expect(row({ messages, system: 'be kind' }, mapping)).toMatchObject({
      messages: [{ role: 'system', content: 'be kind' }, { role: 'user', content: 'a' }, { role: 'assistant', content: 'b' }, { role: 'user', content: 'c' }], reference: 'd',
    });
  });
  test('without an answer there is no reference', () => {
    expect(row({ messages: [{ role: 'user', content: 'a' }] }, mapping)).toMatchObject({ messages: [{ role: 'user', content: 'a' }], reference: null });
  });
  test('ShareGPT', () => {
    const conversations = [{ from: 'system', value: 's' }, { from: 'human', value: 'a' }, { from: 'gpt', value: 'b' }];
    expect(row({ conversations }, { kind: 'sharegpt', prompt: 'conversations' })).toMatchObject({ messages: [{ role: 'system', content: 's' }, { role: 'user', content: 'a' }], reference: 'b' });
  });
  test.each([
    [[{ role: 'tool', content: 'x' }], 'message 1 has none of the roles system, user and assistant'],
    [[{ role: 'user', content: [{ type: 'image' }] }], 'message 1 is not text'],
    [[{ role: 'assistant', content: 'x' }], 'has no message of the user before the answer'],
    [[{ role: 'user', content: 'x' }, { role: 'assistant', content: ' ' }], 'the last answer is empty'],
    ['none', 'has no list of messages in column “messages”'],
    [[7], 'message 1 has none of the roles system, user and assistant'],
  ])('%j is unusable', (messages, reason) => {
    expect(row({ messages }, mapping)).toEqual({ row: 3, reason });
  });
});

test('Alpaca joins instruction and input by a blank line', () => {
  const mapping: ColumnMapping = { kind: 'alpaca', prompt: 'instruction', input: 'input', answer: 'output' };
  expect(row({ instruction: 'Add.', input: '1 2', output: 3 }, mapping)).toMatchObject({ messages: [{ role: 'user', content: 'Add.\n\n1 2' }], reference: '3' });
  expect(row({ instruction: 'Add.', input: '', output: '3' }, mapping)).toMatchObject({ messages: [{ role: 'user', content: 'Add.' }] });
});

describe('multiple choice', () => {
  const mapping: ColumnMapping = { kind: 'choices', prompt: 'question', choices: 'choices.text', labels: 'choices.label', answer: 'answerKey' };
  const choices = { text: ['red', 'blue'], label: ['A', 'B'] };
  test('options are lines of the prompt, the reference is a letter', () => {
    expect(row({ question: 'Sky?', choices, answerKey: 'b' }, mapping)).toMatchObject({ messages: [{ role: 'user', content: 'Sky?\nA. red\nB. blue' }], reference: 'B', data: { $options: [{ label: 'A', text: 'red' }, { label: 'B', text: 'blue' }] } });
  });
  test.each([
    ['blue', { choices: ['red', 'blue'], answerKey: 'blue' }, { ...mapping, choices: 'choices', labels: undefined }, 'B'],
    ['a position', { choices: ['red', 'blue'], answerKey: 0 }, { ...mapping, choices: 'choices', labels: undefined }, 'A'],
    ['a number label', { choices: { text: ['red', 'blue'], label: ['1', '2'] }, answerKey: '1' }, mapping, '1'],
    ['options by letter', { choices: { A: 'red', B: 'blue' }, answerKey: 'B' }, { ...mapping, choices: 'choices', labels: undefined }, 'B'],
    ['JSON in a CSV', { choices: JSON.stringify(choices), answerKey: 'A' }, mapping, 'A'],
  ])('the answer as %s', (_name, data, own, reference) => {
    expect(row({ question: 'Sky?', ...data }, own)).toMatchObject({ reference });
  });
  test('an answer that is no option, and options that are none', () => {
    expect(row({ question: 'Sky?', choices, answerKey: 'C' }, mapping)).toEqual({ row: 3, reason: 'its answer in column “answerKey” is none of its options' });
    expect(row({ question: 'Sky?', choices: { text: [{}] }, answerKey: 'C' }, mapping)).toEqual({ row: 3, reason: 'has no usable options in column “choices.text”' });
  });
});

test('code: tests are found under any column', () => {
  const mapping: ColumnMapping = { kind: 'code-tests', prompt: 'p', tests: 'checks', answer: 'code' };
  expect(row({ p: 'double', checks: ['assert f(1)'], code: 'x' }, mapping)).toMatchObject({ reference: 'x', data: { $tests: ['assert f(1)'] } });
  expect(row({ p: 'double', checks: [], code: 'x' }, mapping)).toEqual({ row: 3, reason: 'has no tests in column “checks”' });
});

describe('read another way', () => {
  const first = toTaskRow({ row: 3, data: { question: 'Sky?', options: ['red', 'blue'], answerKey: 'B', hint: 'Look up.', split: 'train' } }, { kind: 'choices', prompt: 'question', choices: 'options', answer: 'answerKey' });
  if (!isTaskRow(first)) throw new Error(first.reason);
  test('a stored row has other columns and another template, keeps its split, and drops what the first reading put beside its columns', () => {
    const again = rereadRow({ ...first, split: 'test' }, { kind: 'prompt-answer', prompt: 'question', answer: 'hint', template: 'Q: {prompt}' });
    expect(again).toEqual({ row: 3, messages: [{ role: 'user', content: 'Q: Sky?' }], reference: 'Look up.', data: { question: 'Sky?', options: ['red', 'blue'], answerKey: 'B', hint: 'Look up.', split: 'train' }, split: 'test' });
    expect(rereadRow(first, { kind: 'choices', prompt: 'question', choices: 'options', answer: 'answerKey' })).toEqual(first);
  });
  test('a column that is not there makes it unusable', () => {
    expect(rereadRow(first, { kind: 'prompt-only', prompt: 'nothing' })).toEqual({ row: 3, reason: 'has no prompt in column “nothing”' });
  });
});
