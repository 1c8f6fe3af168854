import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { TaskRow } from '../../host/protocol.ts';
import { cpuTime } from '../../testing/cpuTime.ts';
import { sharedData, withoutSharedData } from '../testing/files.ts';
import { mathGrader } from './math.ts';
import { finalAnswer } from './math/final.ts';
import { sameMathematics } from './math/compare.ts';

const row = (reference: string | null): TaskRow => ({ row: 0, messages: [], reference, data: {} });
const grader = mathGrader('math');
afterAll(() => grader.dispose());

const equal: [string, string][] = [
  ['\\frac{1}{2}', '0.5'], ['\\dfrac12', '\\frac{1}{2}'], ['1/2', '0.5'], ['2\\frac{1}{2}', '2.5'], ['-2\\frac12', '-\\frac52'], ['2 1/2', '\\frac{5}{2}'], ['10,\\!080', '10080'],
  ['15,600', '15600'], ['1{,}000', '1000'], ['10\\,080', '10080'], ['\\sqrt{8}', '2\\sqrt{2}'], ['\\frac{1}{\\sqrt2}', '\\frac{\\sqrt{2}}{2}'], ['sqrt(2)', '\\sqrt2'], ['50\\%', '50'],
  ['50\\%', '0.5'], ['50\\%', '\\frac12'], ['45^\\circ', '45'], ['90^{\\circ}', '\\frac{\\pi}{2}'], ['5\\text{ cm}', '5'], ['5 cm', '5\\text{ centimeters}'], ['\\$0.50', '0.5'],
  ['-\\$0.50', '-0.50'], ['(1,2)', '(1.0, \\frac{4}{2})'], ['\\left(3,\\frac{\\pi}{2}\\right)', '(3, \\pi/2)'], ['[0,\\infty)', '[0, \\infty)'], ['x\\ge 0', '[0,\\infty)'],
  ['-3\\le x\\le 2', '[-3,2]'], ['(-\\infty,2]\\cup[3,\\infty)', '[3,\\infty)\\cup(-\\infty,2]'], ['\\{1,2,3\\}', '\\{3,1,2\\}'], ['7,9,12,13', '13, 12, 9, 7'],
  ['1\\pm\\sqrt2', '1-\\sqrt{2}, 1+\\sqrt{2}'], ['\\pm 3', '3,-3'], ['x=5', '5'], ['5', 'x = 5'], ['y=2x+1', 'y = 1+2x'], ['2x-y+1=0', 'y=2x+1'], ['(r+5)^2', 'r^2+10r+25'],
  ['4(3-x)(3+x)', '36-4x^2'], ['2k', 'k\\cdot2'], ['9\\pi', '\\pi\\cdot 9'], ['1+2i', '2i+1'], ['\\text{Tuesday}', 'Tuesday'], ['\\text{(A)}', 'A'], ['3032_5', '3032_{5}'],
  ['3032', '3032_5'], ['2^{10}', '1024'], ['10!', '3628800'], ['\\binom{5}{2}', '10'], ['0.\\overline{3}', '\\frac13'], ['\\frac{68}{3}\\text{ pounds}', '\\frac{68}{3}'],
  ['3 \\text{ or } 4', '4,3'], ['x=3,y=4', 'x=3, y=4'], ['e^{2}', 'e^2'], ['\\sin 30^\\circ', '\\frac12'], ['\\log_2 8', '3'], ['1000000', '10^6'], ['3\\times10^5', '300000'],
  ['25 \\text{ in}^2', '25\\text{ square inches}'], ['.5', '0.5'], ['5.0', '5'], ['\\sqrt[3]{-8}', '-2'], ['5<x', 'x>5'], ['f(x)=x^2', 'x^2'],
  ['\\begin{pmatrix}1\\\\2\\end{pmatrix}', '\\begin{pmatrix}1\\\\ \\frac{4}{2}\\end{pmatrix}'], ['x \\in [0,1]', '[0,1]'], ['12\\text{ and }13', '12, 13'], ['$\\frac{3}{4}$', '0.75'],
  ['\\frac{a+b}{2}', '\\frac12 a+\\frac12 b'], ['100^\\circ', '100\\text{ degrees}'], ['5\\text{ dollars}', '\\$5'], ['2:3', '\\frac23'], ['11\\sqrt2', '\\sqrt{242}'],
  ['(2,3),(4,5)', '(4,5),(2,3)'], ['a^2-b^2', '(a-b)(a+b)'], ['1,234.50', '1234.5'], ['x^{2}', 'x^2'], ['30\\%', '30 percent'], ['6 \\div 2', '3'], ['x_1=2', '2'],
  ['\\frac{-1}{2}', '-\\frac{1}{2}'], ['\\emptyset', '\\emptyset'], ['\\text{no solution}', 'no solution'],
  ['\\tan^{-1}(1)', '\\frac{\\pi}{4}'], ['\\sin^{-1}\\frac12', '\\frac{\\pi}{6}'], ['\\sec^{-1}(2)', '\\frac{\\pi}{3}'], ['\\sin^2x+\\cos^2x', '1'], ['x-x', '0'], ['(x,y)=(1,2)', '(1,2)'], ['(x,y)=(1,2)', '(x,y)=(1,\\frac42)'],
  ['AB = 5', '5'], ['\\mathbb{R}', '(-\\infty,\\infty)'], ['x \\in \\mathbb R', '(-\\infty,\\infty)'], ['10 080', '10080'], ['1 000.5', '1000.5'], ['\\frac 1 2', '0.5'], ['\\frac1 2', '0.5'], ['\\log_2 8 ', '3'], ['x_1 = 2', '2'],
  ['\\sqrt{-1}', 'i'], ['1+\\sqrt{-3}', '1+i\\sqrt3'], ['\\sqrt{-(x-3)}', '\\sqrt{3-x}'], ['\\ln(-(x-3))', '\\ln(3-x)'], ['\\pm\\sqrt{-4}', '2i,-2i'],
  ['\\mathbf{5}', '5'], ['\\mathbf{10,080}', '10080'], ['{\\frac12}', '0.5'], ['x = 80\\%', '0.8'], ['\\textbf{5}', '5'], ['\\textbf{\\frac{3}{4}}', '0.75'], ['**5**', '5'], ['`5`', '5'], ['\\(5\\)', '5'], ['\\[x^2\\]', 'x^2'], ['\\text{5 ways}', '5'], ['\\text{5 cm}', '5\\text{ cm}'], ['\\text{7/9}', '\\frac79'], ['\\text{The answer is } 5', '5'], ['\\text{Answer: } 5', '5'], ['\\text{There are } 5 \\text{ ways}', '5'], ['\\text{(1, 4)}', '(1,4)'],
  ['\\color{blue}{5}', '5'], ['\\textcolor{red}{\\frac12}', '0.5'], ['\\large 5', '5'], ['= 5', '5'], ['5,', '5'], ['1+2\\mathrm{i}', '1+2i'], ['\\nicefrac{7}{9}', '\\frac79'], ['3\\sqrt13', '\\sqrt{117}'], ['3√13', '\\sqrt{117}'], ['5\\quad\\text{cm}', '5'], ['90\\degree', '90^\\circ'], ['90^\\text{o}', '90'],
  ['7, 9, 12, \\text{ and } 13', '7,9,12,13'], ['x \\in (1,4)', '(1,4)'], ['1 < x < 4', '(1,4)'], ['-3 \\le f(x) \\le 2', '[-3,2]'], ['-2, 1\\pm\\sqrt5', '-2, 1+\\sqrt5, 1-\\sqrt5'], ['\\{1\\pm\\sqrt5, -2\\}', '-2, 1-\\sqrt5, 1+\\sqrt5'], ['\\{x \\mid x\\ge 0\\}', '[0,\\infty)'], ['\\{x \\in \\mathbb{R} : x\\ge 0\\}', '[0,\\infty)'],
  ['\\begin{bmatrix}1\\\\2\\end{bmatrix}', '\\begin{pmatrix}1\\\\2\\end{pmatrix}'], ['\\left[\\begin{array}{cc}1 & 2 \\\\[4pt] 3 & 4\\end{array}\\right]', '\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}'], ['\\begin{pmatrix}5\\\\-10\\end{pmatrix}', '(5,-10)'], ['\\mathbf{M} = \\begin{bmatrix}1&2\\end{bmatrix}', '\\begin{pmatrix}1&2\\end{pmatrix}'],
  ['25_{\\text{six}}', '25_6'], ['(25)_6', '25_{6}'], ['25_{(6)}', '25_6'], ['25_{\\text{six}}', '25'], ['x = 5, y = -10', '(5,-10)'], ['y = -10, x = 5', '(5,-10)'], ['x=1 \\text{ and } y=4', '(1,4)'], ['r=3,\\theta=\\frac{\\pi}{2}', '(3,\\frac\\pi2)'], ['a=2,b=3', '2,3'], ['b=3,a=2', 'a=2,b=3'], ['x_1 = 1, x_2 = -2', '-2,1'], ['x=1, x=-2', '-2,1'], ['pq', 'qp'], ['\\text{None}', 'none'], ['A', '\\text{A}'], ['50\\%', '50'], ['100\\%', '100'], ['0.5\\%', '0.005'], ['1\\%', '0.01'], ['2:4', '\\frac12'], ['1:10', '\\frac{1}{10}'], ['6{:}30', '6:30'], ['2 pi', '2\\pi'], ['3 xy', '3xy'], ['6 ab^2', '6ab^2'], ['-2 sin x', '-2\\sin x'], ['5 million', '5000000'], ['2.5\\text{ million dollars}', '2500000'], ['5\\text{ million}', '5 million'], ['2\\text{ dozen}', '24'], ['1 1/2 thousand', '1500'], ['5 square feet', '5\\text{ ft}^2'], ['5\\text{ square units}', '5\\text{ cm}^2'], ['5\\text{ units}', '5\\text{ cm}'], ['2\\sqrt{3} cm', '2\\sqrt3'], ['60 mph', '60\\text{ miles per hour}'],
  ['\\$5', '5'], ['\\$5', '5\\text{ dollars}'], ['\\frac{\\pi}{2}\\text{ radians}', '90^\\circ'], ['20^\\circ\\text{C}', '20\\text{ degrees Celsius}'], ['1 2', '1 2'],
];
const different: [string, string][] = [
  ['\\frac12', '\\frac13'], ['0.333', '\\frac13'], ['3.14', '\\pi'], ['1000000000', '1000000001'], ['123456789012345678901', '123456789012345678902'], ['(1,2)', '(2,1)'],
  ['(0,1)', '[0,1]'], ['[0,1)', '[0,1]'], ['\\{1,2\\}', '\\{1,2,3\\}'], ['1,2,2', '1,1,2'], ['5\\text{ cm}', '5\\text{ m}'], ['x=5', 'x=6'], ['x+1', 'x-1'], ['x^2', 'x'], ['x', 'y'],
  ['\\sqrt{x^2}', 'x'], ['50\\%', '5'], ['\\text{Tuesday}', 'Monday'], ['', '5'], ['9^{9^{9}}', '9^{9^{9^9}}'], ['9^{9^{9}}', '1'], ['10000!', '1'], ['1+2i', '1-2i'], ['\\pm 3', '3'],
  ['3032_5', '3032_6'], ['-2\\frac12', '-1.5'], ['\\infty', '-\\infty'], ['x\\ge 5', 'x>5'], ['(-\\infty,3)', '(3,\\infty)'], ['\\frac{1}{0}', '5'], ['2', '\\sqrt2'],
  ['1.41421356', '\\sqrt{2}'], ['12', '1, 2'], ['y=2x+1', 'y=2x-1'], ['3', '3\\text{ or }4'], ['|x|', 'x'], ['45^\\circ', '46'], ['A', 'B'], ['10,080', '10.080'],
  ['25\\text{ in}^2', '25\\text{ in}'], ['(1,2,3)', '(1,2)'], ['x', '\\text{x is even}'], ['2x', '2'], ['\\frac{\\pi}{2}', '90.5^\\circ'], ['0', '10^{-12}'], ['[0,1]', '0,1'],
  ['9007199254740993', '9007199254740992'],
  ['1 2', '12'], ['2 3', '23'], ['2 3', '6'], ['1 2', '2 1'], ['1\\,2', '12'], ['1 2', '1'], ['(1 2, 3)', '(12, 3)'], ['x^2 3', 'x^{23}'], ['\\$5', '5\\text{ cents}'], ['\\$5', '5\\text{ cm}'], ['5^\\circ', '5\\%'], ['5\\text{ cm}', '5\\%'], ['5\\text{ cm}', '5^\\circ'],
  ['\\tan^{-1}(1)', '\\frac{1}{\\tan 1}'], ['\\tan^{-1}(1)', '1'], ['\\cot^{-1}(1)', '\\frac{1}{\\cot 1}'], ['\\tan^{2}(1)', '\\frac{\\pi}{4}'], ['\\sin^2x+\\cos^2x', '2'], ['\\sin^2x-\\cos^2x', '1'], ['x', '1'], ['x^2', '0'], ['\\sin^2x+\\cos^2y', '1'],
  ['(x,y)=(1,2)', '(2,1)'], ['(x,y)=(1,2)', '(x,y)=(2,1)'], ['(x,y)=(1,2)', '(a,b)=(1,2)'], ['(x,y)=(1,2)', '2'], ['AB=5', 'CD=5'], ['AB=5', 'AB=6'], ['AB', '5'],
  ['\\sqrt{-1}', '-i'], ['1+\\sqrt{-3}', '1-i\\sqrt3'], ['\\sqrt{-4}', '-2i'], ['\\textbf{5}', '6'], ['\\text{The answer is not } 5', '5'], ['\\text{5 ways}', '6'], ['\\text{June 20}', '20'], ['\\text{June 20}', '\\text{July 20}'], ['x \\in (1,4]', '(1,4)'], ['x \\in (1,4)', '[1,4]'], ['x \\in (1,4)', '(1,4,5)'], ['-2, 1\\pm\\sqrt5', '-2, 1+\\sqrt5'], ['(-2, 1\\pm\\sqrt5)', '-2, 1+\\sqrt5, 1-\\sqrt5'], ['\\{x \\mid x\\ge 0\\}', '(0,\\infty)'], ['1\\pm 2', '(3,-1)'],
  ['\\begin{pmatrix}1&2\\end{pmatrix}', '\\begin{pmatrix}1\\\\2\\end{pmatrix}'], ['\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}', '\\begin{pmatrix}1&3\\\\2&4\\end{pmatrix}'], ['\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}', '(1,2,3,4)'], ['\\begin{vmatrix}1&2\\\\3&4\\end{vmatrix}', '\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}'], ['25_{\\text{six}}', '25_7'], ['\\text{(A), (B)}', '\\text{(A)}'], ['\\text{(B)}\\ 5', '\\text{(A)}'], ['3,2', 'a=2,b=3'], ['x = 4, y = 1', '(1,4)'], ['x=5, y=10', '(5,-10)'], ['x=5, y=10', '(5,10,0)'], ['a = 3, b = 2', 'a=2,b=3'], ['x=1, x=2', '(1,2)'], ['BAC', 'ABC'], ['CDAB', 'ABCD'], ['\\text{CAB}', 'ABC'], ['evil', '\\text{live}'], ['BAC, CAB', 'ABC, CAB'], ['x', 'X'], ['0.8\\%', '0.8'], ['1\\%', '1'], ['0.5\\%', '\\frac12'], ['2 pi', '2'], ['3 xy', '3'], ['6 ab^2', '6'], ['-2 sin x', '-2'], ['5 million', '5'], ['5\\text{ million}', '5'], ['2\\text{ dozen}', '2'], ['5\\text{ million dollars}', '5000000\\text{ cents}'], ['-1\\text{ is extraneous}', '-1'], ['5\\text{ if }x>0', '5'],
  ['5\\text{ units}', '5\\text{ cm}^2'], ['5\\text{ square units}', '5\\text{ cm}'], ['5\\text{ units}', '5\\%'], ['3\\text{ days}', '3\\text{ hours}'],
  ['\\mathbb{R}', '\\mathbb{Z}'], ['\\mathbb{R}', '(0,\\infty)'], ['\\mathbb{R}', '[-\\infty,\\infty]'], ['\\mathbb{R}', 'R'], ['\\mathbb{Z}', '(-\\infty,\\infty)'],
];
/** An answer and the reference that it meets; the reference would not do as the answer, or need not. */
const answers: [string, string][] = [
  ['\\text{Area} = 49', '49'], ['-8+1 = -7', '-7'], ['a + b = 49', '49'], ['2\\cdot49\\div2 = 49', '49'], ['\\frac{14}{18} = \\frac79', '\\frac79'], ['\\frac{243}{625} = 0.3888', '\\frac{243}{625}'], ['P(A)=\\frac12', '\\frac12'], ['P(\\text{both red}) = \\frac12', '0.5'],
  ['m+n=5', '5'], ['a + b = 0', '0'], ['f(2) = 0', '0'], ['x_1^2 = 0', '0'], ['-1 + 1 = 0', '0'], ['\\binom{3}{2} - 3 = 0', '0'], ['\\text{(B)}\\ 5', '5'], ['x = 6/2 = 3', '3'], ['\\frac79 \\approx 0.778', '\\frac79'], ['9\\pi \\approx 28.27', '9\\pi'], ['A = 9\\pi \\approx 28.27', '9\\pi'], ['\\frac79 \\approx 0.778', '0.778'], ['\\approx 5', '5'], ['x \\approx 5', '5'], ['\\angle C = 90^\\circ', '90'], ['|AB| = 5', '5'],
  ['\\binom{15}{4}=1365', '1365'], ['8! = 40320', '40320'], ['N = 1,545', '1545'], ['1,000 + 545 = 1,545', '1545'], ['xy=5', '5'], ['xy=(1,2)', '(1,2)'], ['f(1, 2) = 3', '3'], ['\\frac{22}{7} = 3.14', '3.14'], ['0.5 = 50\\%', '\\frac12'], ['1\\text{ h} = 60\\text{ min}', '60'],
  ["f'(x)=2x", '2x'], ['2x', "f'(x)=2x"], ['2x', '\\frac{dy}{dx}=2x'], ['90', '\\angle C = 90^\\circ'], ['\\frac14 \\text{ or } 0.25', '\\frac14'], ['5 \\pmod 7', '5'], ['3^5 \\equiv 5 \\pmod{7}', '5'], ['x^2-3x = 4', 'x^2-3x-4=0'], ['x = 2, 3', '2,3'],
];
const wrong: [string, string][] = [
  ['x = 5, y = -10', '5'], ['x = 5, y = -10', '-10'], ['x = 5 \\text{ and } y = -10', '-10'], ['x = 5 \\text{ or } x = 10', '10'], ['1 + 1 = 5', '5'], ['x = 4 = 5', '5'], ['x = 4 = 5', '4'], ['-8+1 = -7', '-8'], ['5 = x + 1', '5'], ['x + 1 = 5', 'x+2=5'], ['0', 'x - 3 = 0'], ['5', 'x + y = 5'],
  ['x = 0.8\\%', '0.8'], ['\\mathbf{12:60}', '6:30'], ['2x - y + 3 = 0', '0'], ['x - 3 = 0', '0'], ['x^2 - 5x = 0', '0'], ['12:60', '6:30'], ['1:5', '6:30'], ['13:00', '6:30'], ['\\sqrt2 \\approx 1.41', '1'], ['\\frac79 \\approx 0.8', '\\frac45'], ['x \\ne 5', '5'], ['x \\le 5', '5'], ['\\frac14 \\text{ or } 0.3', '\\frac14'], ['\\frac14 \\text{ or } 0.3', '0.3'], ['x =', '5'], ['\\pi \\approx 3', '3'], ['(x = 5)', '10'], ['6 \\pmod 7', '5'], ['x = 2, 3', '3'],
];

describe('the same mathematics', () => {
  test.each(answers)('%s answers %s', (answer, reference) => {
    expect(sameMathematics(answer, reference)).toBe(true);
  });
  test.each(wrong)('%s does not answer %s', (answer, reference) => {
    expect(sameMathematics(answer, reference)).toBe(false);
  });
  test.each(equal)('%s is %s, either way round', (a, b) => {
    expect([sameMathematics(a, b), sameMathematics(b, a)]).toEqual([true, true]);
  });
  test.each(different)('%s is not %s, either way round', (a, b) => {
    expect([sameMathematics(a, b), sameMathematics(b, a)]).toEqual([false, false]);
  });
});

describe('what an answer ends on', () => {
  test.each([
    ['so \\boxed{1} and \\boxed{\\frac{1}{2}}.', '\\frac{1}{2}'], ['\\boxed 5', '5'], ['$\\fbox{\\{1\\}}$', '\\{1\\}'], ['The answer is $x^2$.', 'x^2'],
    ['work\nAnswer: 7', '7'], ['0.5', '0.5'], ['\\[ 3 \\]', ' 3 '], ['\\boxed{1', null], ['a long\nstory', null], ['\\(\\boxed8\\)', '8'], ['\\boxed\\pi', '\\pi'],
    ['work\n**Answer:** $42$', '42'], ['**Answer: 42**', '42'], ['work.\nThe answer is **42**.', '42'], ['We get\n#### 42', '42'], ['6*7 = 42\n#### 42\n', '42'], ['#### Step 1\nSo **Answer**: $x^2$', 'x^2'],
    ['Final Answer: The final answer is $\\frac12$. I hope it is correct.', '\\frac12'], ['**Final Answer:**\n\\[\n7\n\\]', '\n7\n'], ['work\n### Final Answer\n\n$(1,2)$', '(1,2)'], ['**Final Answer**\n\n$$x+1$$', 'x+1'],
    ['Final answer: **$x$**', 'x'], ['The answer is:\n\n$$3$$\n\nThanks!', '3'], ['Answer: \\(5\\)', '5'], ['The answer is therefore $5$.', '5'], ['The answer is $\\$5$.', '\\$5'], ['The answer is 5. I hope it is correct.', '5'],
    ['The answer is $5$ or $7$.', '5, 7'], ['The answer is $5$ or 7.', '$5$ or 7'], ['The answer is $5$ cm.', '5\\text{ cm}'], ['The answer is $5$%.', '5%'], ['The answer is $5$ because of that.', '5'], ['The answer is $5 and not $6.', '$5 and not $6'],
    ['The answer is 2*3*x_1', '2*3*x_1'], ['#### Step 1: add\nand so on', null], ['The answer', null], ['The answer is $5$.\nI checked that the answer is correct.', '5'], ['The answers are 2 and 3.', '2 and 3'], ['**42**', '42'], ['The answer is\n', null],
  ])('%j → %j', (text, found) => {
    expect(finalAnswer(text)).toBe(found);
  });

  test('a grade says what was found and what was expected', async () => {
    expect(await grader.grade('\\boxed{0.5}', row('so \\boxed{\\frac12}'))).toEqual({ score: 1, reason: '0.5' });
    expect(await grader.grade('\\boxed{0.4}', row('so \\boxed{\\frac12}'))).toEqual({ score: 0, reason: '0.4, expected \\frac12' });
    expect(await grader.grade('a long\nstory', row('\\frac12'))).toEqual({ score: 0, reason: 'no \\boxed{}, expected \\frac12' });
    expect(await grader.grade('x', row(null))).toMatchObject({ score: 0 });
  });
});

const hostile = ['|'.repeat(40), '|x'.repeat(30), '('.repeat(300), '9^{9^{9^{9}}}', '\\frac{'.repeat(200)+'1', '\\sqrt'.repeat(300)+'2', '2^'.repeat(300)+'2', 'f('.repeat(60), '\\left('.repeat(60), 'a'.repeat(500), '\\binom{1000}{500}^{1000}', '1e999999', '170!!!!!!', '1, '.repeat(250)+'1', '\\pm 1'.repeat(60),  '{'.repeat(300)+'}'.repeat(300),  '\\text{'.repeat(100),  '\\begin{pmatrix}'.repeat(20),  '\\sum_{n=1}^{10^{10}} n', '\\int_0^1 x dx', '[['.repeat(20)+']]'.repeat(20),  '\\|'.repeat(20)+'x', '1'.repeat(550),  '\\circ'.repeat(90),  '_'.repeat(100),  'x_'.repeat(200),  "f'".repeat(100),  '!'.repeat(200),  '\\frac12'.repeat(80)];

describe('hostile answers', () => {
  test.each(hostile)('%s is graded in time, and so is the next', async (text) => {
    const began = performance.now();
    const grades = await grader.gradeBatch([`\\boxed{${text}}`, '\\boxed{\\frac{10}{2}}'].map((answer) => ({ answer, row: row('5') })));
    expect(grades.map(({ score }) => score)).toEqual([0, 1]);
    expect(performance.now() - began).toBeLessThan(60_000);
  });

  test.each(['\\boxed{'.repeat(40_000), `\\boxed{${'{'.repeat(90_000)}`, 'answer is '.repeat(20_000), `\\boxed{${'\\,'.repeat(49_000)}}`, `\\boxed{5${'\\text{ a }'.repeat(9000)}z}`])('a long one costs no time', async (answer) => {
    const used = cpuTime();
    expect((await grader.grade(answer, row('5'))).score).toBe(0);
    expect(used()).toBeLessThan(1000);
  });
});

test.skipIf(withoutSharedData)('every answer of MATH (../shared/data) is itself, and its neighbour only where both are the same number', async () => {
  const solutions = readFileSync(`${sharedData}math/test.jsonl`, 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { solution: string }).solution);
  const answers = solutions.map((solution) => finalAnswer(solution) ?? '');
  expect(answers.filter((answer) => !sameMathematics(answer, answer))).toEqual([]);
  expect((await grader.gradeBatch(solutions.map((answer) => ({ answer, row: row(answer) })))).filter(({ score }) => score !== 1)).toEqual([]);
  const neighbours = answers.map((answer, index) => [answer, answers[(index + 1) % answers.length] ?? '']);
  expect(neighbours.filter(([a = '', b = '']) => sameMathematics(a, b))).toEqual(['4', '3', '7', '16', '12'].map((same) => [same, same]));
});
