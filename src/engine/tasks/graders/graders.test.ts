import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { TaskRow } from '../../host/protocol.ts';
import { cpuTime } from '../../testing/cpuTime.ts';
import { sharedData, withoutSharedData } from '../testing/files.ts';
import { createGrader, graderKinds, graders, parseGrader } from './index.ts';
import { finalNumber } from './number.ts';

const row = (reference: string | null, data: Record<string, unknown> = {}): TaskRow => ({ row: 0, messages: [{ role: 'user', content: 'q' }], reference, data });
async function grade(spec: string, answer: string, of: TaskRow): Promise<[number, string]> {
  const grader = await createGrader(spec);
  const { score, reason } = await grader.grade(answer, of);
  await grader.dispose();
  return [score, reason];
}

describe('specs', () => {
  test('every kind is in the table, and only kinds are accepted', () => {
    expect(Object.keys(graders).toSorted()).toEqual([...graderKinds].toSorted());
    expect(parseGrader('contains: a:b ')).toEqual({ kind: 'contains', text: ' a:b ' });
    expect(parseGrader('number')).toEqual({ kind: 'number', text: '' });
    for (const spec of ['', 'nonsense', 'Number', 'contains', 'contains:', 'exact:x', 'toString', 'expression:']) {
      expect(() => parseGrader(spec), spec).toThrow(expect.objectContaining({ code: 'bad-input' }));
    }
  });
  test('which need a reference', async () => {
    for (const [spec, needs] of [['contains:x', false], ['exact', true], ['number', true], ['choice', true]] as const) {
      expect((await createGrader(spec)).needsReference).toBe(needs);
    }
    expect(await grade('number', '1', row(null))).toEqual([0, 'the row has no reference answer']);
  });
});

describe('what a model thinks before it answers', () => {
  test.each([
    ['number', '<think>The answer is 7, or \\boxed{7}? #### 7</think>\n\n8', row('8')],
    ['number', 'Is it 7?</think>8', row('<think>7</think>#### 8')],
    ['choice', '<think>First guess: the answer is A.</think>\n\nB', row('B')],
    ['math', '<think>Maybe \\boxed{7}.</think>The answer is 8', row('8')],
    ['exact', '<thinking>it was red</thinking>\nblue', row('blue')],
    ['python', '<think>```python\ndef f(x): return 7\n```</think>```python\ndef f(x): return 8\n```', row(null, { test_list: ['assert f(1) == 8'] })],
  ])('is no answer to %s', async (spec, answer, of) => {
    expect((await grade(spec, answer, of))[0]).toBe(1);
    const grader = await createGrader(spec);
    expect((await grader.gradeBatch([{ answer, row: of }]))[0]?.score).toBe(1);
    await grader.dispose();
  });
  test('is seen by a text or an expression of a person’s own', async () => {
    for (const spec of ['contains:</think>', "expression: answer.includes('</think>')"]) expect((await grade(spec, '<think>7</think>8', row(null)))[0]).toBe(1);
  });
});

test('contains: to the letter, spaces and case included', async () => {
  expect(await grade('contains: dog', 'a dog ran', row(null))).toEqual([1, 'contains “ dog”']);
  for (const answer of ['dog', 'a Dog', 'a  Dog', '']) expect((await grade('contains: dog', answer, row(null)))[0]).toBe(0);
});

test('exact: white space around both aside', async () => {
  expect((await grade('exact', ' a b\n', row('a b')))[0]).toBe(1);
  expect(await grade('exact', 'a  b', row('a c'))).toEqual([0, '“a b”, expected “a c”']);
});

describe('number', () => {
  test.each([
    ['18', '18'], ['The answer is 1,234,567.', '1234567'], ['-3', '-3'], ['−3.50', '-3.5'], ['+7', '7'], ['16-3', '3'], ['16 - 3', '3'], ['x = -3', '-3'], ['(-4)', '-4'],
    ['$1,000.00', '1000'], ['-$5', '-5'], ['$-5', '-5'], ['€ 2.5', '2.5'], ['50%', '50'], ['5%.', '5'], ['.5', '0.5'], ['007', '7'], ['0.0', '0'], ['-0', '0'], ['1e3', '1000'], ['2.5e-1', '0.25'],
    ['1,2,3', '3'], ['12345678901234567891', '12345678901234567891'], ['3 apples and 4 pears', '4'], ['work 5\n#### 6\nQuestion 7', '6'], ['#### 1 #### 2', '2'], ['#### $1,200.', '1200'],
    ['so \\boxed{42} in 3 steps', '42'], ['3.', '3'], ['v1.2.3', '0.3'], ['A: 18', '18'], ['', null], ['none', null], ['5 #### none', null],
    ['\\boxed{\\frac{1}{2}}', '0.5'], ['\\boxed{x^{2}=5}', '5'], ['#### 2/3', '2/3'], ['#### 4/6', '2/3'], ['\\frac12', '0.5'], ['so \\dfrac{3}{4}', '0.75'], ['-1/2', '-0.5'], ['\\frac{-1}{3}', '-1/3'], ['-\\frac{1}{3}', '-1/3'],
    ['10/5', '5'], ['12/4=', '4'], ['#### 10/5', '10'], ['\\frac{10}{5}', '2'], ['1 1/2', '1.5'], ['2\\frac{1}{2}', '2.5'], ['-2 1/2', '-2.5'], ['1,000/3', '1000/3'], ['1.5/2', '0.75'], ['0/7', '7'], ['5/0', '0'], ['1/2/2020', '2020'], ['8/4=2', '2'], ['1/3.', '1/3'],
    ['\\boxed{5\\text{ cm}^2}', '5'], ['\\boxed{\\text{42}}', '42'], ['\\boxed{1{,}000}', '1000'], ['\\boxed{-\\$5}', '-5'], ['\\boxed 7', '7'], ['the box \\boxed{42', '42'], ['100000000000000000001/3', '100000000000000000001/3'],
  ])('%j ends on %s', (text, expected) => {
    expect(finalNumber(text)).toBe(expected);
  });
  test.each([
    // a stated number before the last one
    ['The answer is 42. You can check it by dividing by 7, which gives 6.', '42'], ['The answer is **42**.\n\nStep 1 and step 2 show this.', '42'], ['**Answer: 42**\n\nStep 1 shows this.', '42'], ['The answer is 42 out of 100.', '42'], ['The answer is $42, since 6 * 7 is 42 and 2 > 1.', '42'], ['{"answer": 42, "steps": 3}', '42'], ['{"steps": 3, "answer": "42 apples"}', '42'], ['{"answer": "1,042", "steps": 3}', '1042'], ['The answer is 6 * 7 = 42. Check: 42 / 7 is 6.', '42'], ['The answer to the first question is 42. There are 2 more.', '42'],
    // but no working behind “Answer:”, no range, nothing that is taken back
    ['Answer: 5 boxes. Each has 12 apples. So 60.', '60'], ['Answer: Tom has 5 and buys 3. He has 8.', '8'], ['The answer is between 42 and 50.', '50'], ['The answer is 41 or 43.', '43'], ['The answer is 40 + 2', '2'], ['The answer is 3 hours and 20 minutes.', '20'], ['The answer is 42. Wait, 6 * 8 is 48.', '48'], ['The answer is not 42. It is 43.', '43'], ['The answer is 41. No, the answer is 42. 7 days.', '42'],
    // units and remarks
    ['The area is 42 m^2.', '42'], ['The area is $42\\text{ cm}^{2}$.', '42'], ['x^2 = 42', '42'], ['2^3', '3'], ['42 minutes (0.7 hours)', '42'], ['She has 42 apples (6 × 7).', '42'], ['6 * (7)', '7'], ['f(3)', '3'], ['It costs (in dollars) 42', '42'],
    ['3:00 PM', '3'], ['18:30', '30'], ['1 234', '1234'], ['1\u202f234', '1234'], ['1\u00a0234 567', '567'], ['1\u00a0234\u00a0567', '1234567'], ['1’234', '1234'], ['4 2', '2'], ['10 20 30', '30'], ['12 1234', '1234'],
    ['negative 5', '-5'], ['it is minus 5', '-5'], ['minus $5', '-5'], ['16 minus 3', '3'], ['2½', '2.5'], ['½', '0.5'], ['2 ½ cups', '2.5'], ['2 and 1/2 hours', '2.5'], ['4 and 5', '5'],
    ['4.2 × 10^1', '42'], ['4.2 \\times 10^{1}', '42'], ['5 x 10^-1', '0.5'], ['3 * 10', '10'], ['42 million', '42000000'], ['$1.5 million', '1500000'], ['42k', '42000'], ['42 km', '42'], ['2-thousand', '2000'], ['#### 42 thousand', '42000'], ['\\boxed{4.2 \\times 10^3}', '4200'],
  ])('%j says %s', (text, expected) => {
    expect(finalNumber(text)).toBe(expected);
  });
  test('reasons', async () => {
    expect(await grade('number', '#### 31', row('x #### 29'))).toEqual([0, '31, expected 29']);
    expect(await grade('number', '29.0', row('x #### 29'))).toEqual([1, '29']);
    expect(await grade('number', '1/2', row('0.5'))).toEqual([1, '0.5']);
    expect(await grade('number', '\\boxed{\\frac{2}{3}}', row('2/3'))).toEqual([1, '2/3']);
    expect(await grade('number', '0.67', row('2/3'))).toEqual([0, '0.67, expected 2/3']);
    expect(await grade('number', 'hm', row('29'))).toEqual([0, 'no number, expected 29']);
  });
  test('a long answer costs no time', () => {
    const used = cpuTime();
    for (const text of ['1,'.repeat(100_000), '-'.repeat(200_000), '$ '.repeat(100_000), '9'.repeat(200_000), '1e'.repeat(100_000), '1/'.repeat(100_000), '1 '.repeat(100_000), '\\frac{'.repeat(30_000), '\\boxed{'.repeat(30_000), `${'9'.repeat(100_000)}/${'7'.repeat(100_000)}`, '\\text{'.repeat(30_000), '1 000'.repeat(40_000), '1\u00a0000\u00a0'.repeat(30_000), 'the answer is '.repeat(20_000), 'answer of a'.repeat(20_000), '5 ('.repeat(60_000), 'a^2'.repeat(60_000), '1 and '.repeat(30_000), ' '.repeat(200_000)]) finalNumber(text);
    expect(used()).toBeLessThan(5000); // quadratic behaviour takes minutes
  });
  test.skipIf(withoutSharedData)('agrees with the judgement of the GSM8K authors on 1,200 answers of four models', async () => {
    const grader = await createGrader('number');
    let agreed = 0;
    for (const line of readFileSync(`${sharedData}gsm8k/model_solutions.jsonl`, 'utf8').trim().split('\n')) {
      const entry = JSON.parse(line) as { ground_truth: string } & Record<string, { is_correct: boolean; solution: string }>;
      for (const model of ['6b_finetuning', '6b_verification', '175b_finetuning', '175b_verification']) {
        const { score } = await grader.grade(entry[model].solution, row(entry.ground_truth));
        if ((score === 1) === entry[model].is_correct) agreed++;
      }
    }
    expect(agreed).toBe(1200);
  });
});

describe('choice', () => {
  const options = ['a fish', 'a whale', 'a killer whale', 'Paris'].map((text, index) => ({ label: 'ABCD'[index], text }));
  test('grades against the letter, with the row’s options or without', async () => {
    expect(await grade('choice', 'C', row('B', { $options: options }))).toEqual([0, 'C, expected B']);
    expect(await grade('choice', 'a whale', row('B', { $options: options }))).toEqual([1, 'B']);
    expect(await grade('choice', '(b)', row('B'))).toEqual([1, 'B']);
    expect(await grade('choice', 'hm', row('B'))).toEqual([0, 'no choice, expected B']);
  });
  test.each(['B', 'b', '(B)', 'B.', 'a whale', 'A whale.', '1'])('a reference may be spelled %j', async (reference) => {
    expect(await grade('choice', 'The answer is B because', row(reference, { $options: options }))).toEqual([1, 'B']);
    expect(await grade('choice', 'The answer is C because', row(reference, { $options: options }))).toEqual([0, 'C, expected B']);
  });
  test('in a row without options, a letter in brackets is a letter', async () => {
    expect(await grade('choice', 'B', row('(B)'))).toEqual([1, 'B']);
  });
});
