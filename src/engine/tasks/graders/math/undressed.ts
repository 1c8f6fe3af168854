/** An answer without what only dresses it: dollars, emphasis, fonts, colours, and words that lead up to it. */

const whole: readonly RegExp[] = [/^`+([^`]+)`+$/, /^\*\*([^*]+)\*\*$/, /^\\\(([\s\S]*)\\\)$/, /^\\\[([\s\S]*)\\\]$/];
const fonts = /\\(?:mathbf|mathit|boldsymbol|bm|pmb|large|Large|LARGE|huge|Huge|bf|displaystyle|textstyle|left|right|bigl?|bigr|Bigl?|Bigr|limits)(?![a-zA-Z])(?:(?<=\\(?:left|right))\.)?/g;
const leading = /^\\text\s*\{(?![^{}]*\b(?:not|no)\b)[^{}]*(?::|\b(?:is|are|equals?))\s*\}\s*|^=/;

export function undressed(answer: string): string {
  let latex = answer.trim();
  for (const frame of [...whole, ...whole]) latex = (frame.exec(latex)?.[1] ?? latex).trim();
  latex = latex
    .replace(/^\$+|\$+$/g, (signs, at: number, all: string) => (signs === '$' && at > 0 && all[at - 1] === '\\' ? signs : ''))
    .replace(/\\(?:color|textcolor)\s*\{[^{}]*\}/g, '').replace(fonts, '')
    .replace(/\\(?:textbf|textit|textsl|emph)\s*\{/g, '\\text{').replace(/\\rm\s*\{/g, '\\mathrm{').replace(/\\mathrm\s*\{([ie])\}/g, '$1')
    .replace(/\\q?quad(?![a-zA-Z])/g, ' ')
    .trim();
  latex = insideText(framed(latex, /^\{/) ?? latex).replace(/\\(?:text|mathrm|mbox|textrm)\s*\{([^{}a-zA-Z]*)\}/g, '$1');
  return latex.replace(leading, '').replace(/[.,]\s*$/, '').trim();
}

/** What stands in the braces that `open` begins, where they end with the text; else null. */
function framed(latex: string, open: RegExp): string | null {
  const from = open.exec(latex)?.[0].length;
  if (from === undefined || !latex.endsWith('}')) return null;
  let depth = 1;
  for (let i = from; i < latex.length - 1; i++) {
    if (latex[i] === '\\') i++;
    else if (latex[i] === '{') depth++;
    else if (latex[i] === '}' && --depth === 0) return null;
  }
  return latex.slice(from, -1).trim();
}

/** `\text{7/9}` and `\text{5 ways}` as mathematics with its unit, where all of an answer is a text that begins as mathematics does. */
function insideText(latex: string): string {
  const content = framed(latex, /^\\(?:text|mathrm|mbox|textrm)\s*\{(?=\s*[-+.\d([\\$])/)?.replace(/^\$|\$$/g, '');
  if (content === undefined || !/\d/.test(content)) return latex;
  const counted = /^([-+]?[\d.,/]*\d)\s+([A-Za-z][^{}\\$]*)$/.exec(content);
  return counted === null ? content : `${counted[1] ?? ''}\\text{ ${counted[2] ?? ''}}`;
}
