/**
 * Whether two answers are the same mathematics, in any of the ways in which an answer can be read: as it stands, as
 * what an equation comes to, as what is rounded.
 */
import { clean, measured, words, type Cleaned } from './clean.ts';
import { inBase } from './numeral.ts';
import { same } from './same.ts';
import { isEquation, named, result, rounded, ways } from './sides.ts';
import { read, type Thing } from './things.ts';
import { undressed } from './undressed.ts';
import { agree } from './units.ts';
import { attempt, complex, size, variables, type Complex, type Json } from './value.ts';

/** Longer answers are compared as text alone, without cleaning it (characters). */
const longestText = 2000;

/** Whether an answer says what the reference says, in one of the ways in which it can be read. */
export function sameMathematics(answer: string, reference: string): boolean {
  if (answer.length > longestText || reference.length > longestText) return squeezed(answer) === squeezed(reference);
  return answers(undressed(answer), undressed(reference));
}

function answers(answer: string, reference: string): boolean {
  const expected = clean(reference);
  if (readings(answer, reference).some((reading) => equal(clean(reading), expected))) return true;
  const alternatives = ways(answer);
  if (alternatives.length > 1 && alternatives.every((one) => equal(clean(one), expected))) return true;
  // `2x + 3` for `f'(x) = 2x + 3`
  const value = isEquation(answer) ? null : named(reference);
  return value !== null && equal(clean(answer), clean(value));
}

/** The answer as it stands; what it is exactly, and the rounded number where that is asked; of an equation what it comes to, unless an equation is asked. */
function readings(answer: string, reference: string): string[] {
  const plain = reference.includes('\\pmod') ? answer : answer.replace(/\s*\\pmod\s*(?:\{[^{}]*\}|\d)\s*$/, '');
  // `(B) 5`: the letter and what it stands for
  const chosen = /^\\text\s*\{\s*\([A-E]\)\s*\}(?:\s|~|\\[ ,;:])*(?!\\text)([-+\d.\\$].*)$/.exec(plain)?.[1];
  const found = chosen === undefined ? [plain] : [plain, chosen];
  const approximation = rounded(plain);
  const exact = approximation === null ? plain : approximation.exact ?? approximation.round;
  if (approximation !== null) found.push(exact);
  if (approximation !== null && /\d\.\d/.test(reference)) found.push(approximation.round);
  const equation = isEquation(reference) ? null : result(exact);
  if (equation !== null && (exact.includes('\\equiv') || !contradictory(equation.sides))) found.push(equation.result);
  return found;
}

/** `1 + 1 = 5`: numbers on both sides that are not one, rounding aside. Sides with units are not judged. */
function contradictory(sides: readonly string[]): boolean {
  const values = sides.map(clean).filter((side) => measured(side) === '').flatMap(({ latex }) => numberOf(latex) ?? []);
  return values.some((value) => size({ re: value.re - (values[0]?.re ?? 0), im: value.im - (values[0]?.im ?? 0) }) > 0.01 * size(values[0] ?? value));
}

function equal(a: Cleaned, b: Cleaned): boolean {
  const [aMeasure, bMeasure] = [measured(a), measured(b)];
  if (!agree(aMeasure, bMeasure)) return false;
  // a share of at most 1 is not said in percent without the sign
  const share = a.percent !== b.percent && isShare(a.percent ? b.latex : a.latex);
  if (!share && squeezed(a.latex) === squeezed(b.latex)) return squeezed(a.latex) !== '';
  if (isClock(b.latex) && /^\d+\s*:\s*\d+$/.test(a.latex)) return squeezed(a.latex) === squeezed(b.latex);
  const [aWords, bWords] = [words(a.latex), words(b.latex)];
  if (aWords !== null && bWords !== null) {
    if (aWords === bWords && !(aWords.length === 1 && a.latex.length === 1 && b.latex.length === 1)) return true;
    if (isWord(a.latex) || isWord(b.latex)) return false;
  }
  const [aBase, bBase] = [inBase(a.latex), inBase(b.latex)];
  if (aBase !== null && bBase !== null) return aBase.value === bBase.value;
  // the question names the base: the digits alone will do
  if (aBase !== null || bBase !== null) {
    const [numeral, other] = aBase === null ? [bBase, a.latex] : [aBase, b.latex];
    return numeral?.digits === other;
  }
  const [left, right] = [read(a.latex), read(b.latex)];
  if (left === null || right === null) return false;
  if (!share && same(left, right)) return true;
  // "what percent" and "how many degrees" are answered with and without the sign
  if (a.percent !== b.percent) return same(scaled(left, a.percent, ['Divide', 1, 100]), scaled(right, b.percent, ['Divide', 1, 100]));
  if (a.degrees !== b.degrees) return same(scaled(left, a.degrees, ['Divide', 'Pi', 180]), scaled(right, b.degrees, ['Divide', 'Pi', 180]));
  return false;
}

const squeezed = (text: string): string => text.replace(/(?<=\d)\s+(?=\d)/g, '\u2423').replace(/\s+/g, '').replace(/\\(?:text|mathrm|mbox)\{([^{}]*)\}/g, '$1');

/** `\text{live}` and `CDAB`, whose letters are no product: what is neither may be one. */
const isWord = (latex: string): boolean => /^[A-Z]{2,}$|\\text/.test(latex);

/** `6:30`, which is no ratio that could be reduced. */
const isClock = (latex: string): boolean => /^(?:1?\d|2[0-4])\s*:\s*[0-5]\d$/.test(latex);

function isShare(latex: string): boolean {
  const value = numberOf(latex);
  return value !== null && size(value) > 0 && size(value) <= 1;
}

/** The value of a text that is one number. */
function numberOf(latex: string): Complex | null {
  const thing = read(latex);
  return thing?.kind === 'expression' && variables(thing.json).size === 0 ? attempt(() => complex(thing.json, new Map())) : null;
}

function scaled(thing: Thing, apply: boolean, factor: Json): Thing {
  if (!apply) return thing;
  if (thing.kind === 'equation') return { kind: 'equation', sides: [thing.sides[0], ['Multiply', thing.sides[1], factor]] };
  return thing.kind === 'expression' ? { kind: 'expression', json: ['Multiply', thing.json, factor] } : thing;
}
