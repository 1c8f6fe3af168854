import { describe, expect, test } from 'vitest';
import { cpuTime } from '../../../testing/cpuTime.ts';
import { pickedOption } from './picked.ts';
import { labelName } from './spelling.ts';

const lettered = (...texts: string[]): { label: string; text: string }[] => texts.map((text, index) => ({ label: 'ABCDEFGHI'[index] ?? '', text }));
const options = lettered('oxygen', 'a whale', 'carbon dioxide', 'iron');

/** Answers, and the option that a reader would say they pick; null where a reader could not say. */
const plain: [answer: string, picked: string | null][] = [
  // the letter alone, or opening the answer
  ['B', 'B'], ['b', 'B'], ['(B)', 'B'], ['[B]', 'B'], ['B.', 'B'], ['b)', 'B'], ['B) a whale', 'B'], ['B: because', 'B'], ['**B**', 'B'], [' B\nBecause', 'B'], ['**B. a whale**', 'B'], ['C. carbon dioxide', 'C'],
  ['B because it is', 'B'], ['B since whales swim', 'B'], ['B, because oxygen is a gas', 'B'], ['B - a whale', 'B'], ['Option B', 'B'], ['option (c)', 'C'], ['Option B: a whale', 'B'], ['Choice D.', 'D'], ['Answer B', 'B'],
  // said
  ['The answer is B', 'B'], ['the answer is (c).', 'C'], ['the answer is c', 'C'], ['Answer: D', 'D'], ['**Answer:** B', 'B'], ['Final answer: B', 'B'], ['The answer is: \n\nB', 'B'], ['Answer = C', 'C'], ['The correct answer is B', 'B'],
  ['The answer is B because whales are mammals.', 'B'], ['The answer is B because oxygen is needed by it.', 'B'], ['The answer is **B** because', 'B'], ['The answer is C as carbon dioxide is a gas', 'C'], ['The answer is D since iron rusts', 'D'],
  ['The answer is A because it is a gas, unlike iron.', 'A'], ['The answer is A since we breathe it', 'A'], ['The answer is A.', 'A'], ['The answer is (A) because iron rusts', 'A'], ['The answer is A and not B', 'A'], ['the answer is a.', 'A'],
  ['The answer is option B. It needs oxygen.', 'B'], ['The answer is option B.', 'B'], ['The answer is clearly B', 'B'], ['The answer is therefore D.', 'D'], ['The answer must be C', 'C'], ['The answer would be (D).', 'D'], ['The answer to the question is B.', 'B'],
  ['The right choice is D, iron.', 'D'], ['The correct option: C', 'C'], ['My choice would be option B', 'B'], ['The best answer is B. Oxygen is a gas.', 'B'], ['Answer: B) a whale', 'B'], ['The answer is B, C and D are wrong.', 'B'],
  ['Option B is correct', 'B'], ['B is correct', 'B'], ['B is the correct answer', 'B'], ['(B) is right because oxygen is a gas', 'B'], ['Only C is the right one, not oxygen', 'C'], ['**D** is the best choice', 'D'], ['A is correct: iron is a metal', 'A'],
  ['It is B.', 'B'], ['It\'s B, I am sure', 'B'], ['It must be D', 'D'], ['I think it is C (carbon dioxide)', 'C'], ['I would choose B since whales swim', 'B'], ['I choose D', 'D'], ['I would go with option C', 'C'], ['I pick (A).', 'A'], ['I think B because oxygen is a gas', 'B'],
  ['I believe option B. It needs oxygen.', 'B'], ['\\boxed{B}', 'B'], ['$\\boxed{\\text{B}}$', 'B'], ['so \\boxed{(D)} it is', 'D'], ['The answer is A, no: \\boxed{C}', 'C'],
  ['Answer - B', 'B'], ['The answer might be C.', 'C'], ['Whales are mammals. Therefore, B.', 'B'], ['Iron rusts, so (D).', 'D'], ['B!', 'B'], ['So A dog', null],
  // several statements: the last one
  ['First I thought the answer is A. But the answer is C.', 'C'], ['B. On second thought, the answer is D.', 'D'], ['The answer is A? No, C.', 'C'], ['A? No, C.', 'C'], ['The answer is B. Wait, D.', 'D'], ['It is not B but C', 'C'], ['The answer is not A but rather D.', 'D'],
  ['The answer is oxygen. No, the answer is B.', 'B'], ['The answer is B. No, the answer is iron.', 'D'], ['A is correct. No, wait: B is correct.', 'B'],
  // denied
  ['Not A, not C. The answer is B', 'B'], ['The answer is not A. It is B', 'B'], ['Answer is B, not A', 'B'], ['The answer is (B) because A is wrong.', 'B'], ['The answer is B. Option A is wrong.', 'B'], ['The answer is not B', null], ['I do not think the answer is B', null],
  ['I don’t think it is B.', null], ['B is not correct', null], ['B is wrong', null], ['It is not a whale', null], ['Not oxygen, but iron', 'D'], ['Option A is wrong, option B is right', 'B'], ['The answer is not (C)', null], ['I would never choose D', null],
  // by text
  ['a whale', 'B'], ['A whale.', 'B'], ['Oxygen', 'A'], ['The answer is A whale.', 'B'], ['The answer is a whale because', 'B'], ['The answer is the whale.', 'B'], ['The answer is iron, as oxygen is a gas', 'D'], ['It breathes, so it must be a whale', 'B'],
  ['The answer is: carbon dioxide', 'C'], ['Answer: **iron**', 'D'],
  // nothing is picked
  ['A dog ran', null], ['I think so', null], ['E', null], ['', null], ['Because', null], ['oxygen or iron', null], ['The answer is a mystery', null], ['The answer is A or B', null], ['The answer is either A or B', null], ['A or B', null], ['Maybe B.', null],
  ['The answer is A dog', null], ['Better not to say', null], ['Both A and B', null], ['The answer is Brown', null], ['The answer is d’Artagnan', null],
];

/** Other forms that models use, a line each. */
const forms: [answer: string, picked: string | null][] = [
  // marks, tags and headings around the letter
  ['`B`', 'B'], ['```\nB\n```', 'B'], ['```text\nB\n```', 'B'], ['<answer>B</answer>', 'B'], ['<answer>(b)</answer>', 'B'], ['<answer>a whale</answer>', 'B'], ['{"answer": "B"}', 'B'], ['{"answer":"B"}', 'B'], ["{'answer': 'B'}", 'B'],
  ['### Answer\nB', 'B'], ['**Final Answer**\n\nB', 'B'], ['## The answer:\n\n**B**', 'B'], ['\\(B\\)', 'B'], ['The answer is \\(B\\).', 'B'], ['\\[\\boxed{B}\\]', 'B'], ['The answer is \\textbf{B}.', 'B'], ['#### B', 'B'],
  // said in other words
  ['The correct letter is B', 'B'], ['Letter B', 'B'], ['The solution is B', 'B'], ['The solution is a base.', null], ['I choose: B', 'B'], ['Definitely B.', 'B'], ['In conclusion, B.', 'B'], ['That leaves B.', 'B'], ['That leaves us with option B.', 'B'], ['By elimination, only B remains.', 'B'], ['答案是 B', 'B'], ['答案：B', 'B'],
  // later statements
  ['Answer: A?\nFinal: B', 'B'], ['I first said "the answer is A".\n\n**B**', 'B'], ['The answer is A at first sight.\n\nB.', 'B'], ['The answer is A.\nA bird sings', 'A'],
  // called, and called wrong
  ['Option B is tempting but wrong.', null], ['Option B sounds good but is not right.', null],
];

describe('what an answer picks', () => {
  test.each(forms)('%j picks %s', (answer, picked) => {
    expect(pickedOption(answer, options)).toBe(picked);
  });

  test.each([
    ['\\boxed{20\\text{ N}}', 'B'], ['\\boxed{20 \\mathrm{N}}', 'B'], ['\\boxed{20}', 'B'], ['20N', 'B'], ['The answer is 20.', 'B'], ['20', 'B'], ['So $F = ma$, \\boxed{40\\,N}', 'D'],
    ['-20 N', null], ['The answer is -20 N', null], ['2.0N', null], ['\\boxed{2}', null], ['The answer is 120 N', null], ['20 kg', null],
  ])('of measures: %j picks %s', (answer, picked) => {
    expect(pickedOption(answer, lettered('10 N', '20 N', '30 N', '40 N'))).toBe(picked);
  });

  test('yes or no that opens an answer', () => {
    expect(['Yes, no doubt.', 'No, yes is wrong.', '**Yes**. No iron rusts.'].map((answer) => pickedOption(answer, lettered('Yes', 'No')))).toEqual(['A', 'B', 'A']);
  });

  test.each(plain)('%j picks %s', (answer, picked) => {
    expect(pickedOption(answer, options)).toBe(picked);
  });

  test.each([
    ['It must be a killer whale because', 'C'], ['A killer whale.', 'C'], ['The answer is a killer whale', 'C'], ['paris', 'D'], ['I think that (D) fits', 'D'], ['a fish or a killer whale', null], ['The answer is A killer whale', 'C'],
  ])('of options that hold one another: %j picks %s', (answer, picked) => {
    expect(pickedOption(answer, lettered('a fish', 'a whale', 'a killer whale', 'Paris'))).toBe(picked);
  });

  test('of a long answer, its end and how it opens', () => {
    const thinking = ' Let me think more about water.'.repeat(1000);
    expect(pickedOption(`Maybe the answer is A.${thinking}\nThe answer is B.`, options)).toBe('B');
    expect(pickedOption(`B.${thinking}`, options)).toBe('B');
  });

  test('letters alone, where the texts stand in the question', () => {
    const bare = lettered('', '', '', '', '', '', '', '');
    expect(['The answer is B because whales are mammals.', 'The answer is A dog', 'I would say H.', 'It is (f).', 'A because', 'The answer is e.g. this'].map((answer) => pickedOption(answer, bare))).toEqual(['B', null, 'H', 'F', 'A', null]);
  });

  test('an I is a letter where it stands alone, and a word before another', () => {
    const nine = lettered('', '', '', '', '', '', '', '', '');
    expect(['The answer is I.', 'The answer is I think B', 'The answer is I because'].map((answer) => pickedOption(answer, nine))).toEqual(['I', null, 'I']);
  });

  test('numbers as labels', () => {
    const numbered = ['3 apples', '2 apples'].map((text, index) => ({ label: `${index + 1}`, text }));
    expect(['The answer is 2.', '(1)', 'The answer is 2 apples', 'The answer is 1.5', 'The answer is 2 because', '2 is correct', '1', '2.5', '\\boxed{2}', '\\boxed{2.5}'].map((answer) => pickedOption(answer, numbered))).toEqual(['2', '1', '2', null, '2', '2', '1', null, '2', null]);
    expect(pickedOption('The answer is 3 apples', numbered)).toBe('1');
  });

  test('labels in brackets, small or not of letters', () => {
    expect(pickedOption('The answer is b', [{ label: '(a)', text: 'x' }, { label: '(b)', text: 'y' }])).toBe('B');
    expect(pickedOption('It is b.', [{ label: 'a', text: '' }, { label: 'b', text: '' }])).toBe('B');
    expect(['(b)', 'B.', ' b ', '①'].map(labelName)).toEqual(['B', 'B', 'B', '①']);
  });

  test('a long answer costs no time', () => {
    const used = cpuTime();
    for (const text of ['answer is ', '(', '{ ', 'answer', '\\boxed{', 'answer: : ', 'answer - - ', 'answer —', 'so ', '\n', ' ', 'B ', 'A or ', 'not ', 'not but ', 'it is ', 'no, ', 'answer is the the ', 'A is the ', '* ', 'choose ', 'B) ', '`', '<answer>', '\n#', 'final: ', 'leaves us ', '1.1', '-1']) pickedOption(text.repeat(Math.ceil(200_000 / text.length)), options);
    expect(used()).toBeLessThan(5000); // quadratic behaviour takes minutes
  });
});
