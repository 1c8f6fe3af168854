/**
 * Whether two answers are the same mathematics. Numbers are compared exactly where they are rational, else to nine
 * digits; expressions with variables at several points; lists, sets, tuples, intervals and equations part by part.
 */
import { LatexSyntax } from '@cortex-js/compute-engine/latex-syntax';
import { clean, hasSplitNumber, measured, words, type Cleaned } from './clean.ts';
import { isEquation, named, result, rounded, ways } from './sides.ts';
import { undressed } from './undressed.ts';
import { agree } from './units.ts';
import { call, complex, NoValue, rational, symbolOf, variables, type Complex, type Json } from './value.ts';

const syntax = new LatexSyntax();
/** Longer answers, or deeper ones, are compared as text alone; without cleaning it where it is longer still (characters). */
const longest = 600;
const longestText = 2000;
const deepest = 40;

/** What an answer is, once its outer form is read. Lists and sets are in any order; a list of one is its item. */
type Thing =
  | { kind: 'expression'; json: Json }
  | { kind: 'list' | 'tuple'; items: Thing[]; /** of 1 ± √5 */ either?: true }
  | { kind: 'interval'; ends: [Thing, Thing]; open: [boolean, boolean] }
  | { kind: 'equation'; sides: [Json, Json] }
  | { kind: 'inequality'; operators: string[]; sides: Json[] };

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

const bases = ['', '', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen'];

/** `3032_5`, `25_{6}`, `25_{\text{six}}`, `(25)_6` */
function inBase(latex: string): { digits: string; value: bigint } | null {
  const match = /^(-?)([0-9A-Z]{1,64})_\{?(\d{1,2}|\\text\s*\{\s*[a-z]+\s*\})\}?$/.exec(latex.replace(/^\((-?[0-9A-Z]+)\)_/, '$1_').replace(/_\{?\((\d+)\)\}?$/, '_$1'));
  if (!match) return null;
  const [, sign = '', digits = '', named = ''] = match;
  const spoken = /[a-z]+(?=\s*\})/.exec(named)?.[0];
  const base = spoken === undefined ? Number(named) : bases.indexOf(spoken);
  let value = 0n;
  for (const digit of digits) {
    const worth = parseInt(digit, 36);
    if (base < 2 || base > 36 || worth >= base) return null;
    value = value * BigInt(base) + BigInt(worth);
  }
  return { digits: sign + digits, value: sign === '-' ? -value : value };
}

function read(latex: string): Thing | null {
  if (latex === '' || latex.length > longest || hasSplitNumber(latex) || depthOf(latex) > deepest || (latex.match(/\|/g)?.length ?? 0) > 6) return null;
  const json = syntax.parse(latex) as Json | null;
  return json === null || JSON.stringify(json).includes('"Error"') ? null : thingOf(json);
}

function depthOf(latex: string): number {
  let depth = 0;
  let most = 0;
  for (const sign of latex) {
    if ('{[('.includes(sign)) most = Math.max(most, ++depth);
    else if ('}])'.includes(sign)) depth--;
  }
  // roots and powers nest without brackets
  return Math.max(most, (latex.match(/\\sqrt|\^/g)?.length ?? 0));
}

const inequalities = new Set(['Less', 'LessEqual', 'Greater', 'GreaterEqual', 'NotEqual']);

function thingOf(json: Json): Thing {
  // written as (−∞, ∞) is
  if (symbolOf(json) === 'RealNumbers') return { kind: 'tuple', items: [{ kind: 'expression', json: ['Negate', 'PositiveInfinity'] }, { kind: 'expression', json: 'PositiveInfinity' }] };
  const parts = call(json);
  if (parts === null) return { kind: 'expression', json };
  const [operator, ...operands] = parts;
  switch (operator) {
    case 'Delimiter': {
      const inner = call(operands[0] ?? 0);
      const marks = operands[1];
      const style = typeof marks === 'object' && !Array.isArray(marks) ? marks.str ?? '' : typeof marks === 'string' ? marks : '';
      if (inner?.[0] !== 'Sequence') return operands[0] === undefined ? { kind: 'expression', json } : thingOf(operands[0]);
      return { kind: style.includes('(') ? 'tuple' : 'list', items: style.includes('(') ? inner.slice(1).map(thingOf) : listed(inner.slice(1)) };
    }
    case 'Sequence': case 'Set': case 'Union': case 'Or': return { kind: 'list', items: listed(operands) };
    case 'List':
      if (operands.length === 2) return { kind: 'interval', ends: [thingOf(operands[0] ?? 0), thingOf(operands[1] ?? 0)], open: [false, false] };
      return { kind: 'tuple', items: operands.map(thingOf) };
    case 'AngleBracket': return { kind: 'tuple', items: operands.map(thingOf) };
    case 'Matrix': {
      const rows = (call(operands[0] ?? 0)?.slice(1) ?? []).map((row) => (call(row as Json)?.slice(1) ?? []).map((entry) => thingOf(entry as Json)));
      // a column is a vector, as (5, -10) is
      return { kind: 'tuple', items: rows.every((row) => row.length === 1) ? rows.flat() : rows.map((row) => ({ kind: 'tuple', items: row })) };
    }
    case 'Interval': {
      const ends = operands.slice(0, 2).map((end) => (call(end)?.[0] === 'Open' ? { open: true, end: call(end)?.[1] ?? 0 } : { open: false, end }));
      const [low, high] = ends;
      if (low === undefined || high === undefined) return { kind: 'expression', json };
      return { kind: 'interval', ends: [thingOf(low.end), thingOf(high.end)], open: [low.open, high.open] };
    }
    case 'Element': return thingOf(operands[1] ?? json);
    case 'Equal': {
      const [left, right] = [operands[0], operands.at(-1)];
      return left === undefined || right === undefined ? { kind: 'expression', json } : { kind: 'equation', sides: [left, right] };
    }
    default:
  }
  if (inequalities.has(operator)) return inequality(operator, operands);
  // ABC is a word
  if (operator === 'InvisibleOperator' && operands.every((letter) => /^[A-Z]$/.test(symbolOf(letter) ?? ''))) return { kind: 'expression', json: operands.map(symbolOf).join('') };
  const plus = signed(json, 'Add');
  if (plus !== null) return { kind: 'list', either: true, items: [plus, signed(json, 'Subtract') ?? plus].map((one) => ({ kind: 'expression', json: one })) };
  return { kind: 'expression', json };
}

/** The parts of a list, `1 ± √5` as two. */
function listed(parts: readonly Json[]): Thing[] {
  return parts.map((part) => thingOf(part)).flatMap((thing) => (thing.kind === 'list' && thing.either ? thing.items : [thing]));
}

/** The expression with every ± read as one sign, or null where it has none. */
function signed(json: Json, sign: 'Add' | 'Subtract'): Json | null {
  const parts = call(json);
  if (parts === null) return null;
  const [operator, ...operands] = parts;
  const replaced = operands.map((operand) => signed(operand, sign));
  if (operator !== 'Measurement' && operator !== 'PlusMinus' && replaced.every((operand) => operand === null)) return null;
  return [operator === 'Measurement' || operator === 'PlusMinus' ? sign : operator, ...replaced.map((operand, index) => operand ?? operands[index] ?? 0)];
}

/** Written with < and ≤ from left to right; `5 < x` and `x > 5` are one. */
function inequality(operator: string, operands: readonly Json[]): Thing {
  const chain = (json: Json): { operators: string[]; sides: Json[] } => {
    const parts = call(json);
    if (parts === null || !inequalities.has(parts[0])) return { operators: [], sides: [json] };
    const links = parts.slice(1).map((part) => chain(part));
    return {
      operators: links.flatMap((link, index) => (index === 0 ? link.operators : [parts[0], ...link.operators])),
      sides: links.flatMap((link) => link.sides),
    };
  };
  const { operators, sides } = chain([operator, ...operands]);
  if (!operators.some((one) => one.startsWith('Greater'))) return { kind: 'inequality', operators, sides };
  return { kind: 'inequality', operators: operators.toReversed().map((one) => one.replace('Greater', 'Less')), sides: sides.toReversed() };
}

function same(a: Thing, b: Thing): boolean {
  if (a.kind === 'expression' && b.kind === 'expression') return sameValue(a.json, b.json);
  if (a.kind === 'equation' && b.kind === 'equation') return sameEquation(a.sides, b.sides);
  // x = 5 is 5; a set of one is its item
  if (a.kind === 'equation') return isName(a.sides[0]) && same(thingOf(a.sides[1]), b);
  if (b.kind === 'equation') return same(b, a);
  if (a.kind === 'inequality' || b.kind === 'inequality') return sameInequality(a, b);
  if (a.kind === 'list' && a.items.length === 1 && a.items[0] !== undefined) return same(a.items[0], b);
  if (b.kind === 'list' && b.items.length === 1 && b.items[0] !== undefined) return same(a, b.items[0]);
  // x ∈ (1, 4) is an interval, (1, 4) may be one
  if (a.kind === 'interval' && b.kind === 'tuple') return a.open[0] && a.open[1] && sameInOrder(a.ends, b.items);
  if (b.kind === 'interval' && a.kind === 'tuple') return same(b, a);
  const [aSystem, bSystem] = [assigned(a), assigned(b)];
  if ((aSystem === null) !== (bSystem === null)) return sameInOrder(aSystem ?? items(a), bSystem ?? items(b));
  if (a.kind === 'list' && b.kind === 'list') return sameInAnyOrder(a.items, b.items);
  if (a.kind === 'tuple' && b.kind === 'tuple') return sameInOrder(a.items, b.items);
  if (a.kind === 'interval' && b.kind === 'interval') return a.open[0] === b.open[0] && a.open[1] === b.open[1] && same(a.ends[0], b.ends[0]) && same(a.ends[1], b.ends[1]);
  // (1, 4) is a point and an open interval, [1, 4] a pair and a closed one: as it is written, so it is compared
  return false;
}

const items = (thing: Thing): readonly Thing[] => (thing.kind === 'list' || thing.kind === 'tuple' ? thing.items : []);

function sameInOrder(a: readonly Thing[], b: readonly Thing[]): boolean {
  const other = (index: number): Thing => b[index] ?? { kind: 'list', items: [] };
  return a.length === b.length && a.every((item, index) => same(item, other(index)));
}

/** Of `x = 5, y = -10`, a list of one value for each of several letters: the values in the letters' order, or as written where one is Greek. Null for anything else, as the two solutions `x = 1, x = 2` and `x_1 = 1, x_2 = 2`. */
function assigned(thing: Thing): readonly Thing[] | null {
  if (thing.kind !== 'list' || thing.items.length < 2) return null;
  const values = new Map<string, Thing>();
  for (const item of thing.items) {
    const name = item.kind === 'equation' ? symbolOf(item.sides[0])?.replace(/_.*$/, '') : undefined;
    if (item.kind !== 'equation' || name === undefined || values.has(name)) return null;
    values.set(name, thingOf(item.sides[1]));
  }
  const names = [...values.keys()];
  if (names.every((name) => name.length === 1)) names.sort();
  return names.flatMap((name) => values.get(name) ?? []);
}

/** `x`, `x_1`, `f(x)`, the segment `AB` or the point `(x, y)`: what stands left of a result. `xy` is a product. */
function isName(json: Json): boolean {
  if (symbolOf(json) !== null) return true;
  const [operator, first = 0, ...rest] = call(json) ?? [];
  if (operator === 'Delimiter') return rest.length <= 1 && call(first)?.[0] === 'Sequence' && (call(first)?.slice(1) ?? []).every((item) => symbolOf(item) !== null);
  if (operator !== 'InvisibleOperator' || symbolOf(first) === null) return false;
  return call(rest[0] ?? 0)?.[0] === 'Delimiter' || [first, ...rest].every((letter) => /^[A-Z]$/.test(symbolOf(letter) ?? ''));
}

function sameInAnyOrder(a: readonly Thing[], b: readonly Thing[]): boolean {
  if (a.length !== b.length || a.length > 64) return false;
  const left = [...b];
  return a.every((item) => {
    const at = left.findIndex((other) => same(item, other));
    if (at !== -1) left.splice(at, 1);
    return at !== -1;
  });
}

function sameInequality(a: Thing, b: Thing): boolean {
  if (a.kind === 'inequality' && b.kind === 'inequality') {
    return a.operators.length === b.operators.length && a.operators.every((operator, index) => operator === b.operators[index]) && a.sides.every((side, index) => sameValue(side, b.sides[index] ?? 0));
  }
  const [bounds, other] = a.kind === 'inequality' ? [a, b] : b.kind === 'inequality' ? [b, a] : [null, a];
  const interval = bounds === null ? null : intervalOf(bounds);
  return interval !== null && same(interval, other.kind === 'tuple' && other.items.length === 2 ? { kind: 'interval', ends: [other.items[0] ?? other, other.items[1] ?? other], open: [true, true] } : other);
}

/** Of an inequality in one variable: `x ≥ 5` is [5, ∞). */
function intervalOf({ operators, sides }: { operators: string[]; sides: Json[] }): Thing | null {
  const ends = (low: Json, high: Json, open: [boolean, boolean]): Thing => ({ kind: 'interval', ends: [thingOf(low), thingOf(high)], open });
  const [first = 0, second = 0, third] = sides;
  const strict = operators.map((operator) => operator === 'Less');
  if (operators.includes('NotEqual')) return null;
  if (third !== undefined) return sides.length === 3 && isName(second) ? ends(first, third, [strict[0] ?? true, strict[1] ?? true]) : null;
  if (isName(first)) return ends(['Negate', 'PositiveInfinity'], second, [true, strict[0] ?? true]);
  return isName(second) ? ends(first, 'PositiveInfinity', [strict[0] ?? true, true]) : null;
}

/** The same line or curve: the differences of the sides are proportional. */
function sameEquation(a: readonly [Json, Json], b: readonly [Json, Json]): boolean {
  if (isName(a[0]) && isName(b[0]) && JSON.stringify(a[0]) === JSON.stringify(b[0]) && same(thingOf(a[1]), thingOf(b[1]))) return true;
  const difference = ([left, right]: readonly [Json, Json]): Json => ['Subtract', left, right];
  const ratios = atPoints(difference(a), difference(b))?.map(([x, y]) => (size(y) === 0 ? NaN : size(x) / size(y) * Math.sign(x.re * y.re + x.im * y.im)));
  return ratios !== undefined && ratios.length > 1 && ratios.every((ratio) => ratio !== 0 && Math.abs(ratio - (ratios[0] ?? NaN)) <= tolerance * Math.abs(ratio));
}

const tolerance = 1e-9;
const size = ({ re, im }: Complex): number => Math.hypot(re, im);

function sameValue(a: Json, b: Json): boolean {
  const [exactA, exactB] = [attempt(() => rational(a)), attempt(() => rational(b))];
  if (exactA && exactB) return exactA.n === exactB.n && exactA.d === exactB.d;
  const points = atPoints(a, b);
  return points !== undefined && points.length > 0 && points.every(([x, y]) => close(x, y));
}

function close(x: Complex, y: Complex): boolean {
  if (x.im === y.im && x.re === y.re) return true;
  const distance = Math.hypot(x.re - y.re, x.im - y.im);
  return Number.isFinite(distance) && distance <= tolerance * Math.max(size(x), size(y), 1e-6);
}

/** Positive and negative, small and large, none a nice number. */
const points = [0.7390851, 1.9021605, -0.5671433, 3.3598857, -2.6220576, 0.1494501];

/** Both values where both have one; undefined where they have no value anywhere. A side without variables may equal one whose variables do not matter. */
function atPoints(a: Json, b: Json): [Complex, Complex][] | undefined {
  const names = [...variables(a)].sort();
  const others = variables(b);
  if (names.length > 12 || others.size > 12) return undefined;
  const all = [...new Set([...names, ...others])].sort();
  const found: [Complex, Complex][] = [];
  for (const [round] of (all.length === 0 ? [0] : points).entries()) {
    const given = new Map(all.map((name, index) => [name, (points[(round + index) % points.length] ?? 1) * (1 + index * 0.1173)]));
    const values = attempt((): [Complex, Complex] => [complex(a, given), complex(b, given)]);
    if (values && values.every(({ re, im }) => !Number.isNaN(re) && !Number.isNaN(im))) found.push(values);
  }
  return found.length >= Math.min(2, all.length === 0 ? 1 : 2) ? found : undefined;
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof NoValue || error instanceof RangeError) return null;
    throw error;
  }
}
