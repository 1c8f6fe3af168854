/** The final answer of a text: boxed, or stated in its last sentences. Linear in the text's length. */

import { lastBoxed } from './boxed.ts';
import { isMeasure } from './units.ts';

/** Characters at a text's end in which a statement is looked for, and the length of a text that is all answer. */
const end = 2000;
const short = 200;

/** What states an answer: `answer is`, `**Answer:**`, a heading `### Final Answer`, or `####` on the last line; not "the answer is correct". */
const statement = /\banswers?\b(?:[*_]*\s*[:=]|\s+(?:is|are|therefore|thus)\b)+(?!\s+(?:correct|right|reasonable|consistent|clear|helpful|valid|verified|confirmed)\b)|^[ \t]*(?:#+[ \t]*)?[*_]*(?:the[ \t]+)?(?:final[ \t]+)?answer[*_]*[ \t]*$|^[ \t]*####(?!#)(?=[^\n]*\s*$(?![\s\S]))/gim;
const formula = String.raw`\$\$(?:\\[\s\S]|[^$\\])+\$\$|\$(?:\\.|[^$\\\n])+\$(?!\d)|\\\([\s\S]*?\\\)|\\\[[\s\S]*?\\\]`;
const formulas = new RegExp(String.raw`^(?:${formula})(?:\s*,?\s*(?:(?:and|or)\s+)?(?:${formula}))*`);
const each = new RegExp(formula, 'g');

/** What an answer ends on: the content of its last `\boxed{}`; without one, what is stated last, or a short text whole. Null when none. */
export function finalAnswer(text: string): string | null {
  const boxed = lastBoxed(text);
  if (boxed !== null) return boxed;
  if (text.includes('\\boxed')) return null;
  const tail = text.slice(-end);
  const last = [...tail.matchAll(statement)].at(-1);
  if (last !== undefined) return stated(tail.slice(last.index + last[0].length));
  const whole = text.trim();
  if (whole.length > short || whole.includes('\n')) return null;
  const plain = whole.replace(/^\*\*|\*\*$/g, '').replace(/\.$/, '');
  const run = formulas.exec(plain)?.[0];
  return run === plain ? inside(run) : plain;
}

/** What follows a statement: its formulas, with the measure behind them, else the rest of its sentence. Null where nothing follows. */
function stated(text: string): string | null {
  const emphasis = /^[*_\s]*/.exec(text)?.[0] ?? '';
  const rest = text.slice(emphasis.length);
  const run = formulas.exec(rest)?.[0];
  const behind = run === undefined ? '' : rest.slice(run.length);
  // `$5$ or 7` is two answers
  if (run !== undefined && !/^\s*,?\s*(?:or|and)\b/.test(behind)) {
    const measure = /^[*_]*\s*((?:%|°|[A-Za-z]+(?: [a-z]+){0,3})(?:\^\d)?)[*_]*\s*(?=[.,;!]|$)/m.exec(behind)?.[1] ?? '';
    return /^[%°]$/.test(measure) ? inside(run) + measure : isMeasure(measure) ? `${inside(run)}\\text{ ${measure}}` : inside(run);
  }
  const line = /^[^\n]*/.exec(rest)?.[0] ?? '';
  const emphasised = emphasis.trimEnd().endsWith('**') ? line.split('**', 1)[0] ?? line : line;
  const sentence = emphasised.split(/[.!?](?=[*_]*\s+[A-Z])/, 1)[0] ?? emphasised;
  return sentence.replace(/[*_\s]*\.?[*_\s]*$/, '') || null;
}

/** Formulas without the signs around them, as a list. */
const inside = (run: string): string => (run.match(each) ?? []).map((one) => one.replace(/^(?:\$\$?|\\[([])|(?:\$\$?|\\[)\]])$/g, '')).join(', ');
