import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { inspectDataset, readDataset } from './inspect.ts';
import { recognise } from './recognise.ts';
import { toTaskRow } from './rows.ts';
import { sharedData, temporaryFiles, withoutSharedData } from './testing/files.ts';

const shared = (path: string): string => `${sharedData}${path}`;
const file = temporaryFiles();
const lines = (...rows: unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n');

describe.skipIf(withoutSharedData)('files people have (../shared/data)', () => {
  test.each([
    ['gsm8k/test.jsonl', 'GSM8K', 'number', { kind: 'prompt-answer', prompt: 'question', answer: 'answer' }, 400],
    ['arc/easy_test.jsonl', 'ARC multiple choice', 'choice', { kind: 'choices', prompt: 'question', choices: 'choices.text', labels: 'choices.label', answer: 'answerKey' }, 300],
    ['mbpp/mbpp.jsonl', 'MBPP', 'python', { kind: 'code-tests', prompt: 'text', tests: 'test_list', answer: 'code' }, 600],
    ['humaneval/HumanEval.jsonl', 'HumanEval', 'python', { kind: 'code-tests', prompt: 'prompt', tests: 'test', answer: 'canonical_solution' }, 120],
    ['math/test.jsonl', 'MATH', 'math', { kind: 'prompt-answer', prompt: 'problem', answer: 'solution' }, 300],
  ])('%s is %s', async (path, recognisedAs, suggestedGrader, mapping, rows) => {
    const inspection = await inspectDataset({ path: shared(path) });
    expect(inspection).toMatchObject({ format: 'jsonl', recognisedAs, suggestedGrader, mapping, rows, unusable: [], unusableCount: 0 });
    expect(inspection.hash).toMatch(/^[0-9a-f]{64}$/);
    let lineCount = 0;
    for await (const _ of createInterface(createReadStream(shared(path)))) lineCount++;
    expect(lineCount).toBe(rows);
  });
});

const chat = [{ role: 'user', content: 'hi' }, { role: 'assistant', content: 'hello' }];
test.each([
  ['chat messages', { messages: chat }, 'messages', 'exact'],
  ['chat messages', { id: 1, messages: JSON.stringify(chat) }, 'messages', 'exact'],
  ['ShareGPT conversations', { conversations: [{ from: 'human', value: 'hi' }, { from: 'gpt', value: '7' }] }, 'sharegpt', 'number'],
  ['Alpaca', { instruction: 'add', input: '1 2', output: '3' }, 'alpaca', 'number'],
  ['Alpaca', { instruction: 'name a colour', output: 'red' }, 'alpaca', 'exact'],
  ['multiple choice', { question: 'q', choices: ['x', 'y'], answer: 1 }, 'choices', 'choice'],
  ['OpenBookQA', { question_stem: 'q', choices: { text: ['x', 'y'], label: ['A', 'B'] }, answerKey: 'A' }, 'choices', 'choice'],
  ['CommonsenseQA', { question: 'q', question_concept: 'c', choices: { text: ['x', 'y'], label: ['A', 'B'] }, answerKey: 'A' }, 'choices', 'choice'],
  ['ARC multiple choice', { question: 'q', question_stem: 'q', choices: { text: ['x', 'y'], label: ['A', 'B'] }, answerKey: 'A' }, 'choices', 'choice'],
  ['^MATH$', { problem: 'p', solution: 'so $\\boxed{3}$', answer: '3', subject: 'Algebra', level: 2, unique_id: 'u' }, 'prompt-answer', 'math'],
  ['^mathematics$', { problem: 'p', answer: '3', solution: 'so \\boxed{3}' }, 'prompt-answer', 'math'],
  ['^mathematics$', { problem: 'p', answer: '\\frac12' }, 'prompt-answer', 'math'],
  ['problem and answer', { problem: 'p', answer: '33', solution: '...' }, 'prompt-answer', 'number'],
  ['question and answer', { question: 'p', answer: '\\frac12' }, 'prompt-answer', 'exact'],
  ['code with tests', { prompt: 'double x', variable: 'x', answer: 'x * 2', tests: ['assert f(2) == 4'] }, 'code-tests', 'python'],
  ['prompt and answer', { prompt: 'p', answer: '$1,000.50' }, 'prompt-answer', 'number'],
  ['prompt and answer', { prompt: 'p', answer: '(B)' }, 'prompt-answer', 'choice'],
  ['Problem and Solution', { Problem: 'p', Solution: 'long text' }, 'prompt-answer', 'exact'],
  ['prompts without answers', { prompt: 'Once upon a time' }, 'prompt-only', 'contains:'],
  ['prompts without answers', { text: 'Once upon a time' }, 'prompt-only', 'contains:'],
  ['unknown columns', { a: 'short', b: 'the longest text of all' }, 'prompt-only', 'contains:'],
])('%s: %j', (recognisedAs, row, kind, suggestedGrader) => {
  const recognition = recognise([row, row]);
  expect(recognition).toMatchObject({ recognisedAs: expect.stringMatching(new RegExp(recognisedAs, 'i')), mapping: { kind }, suggestedGrader });
});

test('problems with a boxed solution and an answer beside it are asked for a box, and graded against the answer', () => {
  const { mapping } = recognise([{ problem: 'p', answer: '3', solution: 'so \\boxed{3}' }]);
  expect(toTaskRow({ row: 0, data: { problem: 'p', answer: '3', solution: 'so \\boxed{3}' } }, mapping)).toMatchObject({ reference: '3', messages: [{ content: expect.stringMatching(/^p\n[\s\S]*\\boxed\{\}\.$/) }] });
});

test('ARC as it was published first, and with options that are numbered', () => {
  const nested = { id: 'M', question: { stem: 'Which?', choices: [{ text: 'a', label: 'A' }, { text: 'b', label: 'B' }] }, answerKey: 'B' };
  const first = recognise([nested]);
  expect(first).toMatchObject({ recognisedAs: 'ARC multiple choice', suggestedGrader: 'choice' });
  expect(toTaskRow({ row: 0, data: nested }, first.mapping)).toMatchObject({ reference: 'B', messages: [{ content: 'Which?\nA. a\nB. b\n\nAnswer with the letter of the right option.' }] });
  const lettered = { question: 'Which?', choices: { text: ['a', 'b'], label: ['A', 'B'] }, answerKey: 'B' };
  const numbered = { question: 'Which?', choices: { text: ['a', 'b'], label: ['1', '2'] }, answerKey: '2' };
  const { mapping } = recognise([lettered, numbered]);
  expect(toTaskRow({ row: 0, data: numbered }, mapping)).toMatchObject({ reference: '2', messages: [{ content: 'Which?\n1. a\n2. b\n\nAnswer with the letter or number in front of the right option.' }] });
});

test('a few odd rows among the first do not change what a file is', () => {
  const row = { question: 'q', answer: 'a #### 1' };
  expect(recognise([row, { other: 1 }, row, row]).mapping).toEqual({ kind: 'prompt-answer', prompt: 'question', answer: 'answer' });
});

test.skipIf(withoutSharedData)('the usual prompt of MATH, MBPP, HumanEval and ARC says in what form the answer is read', async () => {
  const asked = async (path: string): Promise<string> => {
    const { mapping } = await inspectDataset({ path: shared(path) });
    let first = '';
    await readDataset({ path: shared(path), mapping, onRows: ([row]) => void (first ||= row?.messages.at(-1)?.content ?? '') });
    return first;
  };
  expect(await asked('math/test.jsonl')).toMatch(/^What is the value of[\s\S]*\\boxed\{\}\.$/);
  expect(await asked('mbpp/mbpp.jsonl')).toMatch(/here is your task: Write a function to find the minimum cost path[\s\S]*assert min_cost\(/);
  expect(await asked('humaneval/HumanEval.jsonl')).toMatch(/def has_close_elements[\s\S]*```$/);
  expect(await asked('arc/easy_test.jsonl')).toMatch(/\nA\. [\s\S]*\nD\. [\s\S]*letter of the right option\.$/);
  expect(await asked('gsm8k/test.jsonl')).toMatch(/farmers' market\?$/);
});

describe('inspection', () => {
  test('mixed and empty rows are listed with their reasons, the others are read', async () => {
    const path = file('mixed.jsonl', lines({ prompt: 'a', answer: '1' }, { prompt: '  ', answer: '1' }, { prompt: 5, answer: '1' }, { question: 'b' }, {}, { prompt: 'c', answer: null }, { prompt: 'd', answer: 2 }) + '\n{"prompt":');
    const inspection = await inspectDataset({ path });
    expect(inspection).toMatchObject({ rows: 2, unusableCount: 6, fileName: 'mixed.jsonl' });
    expect(inspection.unusable).toEqual([
      { row: 1, reason: 'its prompt in column “prompt” is empty' },
      { row: 2, reason: 'its prompt in column “prompt” is a number, not text' },
      { row: 3, reason: 'has no prompt in column “prompt”' },
      { row: 4, reason: 'has no columns' },
      { row: 5, reason: 'has no answer in column “answer”' },
      { row: 7, reason: 'is not valid JSON (it ends too early)' },
    ]);
    await expect(readDataset({ path, mapping: inspection.mapping, strict: true })).rejects.toThrow('mixed.jsonl, row 2: its prompt in column “prompt” is empty.');
  });

  test('a mapping of one’s own judges the rows', async () => {
    const path = file('own.csv', 'frage;antwort\nWas?;Das.\nWer?;\n');
    expect(await inspectDataset({ path, mapping: { kind: 'prompt-answer', prompt: 'frage', answer: 'antwort' } })).toMatchObject({ rows: 1, unusable: [{ row: 1, reason: 'its answer in column “antwort” is empty' }] });
  });

  test.skipIf(withoutSharedData)('columns are described, nested ones with dots', async () => {
    const { columns } = await inspectDataset({ path: shared('arc/easy_test.jsonl') });
    expect(columns.map(({ name, type }) => [name, type])).toEqual([['id', 'text'], ['question', 'text'], ['choices.text', 'list of text'], ['choices.label', 'list of text'], ['answerKey', 'text']]);
  });

  test('a CSV without a known column is refused', async () => {
    await expect(inspectDataset({ path: file('story.csv', 'Once upon a time\nthere was a fox\n') })).rejects.toThrow(/^story\.csv: is not a CSV file with a known column/);
  });

  test('200,000 rows stream in batches, with their hash', async () => {
    const path = file('many.jsonl', Array.from({ length: 200_000 }, (_, index) => `{"prompt":"story ${index}"}`).join('\n'));
    let rows = 0;
    let largest = 0;
    const result = await readDataset({ path, mapping: { kind: 'prompt-only', prompt: 'prompt' }, onRows: (batch) => {
      expect(batch[0]?.row).toBe(rows);
      rows += batch.length;
      largest = Math.max(largest, batch.length);
    } });
    expect(rows).toBe(200_000);
    expect(largest).toBeLessThanOrEqual(500);
    expect(result).toMatchObject({ rows: 200_000, unusableCount: 0 });
  });
});
