import { noReference, pureGrader, type Grader } from './grader.ts';
import { lastBoxed } from './math/boxed.ts';
import { plainNumbers } from './number/plain.ts';

/** `number`: the numbers that answer and reference give as their results are the same number. */
export function numberGrader(spec: string): Grader {
  return pureGrader(spec, true, (answer, row) => {
    if (row.reference === null) return noReference;
    const expected = finalNumber(row.reference);
    if (expected === null) return { score: 0, reason: 'the reference holds no number' };
    const found = finalNumber(answer);
    if (found === null) return { score: 0, reason: `no number, expected ${expected}` };
    return found === expected ? { score: 1, reason: found } : { score: 0, reason: `${found}, expected ${expected}` };
  });
}

/** Groups of three digits behind commas are thousands; a full stop needs a digit behind it. */
const digits = String.raw`(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)`;
/** `\frac{1}{2}`, `\frac12`, `1/2` (no date, no path; nor 12/4, below), with a whole number before it or none. */
const latexFraction = String.raw`(?:(\d{1,30})\s?)?\\[dtc]?frac\s?(?:\{\s?([-−]?${digits})\s?\}|(\d))\s?(?:\{\s?([-−]?${digits})\s?\}|(\d))`;
const plainFraction = String.raw`(?<![\d/]|/ )(?:(\d{1,30}) )?(${digits}) ?/ ?(${digits})(?! ?/|\d|[.,]\d)`;
const number = new RegExp(String.raw`${latexFraction}|${plainFraction}|(${digits})(?:[eE]([-+]?\d{1,3})(?!\w))?`, 'g');
/** A sign counts only where a number may begin, so that `16-3` ends on 3; a currency sign may stand on either side. */
const signBefore = /(?:^|[^\w)\]}%])([-−+])(?:[$€£¥]\s?)?$|[$€£¥]\s?([-−+])$/;

/**
 * The number an answer ends on, in one spelling (`1,000.50` → `1000.5`, `2/4` → `0.5`, `4/6` → `2/3`): the first one
 * behind the last `####`, or else the last one inside the last `\boxed{}`, or else the one of which the text says last
 * that it is the answer, or else the last of the text. Null when there is none. Compared as text, so long integers and
 * fractions are exact.
 */
export function finalNumber(text: string): string | null {
  const mark = text.lastIndexOf('####');
  if (mark !== -1) return numbersIn(plainNumbers(text.slice(mark + 4)))[0]?.value ?? null;
  const boxed = lastBoxed(text);
  const inside = boxed === null ? undefined : numbersIn(plainNumbers(withoutUnits(boxed))).at(-1) ?? numbersIn(boxed).at(-1);
  if (inside !== undefined) return inside.value;
  const plain = plainNumbers(text);
  return statedNumber(plain) ?? numbersIn(withoutRemark(plain)).at(-1)?.value ?? null;
}

/** "The answer is 42", "Answer: 42" */
const statement = /\banswer\b(?:\s+(?:to|for|of)\s[^.:!?\n]{1,60}?)?["'*_]{0,3}(?:(\s+(?:is|was|(?:would|should|must) be)\b:?|\s+equals\b)|\s{0,3}[:=])/gi;
const statedWithin = 300;
/** What may stand before the number: no word but these. */
const opening = /^(?:[^\p{L}\d]|\\text|\b(?:about|approximately|exactly|only|just)\b){0,24}$/iu;
const correction = /\b(?:wait|actually|sorry|correction|mistake|instead|wrong|incorrect)\b|\bno,/i;

/**
 * The number that the last "the answer is" names right behind it, where its sentence has no other one but those that it
 * gives as reasons; of "Answer:", which may as well head a working, only a line that says nothing else, or a field of
 * JSON. Undefined where the text takes it back, or says it another way.
 */
function statedNumber(text: string): string | undefined {
  const last = Array.from(text.matchAll(statement)).at(-1);
  if (last === undefined) return undefined;
  const from = last.index + last[0].length;
  const behind = text.slice(from, from + statedWithin).trimStart();
  const line = behind.split('\n', 1)[0] ?? '';
  const sentence = /^.*?(?=[.!?;](?:[\s*_"')\]}$]|$)|$)/.exec(line)?.[0] ?? '';
  const isField = /["']\s{0,3}:$/.test(last[0]);
  if (last[1] === undefined && !isField && /[\p{L}\d]/u.test(line.slice(sentence.length))) return undefined;
  const reasoned = (sentence.split(isField ? /["'}]?,\s|\}/ : /\b(?:out of|because|since|as|which)\b|\s\(/, 1)[0] ?? '').split('=').at(-1) ?? '';
  const [number, another] = numbersIn(reasoned);
  if (number === undefined || another !== undefined || !opening.test(reasoned.slice(0, number.from))) return undefined;
  return correction.test(text.slice(from)) ? undefined : number.value;
}

/** "42 minutes (0.7 hours)": without the bracket that ends a text, where it stands behind a number and what was counted. */
const withoutRemark = (text: string): string => {
  const open = text.lastIndexOf('(');
  return open > 0 && /^\([^()]{1,200}\)[\s.!*$]{0,8}$/.test(text.slice(open, open + 220)) && /\d[%°]?(?:\s\p{L}{1,20}){0,3}\s$/u.test(text.slice(Math.max(0, open - 90), open)) ? text.slice(0, open) : text;
};

/** LaTeX without `\text{ cm}^2`, with thousands and currency as plain text writes them. */
function withoutUnits(latex: string): string {
  return latex
    .replace(/\\(?:text|mathrm|mbox)\s?\{[^{}]*\}(?:\^\{?-?\d+\}?)?/g, ' ')
    .replace(/\{,\}|,\\!/g, ',').replace(/(?<=\d)\\[,;: ](?=\d{3}(?!\d))/g, '').replaceAll('\\$', '$');
}

/** Numbers in order, with where their digits begin. */
function numbersIn(text: string): { value: string; from: number }[] {
  return Array.from(text.matchAll(number)).flatMap((match) => valuesOf(match, text).map((value) => ({ value, from: match.index })));
}

/** The number of a match, or the two of a division that was left undone. */
function valuesOf(match: RegExpExecArray, text: string): string[] {
  const before = signBefore.exec(text.slice(Math.max(0, match.index - 6), match.index));
  const sign = before?.[1] ?? before?.[2] ?? '';
  const [, latexWhole, top, topDigit, bottom, bottomDigit, plainWhole, over, under, plain, exponent] = match;
  if (plain !== undefined) return [spell(sign, plain, exponent)];
  const [whole, numerator, denominator] = [latexWhole ?? plainWhole, top ?? topDigit ?? over ?? '', bottom ?? bottomDigit ?? under ?? ''];
  const value = quotient(sign, whole, numerator, denominator);
  // 12/4 is a division that was left undone, and 10/10 a mark
  if (value !== null && (over === undefined || !/^-?\d+$/.test(value))) return [value];
  return [...(whole === undefined ? [] : [spell(sign, whole, undefined)]), spell(whole === undefined ? sign : '', numerator, undefined), spell('', denominator, undefined)];
}

function spell(sign: string, digits: string, exponent: string | undefined): string {
  let plain = digits.replaceAll(',', '');
  if (exponent !== undefined) plain = String(Number(`${plain}e${exponent}`));
  const [whole = '', fraction = ''] = plain.split('.');
  const trimmedWhole = whole.replace(/^0+(?=\d)/, '') || '0';
  const trimmedFraction = fraction.replace(/0+$/, '');
  const value = trimmedFraction === '' ? trimmedWhole : `${trimmedWhole}.${trimmedFraction}`;
  return value !== '0' && isMinus(sign) ? `-${value}` : value;
}

const isMinus = (sign: string | undefined): boolean => sign === '-' || sign === '−';

/** Digits of a numerator or denominator, at most. */
const longestPart = 60;

/** `whole` numerator / denominator as a decimal where it ends, in lowest terms where it does not; null for a division by zero, or parts too long. */
function quotient(sign: string, whole: string | undefined, numerator: string, denominator: string): string | null {
  if (numerator.length > longestPart || denominator.length > longestPart) return null;
  const [top, bottom] = [rational(numerator), rational(denominator)];
  let [n, d] = [top.n * bottom.d, top.d * bottom.n];
  if (d === 0n) return null;
  if (whole !== undefined) n += BigInt(whole) * d;
  const [a, b] = [numerator, denominator].map((part) => isMinus(part[0]));
  const minus = (isMinus(sign) !== a) !== b;
  const divisor = gcd(n, d);
  [n, d] = [n / divisor, d / divisor];
  const places = decimalPlaces(d);
  const text = places === null ? `${n}/${d}` : decimal(n * 10n ** BigInt(places) / d, places);
  return n !== 0n && minus ? `-${text}` : text;
}

/** Its size; the sign is read apart. */
function rational(digits: string): { n: bigint; d: bigint } {
  const [whole = '', fraction = ''] = digits.replace(/^[-−]|,/g, '').split('.');
  return { n: BigInt(whole + fraction), d: 10n ** BigInt(fraction.length) };
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** Of n / d in lowest terms; null where they never end. */
function decimalPlaces(d: bigint): number | null {
  let [twos, fives] = [0, 0];
  for (; d % 2n === 0n; d /= 2n) twos++;
  for (; d % 5n === 0n; d /= 5n) fives++;
  return d === 1n ? Math.max(twos, fives) : null;
}

function decimal(scaled: bigint, places: number): string {
  const text = String(scaled).padStart(places + 1, '0');
  return spell('', `${text.slice(0, text.length - places)}.${text.slice(text.length - places)}`, undefined);
}
