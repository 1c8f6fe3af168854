import { z } from 'zod';
import type { TaskRow } from '../../host/protocol.ts';
import type { Option } from '../choices.ts';
import { optionsColumn } from '../rows.ts';
import { noReference, pureGrader, type Grader } from './grader.ts';

const optionsSchema = z.array(z.object({ label: z.string(), text: z.string() }));

/** `choice`: the answer picks the option that the reference names, by its letter or by its text. */
export function choiceGrader(spec: string): Grader {
  return pureGrader(spec, true, (answer, row) => {
    if (row.reference === null) return noReference;
    const options = optionsIn(row);
    const expected = row.reference.trim().toUpperCase();
    const found = pickedOption(answer, options);
    if (found === null) return { score: 0, reason: `no choice, expected ${expected}` };
    return found === expected ? { score: 1, reason: found } : { score: 0, reason: `${found}, expected ${expected}` };
  });
}

/** Options of the row; a row whose options are only in its text has the letters A to H, without texts. */
function optionsIn(row: TaskRow): Option[] {
  const parsed = optionsSchema.safeParse(row.data[optionsColumn]);
  return parsed.success ? parsed.data : [...'ABCDEFGH'].map((label) => ({ label, text: '' }));
}

const decoration = String.raw`[\s*_("'“\[{$]*(?:\\(?:text|mathrm|mathbf)\{)?\(?`;

/**
 * The label that an answer picks, in capitals, or null: `\boxed{B}`; behind "answer is" or "answer:", the last one;
 * the letter that opens the answer, alone or followed by `.`, `)` or `:`; an option's whole text; the only option
 * whose text occurs; the last letter in brackets.
 */
export function pickedOption(answer: string, options: readonly Option[]): string | null {
  const text = answer.slice(0, 20_000).trim();
  const labels = options.map((option) => option.label.replace(/[^\w]/g, '')).filter((label) => label !== '').toSorted((a, b) => b.length - a.length);
  if (labels.length === 0) return null;
  const letter = `(${labels.join('|')})`;
  const last = (pattern: string, flags = 'gi'): string | undefined => Array.from(text.matchAll(new RegExp(pattern, flags))).at(-1)?.[1]?.toUpperCase();
  const first = (pattern: string, flags = 'i'): string | undefined => new RegExp(pattern, flags).exec(text)?.[1]?.toUpperCase();
  const boxed = last(String.raw`\\boxed\{${decoration}${letter}(?!\w)`);
  if (boxed !== undefined) return boxed;
  const said = last(String.raw`\b(?:answer|choice|option)\b(?:\s+is|\s*[:=])+${decoration}${letter}(?![\w'’])(?!\s+[a-z])`, 'gi') ?? optionBehind(text, options);
  if (said !== undefined) return said;
  const opening = first(String.raw`^${decoration}${letter}[\s*_"'”\]}$]*(?:$|[.):,\n])`);
  if (opening !== undefined) return opening;
  const same = options.find((option) => option.text !== '' && plainText(option.text) === plainText(text));
  if (same) return same.label.toUpperCase();
  const named = options.filter((option) => option.text !== '' && holdsText(text, option.text));
  const longest = named.filter((option) => !named.some((other) => other !== option && holdsText(other.text, option.text)));
  if (longest.length === 1) return longest[0]?.label.toUpperCase() ?? null;
  return last(String.raw`\(${letter}\)`) ?? null;
}

/** "The answer is a whale": the text of an option behind the phrase. */
function optionBehind(text: string, options: readonly Option[]): string | undefined {
  const tail = /^.*\banswer\b(?:\s+is|\s*:)+([^\n]*)/is.exec(text)?.[1];
  if (tail === undefined) return undefined;
  return options.filter((option) => option.text !== '' && plainText(tail).startsWith(plainText(option.text))).toSorted((a, b) => b.text.length - a.text.length)[0]?.label.toUpperCase();
}

const plainText = (text: string): string => text.toLowerCase().replace(/[\s*_"“”]+/g, ' ').trim().replace(/[.!]+$/, '').trim();

function holdsText(text: string, part: string): boolean {
  return ` ${plainText(text).replace(/[^\p{L}\p{N}]+/gu, ' ')} `.includes(` ${plainText(part).replace(/[^\p{L}\p{N}]+/gu, ' ').trim()} `);
}
