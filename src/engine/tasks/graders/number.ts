import { noReference, pureGrader, type Grader } from './grader.ts';

/** `number`: the numbers that answer and reference end on are the same number. */
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
const number = /((?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)(?:[eE]([-+]?\d{1,3})(?!\w))?/g;
/** A sign counts only where a number may begin, so that `16-3` ends on 3; a currency sign may stand on either side. */
const signBefore = /(?:^|[^\w)\]}%])([-−+])(?:[$€£¥]\s?)?$|[$€£¥]\s?([-−+])$/;

/**
 * The number an answer ends on, in one spelling (`1,000.50` → `1000.5`): the first one behind the last `####`, or
 * else the last one inside the last `\boxed{}`, or else the last of the text. Null when there is none. Compared as text, so
 * long integers are exact.
 */
export function finalNumber(text: string): string | null {
  const mark = text.lastIndexOf('####');
  if (mark !== -1) return numbersIn(text.slice(mark + 4))[0] ?? null;
  const boxed = text.lastIndexOf('\\boxed{');
  if (boxed !== -1) {
    const inside = numbersIn(text.slice(boxed + 7).split('}', 1)[0] ?? '').at(-1);
    if (inside !== undefined) return inside;
  }
  return numbersIn(text).at(-1) ?? null;
}

function numbersIn(text: string): string[] {
  return Array.from(text.matchAll(number), (match) => {
    const before = signBefore.exec(text.slice(Math.max(0, match.index - 6), match.index));
    return spell(before?.[1] ?? before?.[2] ?? '', match[1] ?? '', match[2]);
  });
}

function spell(sign: string, digits: string, exponent: string | undefined): string {
  let plain = digits.replaceAll(',', '');
  if (exponent !== undefined) plain = String(Number(`${plain}e${exponent}`));
  const [whole = '', fraction = ''] = plain.split('.');
  const trimmedWhole = whole.replace(/^0+(?=\d)/, '') || '0';
  const trimmedFraction = fraction.replace(/0+$/, '');
  const value = trimmedFraction === '' ? trimmedWhole : `${trimmedWhole}.${trimmedFraction}`;
  return value !== '0' && (sign === '-' || sign === '−') ? `-${value}` : value;
}
