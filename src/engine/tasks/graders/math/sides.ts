/** Equations as text: what stands right of the last `=` is a result, whatever is named or computed left of it. */

const equals = /(?<![<>!=])=(?!=)|\\equiv(?![a-zA-Z])/y;
const approximately = /\\approx(?:eq)?(?![a-zA-Z])|\\simeq(?![a-zA-Z])|\\doteq(?![a-zA-Z])|≈/y;
const listed = /(?<!\d),|,(?!\d{3}(?!\d))|;|\s(?:and|or)\s|\\text\s*\{\s*,?\s*(?:and|or)\b[^{}]*\}|\\(?:quad|qquad|cup|cap|lor|land|vee|wedge|le|leq|leqslant|ge|geq|geqslant|ne|neq|in|to|Rightarrow|implies|iff)(?![a-zA-Z])|[<>]/y;
const alternatively = /\\text\s*\{\s*or\s*\}|\sor\s/y;

/** Parts of a text between what `separator` (sticky) finds outside all brackets. */
function parts(text: string, separator: RegExp): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    separator.lastIndex = i;
    const sign = depth === 0 ? separator.exec(text)?.[0] : undefined;
    if (sign !== undefined) {
      found.push(text.slice(from, i).trim());
      from = i + sign.length;
      i = from - 1;
    } else if ('{[('.includes(text[i] ?? '')) depth++;
    else if ('}])'.includes(text[i] ?? '')) depth--;
    else if (text[i] === '\\' && !'{}'.includes(text[i + 1] ?? '')) i++;
  }
  return [...found, text.slice(from).trim()];
}

/** `x`, `x_1`, `\theta`, `f'(x)`, `P(A)`, `AB`, `\angle C`, `\text{Area}`, `\frac{dy}{dx}`: names of what is asked, not expressions that have a value. */
const nameAlone = /^(?:m?\\(?:angle|overline)\s*\{?\s*[A-Z]{1,3}\s*\}?|\|?[A-Z]{2,}\|?|\\(?:text|mathrm|mathbf|operatorname)\s*\{[^{}]*\}|\\d?frac\{d[a-z]\}\{d[a-z]\}|(?:[a-df-hj-zA-Z]|\\(?!pi|frac|sqrt|infty)[a-zA-Z]+)(?:_(?:\w|\{[^{}]*\}))?(?:'|\^\{?-1\}?(?=\())*(?:\(.*\))?)$/;

/** `2x - y + 3`, a coefficient or a number beside letters: with `= 0` it says what is to be solved, while `a + b = 0` says a value. */
function isPolynomial(side: string): boolean {
  const bare = side.replace(/\\[a-zA-Z]+(?:\s*\{[^{}]*\})*/g, '').replace(/[_^](?:\{[^{}]*\}|\w)/g, '').replace(/[a-zA-Z]'*\([^()]*\)/g, '');
  return /[a-zA-Z]/.test(bare) && /\d/.test(bare);
}

/** What an equation says of the thing on its left: the text right of the last `=`. Null where the text is none, or a list of several. */
export function result(text: string): { sides: string[]; result: string } | null {
  const sides = parts(text, equals);
  const last = sides.at(-1) ?? '';
  if (sides.length < 2 || last === '' || (last === '0' && sides.slice(0, -1).some(isPolynomial)) || sides.slice(0, -1).some((side) => parts(side, listed).length > 1)) return null;
  return { sides, result: last };
}

/** Whether there is a `=` outside all brackets. */
export const isEquation = (text: string): boolean => parts(text, equals).length > 1;

/** Of `y = 2x + 3`, where what stands on the left is a name: `2x + 3`, else null. */
export function named(text: string): string | null {
  const sides = parts(text, equals);
  return sides.length === 2 && nameAlone.test(sides[0] ?? '') ? sides[1] ?? null : null;
}

/** `\frac79 \approx 0.778`: the exact text and the rounded one; a name is no value. Null where nothing is rounded. */
export function rounded(text: string): { exact: string | null; round: string } | null {
  const sides = parts(text, approximately);
  const first = sides[0] ?? '';
  const last = sides.at(-1) ?? '';
  if (sides.length < 2 || last === '') return null;
  return { exact: first === '' || nameAlone.test(first) ? null : first, round: last };
}

/** `\frac14 \text{ or } 0.25`: one value said several ways, or several values. */
export const ways = (text: string): string[] => parts(text, alternatively);
