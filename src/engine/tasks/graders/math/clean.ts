/** The final answer of a text, and its LaTeX without what is only there for the eye. Linear in the text's length. */

import { lastBoxed } from './boxed.ts';

/** An answer ready to be parsed. `unit` is what was measured, '' where nothing is said (of an angle, radians are what numbers mean). */
export interface Cleaned { latex: string; unit: string; percent: boolean; degrees: boolean }

/** What an answer ends on: the content of its last `\boxed{}`; without one, what follows "answer is", or a short text whole. Null when none. */
export function finalAnswer(text: string): string | null {
  const boxed = lastBoxed(text);
  if (boxed !== null) return boxed;
  if (text.includes('\\boxed')) return null;
  const said = /^[\s\S]*\banswer\b(?:\s+is|\s*[:=])+\s*([^\n]+)/i.exec(text.slice(-2000))?.[1] ?? (text.trim().length <= 200 && !text.trim().includes('\n') ? text : null);
  if (said === null) return null;
  const plain = said.trim().replace(/\.$/, '');
  return /^\$\$?([^$]+)\$\$?$/.exec(plain)?.[1] ?? /^\\[([]([\s\S]*)\\[)\]]$/.exec(plain)?.[1] ?? plain;
}

/** Names of one unit. What is not listed is its own, a plural s aside. */
const units: readonly (readonly string[])[] = [
  ['cm', 'centimeter', 'centimetre'], ['mm', 'millimeter', 'millimetre'], ['m', 'meter', 'metre'], ['km', 'kilometer', 'kilometre'],
  ['in', 'inch', 'inche'], ['ft', 'foot', 'feet'], ['yd', 'yard'], ['mi', 'mile'], ['lb', 'pound'], ['oz', 'ounce'], ['g', 'gram'], ['kg', 'kilogram'],
  ['sec', 's', 'second'], ['min', 'minute'], ['hr', 'h', 'hour'], ['mph', 'miles per hour'], ['L', 'liter', 'litre'], ['mL', 'ml', 'milliliter'],
];

/** One unit in one spelling, with its power: `square inches`, `\text{ in}^2` and `in^2` are `in^2`. */
function unitOf(text: string): string {
  let name = text.replace(/\\(?:text|mathrm|mbox|textrm|rm)\b/g, '').replace(/[{}~\\,.]/g, ' ').replace(/\s+/g, ' ').trim();
  let power = /\^\s*(\d)$/.exec(name)?.[1] ?? '';
  name = name.replace(/\^\s*\d$/, '').trim();
  const spoken = /^(square|sq|cubic|cu) (.*)$/.exec(name);
  if (spoken) [power, name] = [spoken[1]?.startsWith('s') ? '2' : '3', spoken[2] ?? ''];
  const single = name.length > 3 ? name.replace(/s$/, '') : name.replace(/^(lb|hr|min|sec|oz|yd)s$/, '$1');
  const known = units.find((names) => names.includes(name) || names.includes(single))?.[0] ?? single.toLowerCase();
  return power === '' ? known : `${known}^${power}`;
}

const wrapper = /\\(?:text|mathrm|mbox|textrm|textbf|mathbf|operatorname|rm)\s*\{([^{}]*)\}/;
const unitBehind = new RegExp(String.raw`^(.*?[\d})!]|.*?\\pi)\s*((?:\\[ ,;!]|~|\s)*(?:\\(?:text|mathrm|mbox|textrm)\s*\{[^{}]*\}(?:\s*\^\s*\{?\d\}?)?\s*)+)\.?$`);
const wordBehind = /^([-+]?[\d.,/]+|[-+]?\\[dt]?frac\{?\d+\}?\{?\d+\}?)\s+([A-Za-z]{2,}(?:[ A-Za-z]*)(?:\^\{?\d\}?)?)\.?$/;

const degreeSign = /\^\s*\{?\s*\\circ\s*\}?\s*(?:\\(?:text|mathrm)\s*\{\s*[CF]\s*\}|[CF])?$|\s*\\text\s*\{\s*degrees?\s*\}$|\s+degrees?$|°$/;

export function clean(answer: string): Cleaned {
  let latex = answer.trim().replace(/^\$+|\$+$/g, (signs, at: number, whole: string) => (signs === '$' && at > 0 && whole[at - 1] === '\\' ? signs : ''));
  const dollars = /\\[$]\s*[\d.]/.test(latex);
  latex = latex
    .replace(/\\(?:left|right|displaystyle|textstyle|bigl?|bigr|Bigl?|Bigr|limits)(?![a-zA-Z])\.?/g, '')
    .replace(/\\[dtc]frac(?![a-zA-Z])/g, '\\frac')
    .replace(/\\(?:dbinom|tbinom)(?![a-zA-Z])/g, '\\binom')
    .replace(/\\(?:leq|leqslant)(?![a-zA-Z])/g, '\\le').replace(/\\(?:geq|geqslant)(?![a-zA-Z])/g, '\\ge')
    .replace(/\\(?:lbrace)(?![a-zA-Z])/g, '\\{').replace(/\\(?:rbrace)(?![a-zA-Z])/g, '\\}')
    .replace(/[−–]/g, '-').replace(/π/g, '\\pi ').replace(/√/g, '\\sqrt ').replace(/∞/g, '\\infty ').replace(/±/g, '\\pm ').replace(/×|⋅|·/g, '\\cdot ').replace(/∪/g, '\\cup ')
    .replace(/,\\!|\{,\}/g, ',').replace(/\\!/g, '')
    .replace(/\\(frac|binom)\s*(\d)\s+(\d)/g, '\\$1{$2}{$3}').replace(/\\mathbb\s*([A-Z])/g, '\\mathbb{$1}')
    .replace(/\\(sin|cos|tan|cot|sec|csc)\s*\^\s*\{\s*-\s*1\s*\}/g, '\\arc$1 ')
    .replace(/(\d)(?<!\\)\\[,;: ]\s*(?=\d{3}(?!\d))/g, '$1')
    .replace(/\\[$]|[$]/g, '').replace(/(?<!\\)\\[,;: ]|~/g, ' ')
    .replace(/\s+(?:and|or)\s+|\\text\s*\{\s*,?\s*(?:and|or)\s*\}/g, ',')
    .replace(/\.\s*$/, '').trim();
  const percent = /\\?%|\\text\s*\{\s*(?:percent|%)\s*\}|\s+percent\b/.test(latex);
  latex = latex.replace(/\\?%|\\text\s*\{\s*(?:percent|\\?%)\s*\}|\s+percent\b/g, '').trim();
  // the degrees of an angle that a function takes stay
  const degrees = !/\\(?:sin|cos|tan|cot|sec|csc)(?![a-zA-Z])/.test(latex) && degreeSign.test(latex);
  if (degrees) latex = latex.replace(degreeSign, '').trim();
  let unit = dollars ? 'dollar' : '';
  const behind = unitBehind.exec(latex) ?? wordBehind.exec(latex);
  if (behind?.[2] !== undefined) [latex, unit] = [(behind[1] ?? '').trim(), unitOf(behind[2])];
  if (/^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(latex)) latex = latex.replaceAll(',', '');
  else if (/^[-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?$/.test(latex)) latex = latex.replaceAll(' ', '');
  // 1 2/3 and 1 \frac 23 are mixed numbers
  const mixed = /^([-+]?)(\d+)\s+(\d+)\s*\/\s*(\d+)$/.exec(latex);
  if (mixed) latex = `${mixed[1] ?? ''}${mixed[2] ?? ''}\\frac{${mixed[3] ?? ''}}{${mixed[4] ?? ''}}`;
  // plain spelling: sqrt(2), pi
  latex = latex.replace(/(?<![\\a-zA-Z])sqrt\s*\(([^()]*)\)/g, '\\sqrt{$1}').replace(/(?<![\\a-zA-Z])(pi|infty|sqrt)(?![a-zA-Z])/g, '\\$1 ').replace(/\*\*/g, '^').replace(/\*/g, '\\cdot ').replace(/\^\(([^()]*)\)/g, '^{$1}');
  return { latex: latex.trim(), unit, percent, degrees };
}

/** Words alone, in one spelling (`\text{Tuesday}`, `(A)` and `\textbf{A}`), or null where the answer is more. */
export function words(latex: string): string | null {
  let text = latex;
  for (let round = 0; round < 20 && wrapper.test(text); round++) text = text.replace(wrapper, '$1');
  const changed = text !== latex;
  text = text.replace(/[\s.]+/g, ' ').trim().replace(/^\((\w)\)$/, '$1');
  return (changed && !/[\\^_{}=+]/.test(text) && /[a-zA-Z]/.test(text)) || /^[a-zA-Z]+(?:[ '-][a-zA-Z]+)*$/.test(text) ? text.toLowerCase() : null;
}

/** What was measured in one word, for two answers that both say it: `%`, `°`, a unit, or '' where nothing is said. */
export function measured({ unit, percent, degrees }: Cleaned): string {
  if (percent) return '%';
  return degrees || /^degree/.test(unit) ? '°' : unit === 'radian' ? '' : unit;
}

/** `1 2`: what the blank says is open, so that it is neither 12 nor 2. */
export const hasSplitNumber = (latex: string): boolean => /(?<![\d.])(?<![_^]\s*)[\d.]+\s+[\d.]/.test(latex);
