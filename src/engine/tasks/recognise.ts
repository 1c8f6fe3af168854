/** From the columns and the first rows of a file: what it is, how its rows are read, and which grader fits. */
import type { ColumnMapping } from '../../shared/contract.ts';
import { columnAt, parsedIfJson } from './columns.ts';
import { optionsOf } from './choices.ts';

export interface Recognition { recognisedAs: string; mapping: ColumnMapping; suggestedGrader: string }
type Row = Record<string, unknown>;

const promptNames = ['prompt', 'question', 'problem', 'query', 'instruction', 'input', 'text', 'user', 'source', 'question_stem', 'ctx', 'context', 'opening', 'story', 'content'];
const answerNames = ['answer', 'response', 'completion', 'output', 'solution', 'target', 'expected', 'expected_answer', 'ground_truth', 'reference', 'label', 'final_answer', 'assistant', 'reply', 'chosen'];
const choiceNames = ['question.choices.text', 'choices.text', 'options.text', 'choices', 'options', 'endings', 'answers'];
const labelNames = ['question.choices.label', 'choices.label', 'options.label', 'labels'];
const keyNames = ['answerKey', 'answer_key', 'answer', 'label', 'correct', 'target', 'correct_answer', 'answer_idx', 'answer_index'];
const systemNames = ['system', 'system_prompt'];

/** The usual prompts, where the question alone does not say in what form the answer is read. */
const boxedPrompt = '{prompt}\n\nReason step by step, and put your final answer within \\boxed{}.';
// Program Synthesis with Large Language Models, arXiv 2108.07732, section 3.2: without its tests nothing names the function
const testedPrompt = 'You are an expert Python programmer, and here is your task: {prompt} Your code should pass these tests:\n\n{tests}';
const continuedPrompt = 'Complete this Python function. Answer with the whole function.\n\n```python\n{prompt}```';
const letteredPrompt = '{prompt}\n\nAnswer with the letter of the right option.';
/** some rows of ARC number their options */
const labelledPrompt = '{prompt}\n\nAnswer with the letter or number in front of the right option.';

/** Looks at `rows` (the first readable ones, at least one). Always gives a mapping; the person may change it. */
export function recognise(rows: readonly Row[]): Recognition {
  return chat(rows) ?? code(rows) ?? choices(rows) ?? alpaca(rows) ?? questionAnswer(rows) ?? promptOnly(rows) ?? guess(rows);
}

function chat(rows: readonly Row[]): Recognition | undefined {
  const lists = (name: string, field: string): boolean =>
    most(rows, (row) => {
      const list = parsedIfJson(row[name]);
      return Array.isArray(list) && list.length > 0 && list.every((message: unknown) => typeof message === 'object' && message !== null && Object.hasOwn(message, field));
    });
  const system = firstText(rows, systemNames);
  for (const name of ['messages', 'conversations', 'conversation', 'chat', 'dialog', 'turns']) {
    if (lists(name, 'role')) {
      const mapping: ColumnMapping = { kind: 'messages', prompt: name, ...(system === undefined ? {} : { system }) };
      return { recognisedAs: 'chat messages', mapping, suggestedGrader: answerGrader(chatAnswers(rows, name, 'role', 'content')) };
    }
    if (lists(name, 'from')) {
      const mapping: ColumnMapping = { kind: 'sharegpt', prompt: name, ...(system === undefined ? {} : { system }) };
      return { recognisedAs: 'ShareGPT conversations', mapping, suggestedGrader: answerGrader(chatAnswers(rows, name, 'from', 'value')) };
    }
  }
  return undefined;
}

function chatAnswers(rows: readonly Row[], column: string, role: string, content: string): string[] {
  return rows.flatMap((row) => {
    const list = parsedIfJson(row[column]);
    const last = Array.isArray(list) ? list.findLast((message: Row) => ['assistant', 'gpt', 'model'].includes(String(message[role]))) as Row | undefined : undefined;
    return typeof last?.[content] === 'string' ? [last[content]] : [];
  });
}

function code(rows: readonly Row[]): Recognition | undefined {
  const isList = (name: string): boolean => most(rows, (row) => Array.isArray(parsedIfJson(row[name])));
  const isText = (name: string): boolean => most(rows, (row) => typeof row[name] === 'string');
  if (isText('prompt') && isText('test') && isText('entry_point')) {
    return coded('HumanEval', { prompt: 'prompt', tests: 'test', template: continuedPrompt, ...(isText('canonical_solution') ? { answer: 'canonical_solution' } : {}) });
  }
  if (isList('test_list')) {
    const prompt = firstText(rows, ['text', 'prompt', ...promptNames]);
    if (prompt !== undefined) return coded('MBPP', { prompt, tests: 'test_list', template: testedPrompt, ...(isText('code') ? { answer: 'code' } : {}) });
  }
  if (isList('tests') || isText('tests')) {
    const prompt = firstText(rows, promptNames);
    const answer = firstText(rows, ['code', 'expression', ...answerNames]);
    if (prompt !== undefined) return coded('code with tests', { prompt, tests: 'tests', ...(answer === undefined ? {} : { answer }) });
  }
  return undefined;
}

const coded = (recognisedAs: string, columns: Omit<ColumnMapping, 'kind'>): Recognition => ({
  recognisedAs, mapping: { kind: 'code-tests', ...columns }, suggestedGrader: 'python',
});

function choices(rows: readonly Row[]): Recognition | undefined {
  const prompt = firstText(rows, promptNames) ?? (has(rows, 'question.stem') ? 'question.stem' : undefined);
  if (prompt === undefined) return undefined;
  for (const options of choiceNames) {
    const labels = labelNames.find((name) => name.split('.')[0] === options.split('.')[0] && most(rows, (row) => Array.isArray(columnAt(row, name))))
      ?? labelNames.find((name) => !name.includes('.') && most(rows, (row) => Array.isArray(parsedIfJson(row[name]))));
    const answer = keyNames.find((name) => name !== options && most(rows, (row) => isScalar(columnAt(row, name))));
    const mapping: ColumnMapping = { kind: 'choices', prompt, choices: options, ...(labels === undefined ? {} : { labels }), ...(answer === undefined ? {} : { answer }) };
    if (!most(rows, (row) => (optionsOf(row, mapping)?.length ?? 0) > 1)) continue;
    const known = options.endsWith('choices.text') && labels?.endsWith('choices.label') === true && answer === 'answerKey' ? publishedChoices(rows, prompt) : undefined;
    if (known === undefined) return { recognisedAs: 'multiple choice', mapping, suggestedGrader: 'choice' };
    const isNumbered = rows.some((row) => optionsOf(row, mapping)?.some(({ label }) => /\d/.test(label)));
    return { recognisedAs: known, mapping: { ...mapping, template: isNumbered ? labelledPrompt : letteredPrompt }, suggestedGrader: 'choice' };
  }
  return undefined;
}

/** Benchmarks that share ARC's columns, by the name of their question. */
function publishedChoices(rows: readonly Row[], prompt: string): string | undefined {
  if (prompt === 'question_stem') return 'OpenBookQA';
  if (prompt !== 'question' && prompt !== 'question.stem') return undefined;
  return has(rows, 'question_concept') || has(rows, 'question.question_concept') ? 'CommonsenseQA' : 'ARC multiple choice';
}

function alpaca(rows: readonly Row[]): Recognition | undefined {
  if (!has(rows, 'instruction') || !has(rows, 'output')) return undefined;
  const system = firstText(rows, systemNames);
  const mapping: ColumnMapping = {
    kind: 'alpaca', prompt: 'instruction', answer: 'output',
    ...(rows.some((row) => Object.hasOwn(row, 'input')) ? { input: 'input' } : {}), ...(system === undefined ? {} : { system }),
  };
  return { recognisedAs: 'Alpaca', mapping, suggestedGrader: answerGrader(texts(rows, 'output')) };
}

function questionAnswer(rows: readonly Row[]): Recognition | undefined {
  const prompt = firstText(rows, promptNames);
  const answer = firstScalar(rows, answerNames.filter((name) => name !== prompt));
  if (prompt === undefined || answer === undefined) return undefined;
  const system = firstText(rows, systemNames);
  const mapping: ColumnMapping = { kind: 'prompt-answer', prompt, answer, ...(system === undefined ? {} : { system }) };
  const answers = texts(rows, answer);
  if (answers.length > 0 && answers.every((text) => text.includes('####'))) {
    return { recognisedAs: prompt === 'question' && answer === 'answer' ? 'GSM8K' : 'worked answers with ####', mapping, suggestedGrader: 'number' };
  }
  if (isMathematics(rows, prompt, answer)) {
    const isMath = answer === 'solution' || has(rows, 'unique_id');
    return { recognisedAs: isMath ? 'MATH' : 'mathematics', mapping: { ...mapping, template: boxedPrompt }, suggestedGrader: 'math' };
  }
  return { recognisedAs: `${prompt} and ${answer}`, mapping, suggestedGrader: answerGrader(answers) };
}

/** Problems with solutions that box their answers (MATH, and MATH-500 and others with the answer in a column of its own), or with answers in LaTeX. */
function isMathematics(rows: readonly Row[], prompt: string, answer: string): boolean {
  if (prompt !== 'problem') return false;
  if (share(texts(rows, 'solution'), (text) => text.includes('\\boxed')) > 0.8) return true;
  return answer !== 'solution' && share(texts(rows, answer), (text) => text.length < 200 && /\\[a-zA-Z]|[\^_]\{/.test(text)) > 0.05;
}

function promptOnly(rows: readonly Row[]): Recognition | undefined {
  const prompt = firstText(rows, promptNames);
  // what to look for in an answer is the person's to say: the kind is suggested, its text is left open
  return prompt === undefined ? undefined : { recognisedAs: 'prompts without answers', mapping: { kind: 'prompt-only', prompt }, suggestedGrader: 'contains:' };
}

/** No known column: the one with the longest text is shown as the prompt, for the person to correct. */
function guess(rows: readonly Row[]): Recognition {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const length = (name: string): number => texts(rows, name).reduce((sum, text) => sum + text.length, 0);
  const [prompt = ''] = names.toSorted((a, b) => length(b) - length(a));
  return { recognisedAs: 'unknown columns', mapping: { kind: 'prompt-only', prompt }, suggestedGrader: 'contains:' };
}

/** A grader from how the reference answers look. */
function answerGrader(answers: readonly string[]): string {
  if (answers.length === 0) return 'contains:';
  if (share(answers, (text) => /####\s*[-−+$€£]?[\d.]/.test(text) || /^\s*[-−+]?[$€£]?\s?\d[\d,]*(\.\d+)?\s?%?\.?\s*$/.test(text)) > 0.8) return 'number';
  if (share(answers, (text) => /^\s*\(?[A-H]\)?\.?\s*$/.test(text)) > 0.8) return 'choice';
  return 'exact';
}

const isScalar = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
const has = (rows: readonly Row[], name: string): boolean => most(rows, (row) => typeof columnAt(row, name) === 'string');
const firstText = (rows: readonly Row[], names: readonly string[]): string | undefined => named(rows, names, (value) => typeof value === 'string');
const firstScalar = (rows: readonly Row[], names: readonly string[]): string | undefined => named(rows, names, isScalar);
const texts = (rows: readonly Row[], name: string): string[] => rows.map((row) => columnAt(row, name)).filter(isScalar).map(String);
const share = <T>(items: readonly T[], test: (item: T) => boolean): number => (items.length === 0 ? 0 : items.filter(test).length / items.length);

/** Mixed files are common: a column counts when more than half of the first rows have it. */
function most(rows: readonly Row[], test: (row: Row) => boolean): boolean {
  return share(rows, test) > 0.5;
}

/** The first of `names` that most rows have, spelled as the file spells it (`Question` counts as `question`). */
function named(rows: readonly Row[], names: readonly string[], test: (value: unknown) => boolean): string | undefined {
  const spelled = new Map<string, string>();
  for (const row of rows) for (const key of Object.keys(row)) if (!spelled.has(key.toLowerCase())) spelled.set(key.toLowerCase(), key);
  for (const name of names) {
    const key = spelled.get(name.toLowerCase());
    if (key !== undefined && most(rows, (row) => test(row[key]))) return key;
  }
  return undefined;
}
