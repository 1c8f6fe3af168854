/** An answer's LaTeX without what is only there for the eye, and what it says it measures. */

import { undressed } from './undressed.ts';
import { isMeasure, measureOf } from './units.ts';

/** An answer ready to be parsed. `unit` is what was measured, '' where nothing is said (of an angle, radians are what numbers mean). */
export interface Cleaned { latex: string; unit: string; percent: boolean; degrees: boolean }

const wrapper = /\\(?:text|mathrm|mbox|textrm|textbf|mathbf|operatorname|rm)\s*\{([^{}]*)\}/;
// `\text{…}` behind a number is what it counts, unless a sentence goes on; bare words are letters multiplied, unless they are a known measure
const unitBehind = new RegExp(String.raw`^(.*?[\d})!]|.*?\\pi)\s*((?:\\[ ,;!]|~|\s)*(?:\\(?:text|mathrm|mbox|textrm)\s*\{(?!\s*(?:is|are|if|not|when|unless|except|for)\b)[^{}]*\}(?:\s*\^\s*\{?\d\}?)?\s*)+)\.?$`);
const wordBehind = /^(.*(?:[\d.})!]|\\pi))\s+([A-Za-z]{2,}(?:[ A-Za-z/]*)(?:\^\{?\d\}?)?)\.?$/;

const degreeSign = /\^\s*\{?\s*\\circ\s*\}?\s*(?:\\(?:text|mathrm)\s*\{\s*[CF]\s*\}|[CF])?$|\s*\\text\s*\{\s*degrees?\s*\}$|\s+degrees?$|°$/;

export function clean(answer: string): Cleaned {
  let latex = undressed(answer);
  const dollars = /\\[$]\s*[\d.]/.test(latex);
  latex = latex
    .replace(/\\(?:[dtc]frac|nicefrac|sfrac)(?![a-zA-Z])/g, '\\frac')
    // matrices in whatever brackets but bars, which make a determinant, and without distances between rows
    .replace(/([([])\s*(\\begin\{(?:small|p|b)?(?:matrix|array)\}[\s\S]*?\\end\{(?:small|p|b)?(?:matrix|array)\})\s*[)\]]/g, '$2')
    .replace(/\\begin\{(?:(?:small|b)?matrix|array)\}(?:\s*\{[lcr|]*\})?/g, '\\begin{pmatrix}').replace(/\\end\{(?:(?:small|b)?matrix|array)\}/g, '\\end{pmatrix}')
    .replace(/\\\\\s*\[[^\]]*(?:pt|em|ex|mm|cm)\]/g, '\\\\')
    .replace(/\\degree(?![a-zA-Z])|\^\s*\{?\s*\\(?:text|mathrm)\s*\{o\}\s*\}?/g, '^\\circ')
    // {x | x ≥ 0} is x ≥ 0
    .replace(/^\\\{\s*[a-z]\s*(?:\\in\s*\\mathbb\s*\{?R\}?\s*)?(?:\\mid(?![a-zA-Z])|:|\|)\s*([\s\S]*)\\\}$/, '$1')
    .replace(/\\(?:dbinom|tbinom)(?![a-zA-Z])/g, '\\binom')
    .replace(/\\(?:leq|leqslant)(?![a-zA-Z])/g, '\\le').replace(/\\(?:geq|geqslant)(?![a-zA-Z])/g, '\\ge')
    .replace(/\\(?:lbrace)(?![a-zA-Z])/g, '\\{').replace(/\\(?:rbrace)(?![a-zA-Z])/g, '\\}')
    .replace(/[−–]/g, '-').replace(/π/g, '\\pi ').replace(/√/g, '\\sqrt ').replace(/\\sqrt\s*(\d{2,})/g, '\\sqrt{$1}').replace(/∞/g, '\\infty ').replace(/±/g, '\\pm ').replace(/×|⋅|·/g, '\\cdot ').replace(/∪/g, '\\cup ')
    .replace(/,\\!|\{,\}/g, ',').replace(/\{:\}/g, ':').replace(/\\!/g, '')
    .replace(/\\(frac|binom)\s*(\d)\s+(\d)/g, '\\$1{$2}{$3}').replace(/\\mathbb\s*([A-Z])/g, '\\mathbb{$1}')
    .replace(/\\(sin|cos|tan|cot|sec|csc)\s*\^\s*\{\s*-\s*1\s*\}/g, '\\arc$1 ')
    .replace(/(\d)(?<!\\)\\[,;: ]\s*(?=\d{3}(?!\d))/g, '$1')
    .replace(/\\[$]|[$]/g, '').replace(/(?<!\\)\\[,;: ]|~/g, ' ')
    .replace(/\s+(?:and|or)\s+|\\text\s*\{\s*,?\s*(?:and|or)\s*\}/g, ',')
    .replace(/,\s*,/g, ',').replace(/[.,]\s*$/, '').trim();
  const percent = /\\?%|\\text\s*\{\s*(?:percent|%)\s*\}|\s+percent\b/.test(latex);
  latex = latex.replace(/\\?%|\\text\s*\{\s*(?:percent|\\?%)\s*\}|\s+percent\b/g, '').trim();
  // the degrees of an angle that a function takes stay
  const degrees = !/\\(?:sin|cos|tan|cot|sec|csc)(?![a-zA-Z])/.test(latex) && degreeSign.test(latex);
  if (degrees) latex = latex.replace(degreeSign, '').trim();
  let unit = dollars ? 'dollar' : '';
  let factor = '';
  const word = wordBehind.exec(latex);
  const behind = unitBehind.exec(latex) ?? (isMeasure(word?.[2] ?? '') ? word : null);
  if (behind?.[2] !== undefined) {
    const measure = measureOf(behind[2]);
    [latex, factor] = [(behind[1] ?? '').trim(), measure.factor];
    if (measure.unit !== '') unit = measure.unit;
  }
  if (/^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(latex)) latex = latex.replaceAll(',', '');
  else if (/^[-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?$/.test(latex)) latex = latex.replaceAll(' ', '');
  // 1 2/3 and 1 \frac 23 are mixed numbers
  const mixed = /^([-+]?)(\d+)\s+(\d+)\s*\/\s*(\d+)$/.exec(latex);
  if (mixed) latex = `${mixed[1] ?? ''}${mixed[2] ?? ''}\\frac{${mixed[3] ?? ''}}{${mixed[4] ?? ''}}`;
  // plain spelling: sqrt(2), pi
  latex = latex.replace(/(?<![\\a-zA-Z])sqrt\s*\(([^()]*)\)/g, '\\sqrt{$1}').replace(/(?<![\\a-zA-Z])(pi|infty|sqrt|sin|cos|tan|ln|log)(?![a-zA-Z])/g, '\\$1 ').replace(/\*\*/g, '^').replace(/\*/g, '\\cdot ').replace(/\^\(([^()]*)\)/g, '^{$1}');
  latex = latex.trim();
  return { latex: factor === '' ? latex : `(${latex}) \\cdot ${factor}`, unit, percent, degrees };
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
