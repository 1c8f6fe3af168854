/**
 * Which option an answer picks. Answers say it in many ways, so they are asked in order of weight: what is boxed; what
 * is stated ("the answer is B", "B is correct"), the last statement; the letter that opens the answer; an option's
 * text; a letter in brackets. What is said of an option only to deny it is no statement. Repeats in patterns are
 * bounded, so that time is linear in the text's length.
 */
import type { Option } from '../../choices.ts';
import { lastBoxed } from '../math/boxed.ts';
import { labelName, measuredNumber, plainText, spaced, squashed, unmarked } from './spelling.ts';

const decoration = String.raw`[\s*_("'“\[{$]{0,12}(?:\\(?:text|textbf|mathrm|mathbf)\{)?\(?`;
const closing = String.raw`[\s*_"'”)\]}$]{0,12}`;
const answerIs = String.raw`\b(?:answer|choice|option|pick)\b(?:\s+(?:to|for|of)\s[^.:!?\n]{1,60}?)?["'*_]{0,3}(?:\s+(?:is|was|(?:would|will|should|must|might|has to|can only) be)\b|\s*[:=–—]|\s-(?=\s))+`;
/** The same of a letter alone: a solution may be one of salt. */
const letterIs = String.raw`\b(?:letter|solution)\b["'*_]{0,3}(?:\s+(?:is|must be|would be)\b|\s*[:=])|答案\s*(?:是|为|：|:)`;
/** Words between "the answer is" and the letter. */
const filler = String.raw`(?:[\s*_]{0,6}(?:(?:therefore|thus|then|clearly|definitely|obviously|simply|indeed|probably|likely|option|choice|letter|answer|the)\b|:)){0,4}`;
const optionWord = String.raw`(?i:(?:the\s+)?(?:option|choice|answer|letter)\s+)?`;
const reason = String.raw`\s+(?:because|since)\b`;
/** Behind a letter that is all that is said. */
const end = String.raw`(?=${closing}(?:$|[.,;:!?\n(]|${reason}|\s[-–—]\s))`;
const right = String.raw`(?:correct|right|true|best|the\s+(?:(?:only|most)\s+)?(?:\w+\s+)?(?:answer|choice|option|one)|my\s+(?:\w+\s+)?(?:answer|choice|pick))\b`;

/** Before a statement: it is said in order to deny it. */
const denied = /(?:\b(?:not|never|neither|nor|except)|n['’]t)\s+(?:(?:be|think|believe|say|mean|choose|pick|select)\s+)?(?:that\s+)?(?:it['’]s\s+|it\s+is\s+|the\s+)?(?:(?:right|correct|best|final)\s+)?(?:option\s+|choice\s+)?[*_("'“]*$/i;
/** Behind a letter: "B is wrong", "B cannot be right". */
const deniedAfter = /^[\s*_"'”)\]}]*(?:(?:is|was|would be|does|do|can|could)(?:\s+(?:also|clearly|definitely))?(?:n['’]t\b|\s+(?:not|never|wrong|incorrect|false)\b)|cannot\b|(?:is|was|seems|looks|sounds|may be|might be|would be)\s[^.!?\n]{1,40}\bbut\s+(?:is\s+)?(?:not|wrong|incorrect|false)\b)/i;

/** Characters of an answer's end, where a long one says what it picks, and of its beginning, where a short one does. */
const longestEnd = 20_000;
const longestOpening = 200;

interface Statement { at: number; label: string }

/** The label that an answer picks, as `labelName` spells it, or null. */
export function pickedOption(answer: string, options: readonly Option[]): string | null {
  const text = unmarked(answer.slice(-longestEnd));
  const head = unmarked(answer.trimStart().slice(0, longestOpening));
  const given = options.map(({ label }) => label.replace(/\W/g, '')).filter((label) => label !== '');
  if (given.length === 0) return null;
  /** a label in either case, and one spelled as the options do or in capitals: "it is a gas" names no option A */
  const anyCase = `(${alternatives(given.map((label) => `(?i:${label})`))})`;
  const exact = `(${alternatives(given.flatMap((label) => [label, label.toUpperCase()]))})`;
  const opening = String.raw`^${decoration}(?i:(?:option|choice|answer|letter)\s+)?${decoration}${anyCase}(?![.,/:]\d)(?:${closing}(?:$|[.):,;!\n]|\s[-–—]\s)|[*_)\]}]{0,4}${reason})`;
  const joined = new RegExp(String.raw`^${closing}\s*(?:or|and|&|/)\s*${decoration}(?i:option\s+)?${exact}(?!\w)(?!${closing}\s+(?:is|are|was|were)\b)`);
  const called = new Set(named(text, String.raw`\b(?i:option|choice)\s+${decoration}${exact}(?!\w)`));
  return byMeaning(lastBoxed(text) ?? '', options)
    ?? named(text, String.raw`\\boxed\{${decoration}${anyCase}(?!\w|[.,/]\d)`).at(-1)
    ?? lastOf([...byLetter(text, options, anyCase, exact, joined), ...byText(text, options)])
    ?? named(head, opening)[0]
    ?? byMeaning(text, options)
    ?? openingWord(head, options)
    ?? (called.size === 1 ? [...called][0] : undefined)
    ?? onlyText(text, options)
    ?? named(text, String.raw`\(${anyCase}\)`).at(-1)
    ?? null;
}

const alternatives = (labels: readonly string[]): string => [...new Set(labels)].toSorted((a, b) => b.length - a.length).join('|');
const lastOf = (statements: readonly Statement[]): string | undefined => statements.reduce<Statement | undefined>((last, next) => (last === undefined || next.at >= last.at ? next : last), undefined)?.label;

/** Statements that name a letter. Left out: an article ("A dog"), the begin of an option's text, one of two ("A or B"), what is denied. */
function byLetter(text: string, options: readonly Option[], anyCase: string, exact: string, joined: RegExp): Statement[] {
  const patterns = [
    `(?i:${answerIs}${filler})${decoration}${anyCase}`,
    String.raw`(?<![\w'’\\])${exact}${closing}(?i:\s+|(?<=\s))(?i:(?:is|seems|looks|(?:must|would|should|has to) be)\s+(?:(?:therefore|thus|clearly|definitely|the most|probably)\s+)?${right})`,
    String.raw`\b(?i:it|that|this)(?i:['’]s|\s+is|\s+(?:must|would|should|has to|can only) be)\s+${optionWord}${decoration}${exact}${end}`,
    `(?i:${letterIs})${decoration}${exact}${end}`,
    String.raw`\b(?i:choos(?:e|ing)|chose|pick(?:ed|ing)?|select(?:ed|ing)?|go(?:ing)?\s+with|opt(?:ing)?\s+for|(?:would|['’]d)\s+(?:say|guess))(?:\s|:\s?)\s*${optionWord}${decoration}${exact}(?=${closing}(?:$|[.,;:!?\n(]|\s))`,
    String.raw`(?:^|[.!?;:,\n]|\b(?i:so|think|say|be)\s)${decoration}${optionWord}${exact}[*_)\]}]{0,4}(?i:${reason})`,
    String.raw`\b(?i:no\s?[,.;:–—-]|wait|actually|rather|sorry|instead|so|thus|hence|therefore|definitely|certainly|in\s+conclusion|to\s+conclude)[\s,.:–—-]{0,4}${optionWord}${decoration}${exact}${end}`,
    String.raw`\b(?i:leaves(?:\s+(?:us|only|with|just)){0,2})\s+${optionWord}${decoration}${exact}${end}`,
    String.raw`\b(?i:only)\s+${optionWord}${decoration}${exact}${closing}(?i:\s+|(?<=\s))(?i:remains|is\s+left|fits)\b`,
    // a label of its own: "Final: B", and a letter that is all of the last line
    String.raw`(?:^|\n)[\s*_]{0,6}(?i:final(?:ly|\s+(?:choice|pick|decision))?|conclusion|selected|decision)[*_]{0,3}\s*[:–—-]${decoration}${exact}${end}`,
    String.raw`(?:^|\n)[ \t#>]{0,8}${decoration}${optionWord}${anyCase}${closing}[.!]?${closing}$`,
    String.raw`\b(?i:not)\b[^.!?\n]{1,40}?\b(?i:but)\s+(?i:(?:rather|instead)\s+)?${optionWord}${decoration}${exact}${end}`,
  ];
  return patterns.flatMap((pattern) => Array.from(text.matchAll(new RegExp(pattern, 'gd'))).flatMap((match) => {
    const [from, to] = match.indices?.[1] ?? [0, 0];
    const behind = text.slice(to, to + 200);
    // the begin of a word or of a number, a share, an abbreviation
    if (/^['’]?\w|^[.,/]\d|^%|^\.[a-z]/.test(behind) || joined.test(behind)) return [];
    if (denied.test(text.slice(Math.max(0, match.index - 60), match.index).replace(/\s+/g, ' '))) return [];
    const bare = !/[("'“[{$]/.test(text[from - 1] ?? ' ');
    if (bare && (isArticle(text.slice(from, to), behind) || beginsText(text.slice(from, from + 200), to - from, options))) return [];
    return [{ at: from, label: labelName(match[1] ?? '') }];
  }));
}

/** "A dog", "I think"; but "A because". */
const isArticle = (letter: string, behind: string): boolean => /^[AaI]$/.test(letter) && /^\s+(?!(?:because|since|as|and|but|so|or|is|which|due|for)\b)[a-z]/.test(behind);

/** The answer "A whale" where an option is "a whale", "2 apples" where one is that. */
const beginsText = (text: string, letters: number, options: readonly Option[]): boolean =>
  options.some((option) => option.text.length > letters && spaced(text).startsWith(spaced(option.text)));

/** "The answer is a whale": the text of an option behind the phrase, with another article or none. */
function byText(text: string, options: readonly Option[]): Statement[] {
  return Array.from(text.matchAll(new RegExp(String.raw`(?i:${answerIs})[\s*_"“]{0,12}`, 'g'))).flatMap((match) => {
    const at = match.index + match[0].length;
    const line = text.slice(at, at + 300).split('\n', 1)[0] ?? '';
    if (/^[.,;:]/.test(line)) return [];
    const meant = byMeaning(line.split(/[.,;:!?](?:\s|$)/, 1)[0] ?? '', options);
    if (meant !== undefined) return [{ at, label: meant }];
    const said = spaced(line);
    const [longest] = options.filter((option) => option.text !== '' && (said.startsWith(spaced(option.text)) || withoutArticle(said).startsWith(withoutArticle(spaced(option.text))))).toSorted((a, b) => b.text.length - a.text.length);
    return longest ? [{ at, label: labelName(longest.label) }] : [];
  });
}

const withoutArticle = (words: string): string => words.replace(/^ (?:an?|the) (?=.)/, ' ');

/** What is nothing but the text of one option, or (where no label is a number) the number that only one of them measures. */
function byMeaning(said: string, options: readonly Option[]): string | undefined {
  const words = squashed(said);
  const same = options.filter(({ text }) => text !== '' && squashed(text) === words);
  const number = options.some(({ label }) => /\d/.test(label)) ? undefined : /^\w*\d$/.exec(words)?.[0];
  const [meant, another] = same.length > 0 || number === undefined ? same : options.filter(({ text }) => measuredNumber(text) === number);
  return meant === undefined || another !== undefined ? undefined : labelName(meant.label);
}

/** "Yes, no doubt": of options that are such words, the one that opens the answer. */
function openingWord(head: string, options: readonly Option[]): string | undefined {
  const word = /^\W{0,8}(yes|no|true|false)\b/i.exec(head)?.[1]?.toLowerCase();
  const meant = options.find(({ text }) => plainText(text) === word);
  return meant && labelName(meant.label);
}

/** The only option whose text occurs, and not only denied; of two of which one holds the other, the longer. */
function onlyText(text: string, options: readonly Option[]): string | undefined {
  const said = spaced(text);
  const occurring = options.filter((option) => option.text !== '' && affirmed(said, spaced(option.text)));
  const longest = occurring.filter((option) => !occurring.some((other) => other !== option && spaced(other.text).includes(spaced(option.text))));
  return longest.length === 1 ? labelName(longest[0]?.label ?? '') : undefined;
}

function affirmed(said: string, words: string): boolean {
  for (let at = said.indexOf(words); at !== -1; at = said.indexOf(words, at + 1)) {
    if (!/ (?:not|neither|nor)(?: an?| the)?$/.test(said.slice(Math.max(0, at - 12), at))) return true;
  }
  return false;
}

/** Labels in the first group of `pattern`, but denied ones. */
function named(text: string, pattern: string): string[] {
  return Array.from(text.matchAll(new RegExp(pattern, 'gd'))).flatMap((match) => {
    const [, to] = match.indices?.[1] ?? [0, 0];
    const before = text.slice(Math.max(0, match.index - 60), match.index).replace(/\s+/g, ' ');
    return denied.test(before) || deniedAfter.test(text.slice(to, to + 40)) ? [] : [labelName(match[1] ?? '')];
  });
}
