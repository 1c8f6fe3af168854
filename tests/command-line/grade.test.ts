/**
 * `singular grade`: a line for every row, then the score over all of them. On public benchmarks (../shared/data; skipped
 * where that is not there) it agrees with their authors, and fails every reference solution once it is mutated.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pythonGrader, pythonLimits } from '../../src/engine/tasks/graders/python.ts';
import { sharedData, withoutSharedData } from '../../src/engine/tasks/testing/files.ts';
import { mutants } from './mutants.ts';
import { singular } from './singular.ts';

/** A mutant that never ends has changed its result: it is not waited for. */
const impatient = pythonGrader('python', { ...pythonLimits, rowMs: 400, killMs: 1500 });
afterAll(() => impatient.dispose());
const work = mkdtempSync(join(tmpdir(), 'singular-grade-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const grade = (...words: string[]) => singular('grade', '--home', join(work, 'home'), ...words);
const file = (name: string, rows: unknown[]): string => {
  const path = join(work, name);
  writeFileSync(path, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'));
  return path;
};
const read = (path: string): Record<string, unknown>[] => readFileSync(`${sharedData}${path}`, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);

describe('lines and score', () => {
  it('grades nested columns, and counts rows that cannot be graded as wrong', async () => {
    const data = file('answers.jsonl', [{ model: { said: 'It is 1,000' }, right: '#### 1000' }, { model: { said: '7' }, right: 8 }, { model: {}, right: '1' }, '{"model":', { model: { said: '2.50' }, right: 2.5 }]);
    const ran = await grade('--grader', 'number', '--data', data, '--answer', 'model.said', '--reference', 'right');
    expect(ran.code).toBe(0);
    expect(ran.progress()).toEqual([
      { row: 0, correct: true, reason: '1000' }, { row: 1, correct: false, reason: '7, expected 8' }, { row: 2, correct: false, reason: 'has no answer in column “model.said”' },
      { row: 3, correct: false, reason: expect.stringContaining('is not valid JSON') }, { row: 4, correct: true, reason: '2.5' },
    ]);
    expect(ran.result()).toEqual({ score: 0.4, rows: 5 });
  });

  it('keeps a grade until there is a row that can be graded, and all digits of a long number', async () => {
    const data = file('late.jsonl', [...Array.from({ length: 60 }, () => ({ a: '1' })), '{"a":"12345678901234567891","b":12345678901234567891}', '{"a":"12345678901234567892","b":12345678901234567891}']);
    const ran = await grade('--grader', 'number', '--data', data, '--answer', 'a', '--reference', 'b');
    expect(ran.progress()).toHaveLength(62);
    expect(ran.result()).toEqual({ score: 1 / 62, rows: 62 });
  });

  it('grades mathematics, choices by letter or text, and a person’s expression', async () => {
    const boxed = file('math.jsonl', [{ a: 'so \\boxed{0.5}', r: '\\boxed{\\frac12}' }, { a: '\\boxed{(1,2)}', r: '(2,1)' }]);
    expect((await grade('--grader', 'math', '--data', boxed, '--answer', 'a', '--reference', 'r')).result()).toEqual({ score: 0.5, rows: 2 });
    const options = { question: 'Which swims?', choices: { text: ['a crow', 'a whale'], label: ['A', 'B'] }, answerKey: 'B' };
    const chosen = file('choices.jsonl', ['a whale', 'The answer is (B).', 'A'].map((said) => ({ ...options, said })));
    expect((await grade('--grader', 'choice', '--data', chosen, '--answer', 'said', '--reference', 'answerKey')).result()).toEqual({ score: 2 / 3, rows: 3 });
    const spelled = file('references.jsonl', ['(B)', 'b', 'a whale', 1].map((right) => ({ ...options, right, said: 'The answer is B because whales swim.' })));
    expect((await grade('--grader', 'choice', '--data', spelled, '--answer', 'said', '--reference', 'right')).result()).toEqual({ score: 1, rows: 4 });
    expect((await grade('--grader', 'expression:answer.length / 10', '--data', chosen, '--answer', 'said')).result()['rows']).toBe(3);
  });

  it.each([
    ['no such column', ['--grader', 'number', '--answer', 'none', '--reference', 'b'], /plain\.jsonl: no row can be graded; row 1 has no answer in column “none”/],
    ['no such column of references', ['--grader', 'number', '--answer', 'a', '--reference', 'none'], /no row can be graded; row 1 has no reference in column “none”/],
    ['no reference', ['--grader', 'number', '--answer', 'a'], /needs the column of the references/],
    ['a list of references', ['--grader', 'number', '--answer', 'a', '--reference', 'c'], /row 1 has a list as reference in column “c”, not text/],
    ['no tests', ['--grader', 'python', '--answer', 'a'], /no row can be graded; row 1 has no tests/],
    ['no such grader', ['--grader', 'taste', '--answer', 'a'], /taste/],
  ])('refuses %s with code 1', async (_, words, sentence) => {
    const ran = await grade('--data', file('plain.jsonl', [{ a: '1', b: '1', c: ['42'] }]), ...words);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(sentence);
    expect(ran.stdout).toBe('');
  });
});

describe.skipIf(withoutSharedData)('public benchmarks', () => {
  it('agrees with the authors’ verdict on every answer of four models to GSM8K', async () => {
    const rows = read('gsm8k/model_solutions.jsonl');
    let agreements = 0;
    for (const model of ['6b_finetuning', '6b_verification', '175b_finetuning', '175b_verification']) {
      const ran = await grade('--grader', 'number', '--data', `${sharedData}gsm8k/model_solutions.jsonl`, '--answer', `${model}.solution`, '--reference', 'ground_truth');
      agreements += ran.stdout.trim().split('\n').slice(0, -1).map((line) => JSON.parse(line) as { row: number; correct: boolean }).filter(({ row, correct }) => correct === (rows[row]?.[model] as { is_correct: boolean }).is_correct).length;
    }
    expect(agreements).toBe(1200);
  });

  it.each([['mbpp/mbpp.jsonl', 'code', 600], ['humaneval/HumanEval.jsonl', 'canonical_solution', 120]])('passes every reference solution of %s, and fails each after a mutation', async (path, column, count) => {
    expect((await grade('--grader', 'python', '--data', `${sharedData}${path}`, '--answer', column)).result()).toEqual({ score: 1, rows: count });
    // a mutation that does not change a result on the row's tests does not count: the next one is tried
    let left = read(path).map((data) => ({ data, ways: mutants(String(data[column])) }));
    for (let round = 0; left.some(({ ways }) => round < ways.length); round++) {
      const grades = await impatient.gradeBatch(left.map(({ data, ways }) => ({ answer: ways[round] ?? String(data[column]), row: { row: 0, messages: [], reference: null, data } })));
      left = left.filter((_, index) => grades[index]?.score === 1);
    }
    expect(left.map(({ data }) => data['task_id'])).toEqual([]);
  });
});
