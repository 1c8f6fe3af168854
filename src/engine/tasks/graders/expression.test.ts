import { afterAll, describe, expect, test } from 'vitest';
import type { TaskRow } from '../../host/protocol.ts';
import { createGrader, type Grader } from './index.ts';

const row: TaskRow = { row: 0, messages: [{ role: 'user', content: 'Name it' }], reference: '7', data: { n: 5, solution: 'so \\boxed{\\frac{1}{2}}', text: "it's `${1}` </script>" } };
const made: Grader[] = [];
afterAll(async () => void (await Promise.all(made.map((grader) => grader.dispose()))));
async function create(expression: string): Promise<Grader> {
  const grader = await createGrader(`expression:${expression}`);
  made.push(grader);
  return grader;
}

/** One process tries many expressions: each is an arm of a switch on the answer. */
const cases: [expression: string, score: number, reason: string][] = [
  ['answer.length === 1 && row.n === 5', 1, 'the expression gives true'],
  ['row.reference + row.prompt === "7Name it"', 1, 'the expression gives true'],
  ['boxed("so \\\\boxed{\\\\frac{1}{2}}.") === boxed(row.solution)', 1, 'the expression gives true'],
  ['lastNumber("1,000 and -2.5") === -2.5', 1, 'the expression gives true'],
  ['0.25', 0.25, 'the expression gives 0.25'],
  ['7', 1, 'the expression gives 7'],
  ['-1', 0, 'the expression gives -1'],
  ['1 / 0', 0, 'the expression gives Infinity'],
  ['0 / 0', 0, 'the expression gives NaN'],
  ['"yes"', 0, 'the expression gives a value of type string, not true, false or a number'],
  ['null', 0, 'the expression gives null, not true, false or a number'],
  ['Promise.resolve(true)', 0, 'the expression gives a value of type object, not true, false or a number'],
  ['row.none.more', 0, "TypeError: cannot read property 'more' of undefined"],
  ['typeof process + typeof require + typeof fetch + typeof Date + typeof setTimeout + typeof WebAssembly === "undefined".repeat(6)', 1, 'the expression gives true'],
  ['Math.random()', 0, 'TypeError: not a function'],
  ['import("fs") && false', 0, 'the expression gives false'],
  ['(globalThis.count = (globalThis.count ?? 0) + 1) === 1', 1, 'the expression gives true'],
  ['(Object.prototype.n2 = 1, Array.prototype.map = null, true)', 1, 'the expression gives true'],
  ['[1].map((x) => x)[0] === 1 && ({}).n2 === undefined', 1, 'the expression gives true'],
  ['(() => { for (;;); })()', 0, 'the expression took too long'],
  ['/(a+)+$/.test("a".repeat(40) + "b")', 0, 'the expression took too long'],
  ['"a".repeat(1e9).length', 0, 'the expression used too much memory'],
  ['(function f() { return f() + 1; })()', 0, 'InternalError: stack overflow'],
  ['(() => { throw { toString() { for (;;); } } })()', 0, 'Error: '],
  ['row.n === 5', 1, 'the expression gives true'],
];

describe('an expression', () => {
  test('gives a score, and stays in its box', async () => {
    const grader = await create(`{${cases.map(([expression], index) => `${index}: () => ${expression}`).join(',\n')}}[Number(row.which)]()`);
    const grades = await grader.gradeBatch(cases.map((_, which) => ({ answer: 'x', row: { ...row, data: { ...row.data, which } } })));
    // on a busy machine the clock may end a loop before QuickJS has used its share of the processor
    expect(grades.map(({ score, reason }, index) => [cases[index][0], score, reason.replace(' and was ended', '')])).toEqual(cases);
  });

  test('a loop inside a built-in function is ended from outside, and the next row is graded', async () => {
    const grader = await create('answer === "loop" ? new Array(2 ** 32 - 1).indexOf(1) : answer === "ok"');
    const grades = await grader.gradeBatch(['ok', 'loop', 'ok', 'no'].map((answer) => ({ answer, row })));
    expect(grades.map(({ score, reason }) => [score, reason])).toEqual([[1, 'the expression gives true'], [0, 'the expression took too long and was ended'], [1, 'the expression gives true'], [0, 'the expression gives false']]);
  });

  test('texts of rows and answers are data, never code', async () => {
    const grader = await create('answer === row.text');
    for (const text of ['"); throw 1; ("', '${answer}', "'`\\", '\u2028\u0000', '</script>']) {
      expect((await grader.grade(text, { ...row, data: { text } })).score).toBe(1);
    }
  });

  test.each(['answer +', 'true; while (1);', 'return true', 'let x = 1', '1) + (', '}'])('%s is refused when it is made', async (expression) => {
    await expect(createGrader(`expression:${expression}`)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('SyntaxError') });
  });

  test('a comment at its end is no trouble', async () => {
    expect((await (await create('answer === "x" // yes')).grade('x', row)).score).toBe(1);
  });
});
