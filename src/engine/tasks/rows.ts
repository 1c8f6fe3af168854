/** A row of a file and a column mapping → what a prompt is made from and an answer is graded against. */
import type { ChatMessage, ColumnMapping, Split, UnusableRow } from '../../shared/contract.ts';
import type { TaskRow } from '../host/protocol.ts';
import { labelOf, optionsOf, withOptions } from './choices.ts';
import { columnAt, parsedIfJson } from './columns.ts';
import type { RawRow } from './reading/source.ts';

/**
 * What graders need beyond the reference, put beside the file's own columns under names no file uses: so a remapped
 * column is found, whatever it is called.
 */
export const optionsColumn = '$options';
export const testsColumn = '$tests';

class Unusable extends Error {}

/**
 * The task row, or why the file's row cannot be used. The reference is the answer as the file has it (a GSM8K answer
 * whole, with its working: `shownReference` cuts it for people); of multiple choice, the letter.
 */
export function toTaskRow(raw: RawRow, mapping: ColumnMapping): TaskRow | UnusableRow {
  if ('reason' in raw) return { row: raw.row, reason: raw.reason };
  try {
    const split = splitOf(raw.data);
    const demonstration = mapping.demonstration === undefined ? '' : optionalText(raw.data, mapping.demonstration);
    return { row: raw.row, ...read(raw.data, mapping), ...(demonstration !== '' && { demonstration }), ...(split && { split }) };
  } catch (error) {
    if (error instanceof Unusable) return { row: raw.row, reason: error.message };
    throw error;
  }
}

/** A row that was read before, read another way; it keeps its split. Columns that an earlier reading put beside the file's own are not the file's. */
export function rereadRow({ row, data, split }: TaskRow, mapping: ColumnMapping): TaskRow | UnusableRow {
  const own = Object.fromEntries(Object.entries(data).filter(([name]) => name !== optionsColumn && name !== testsColumn));
  const read = toTaskRow({ row, data: own }, mapping);
  if (!isTaskRow(read)) return read;
  const { split: _named, ...rest } = read;
  return { ...rest, ...(split && { split }) };
}

const splitNames: Record<string, Split> = { train: 'train', training: 'train', validation: 'validation', valid: 'validation', val: 'validation', dev: 'validation', test: 'test' };

/** A column `split` says what a row is for. */
const splitOf = (data: Record<string, unknown>): Split | undefined => {
  const named = data['split'];
  return typeof named === 'string' && Object.hasOwn(splitNames, named.trim().toLowerCase()) ? splitNames[named.trim().toLowerCase()] : undefined;
};

export const isTaskRow = (row: TaskRow | UnusableRow): row is TaskRow => 'messages' in row;

/** The reference as people want to see it: of a worked answer, what follows its last `####`. */
export function shownReference(reference: string | null): string | null {
  const mark = reference?.lastIndexOf('####') ?? -1;
  return reference === null || mark === -1 ? reference : reference.slice(mark + 4).trim();
}

function read(data: Record<string, unknown>, mapping: ColumnMapping): Omit<TaskRow, 'row'> {
  switch (mapping.kind) {
    case 'messages':
      return conversation(data, mapping, 'role', 'content');
    case 'sharegpt':
      return conversation(data, mapping, 'from', 'value');
    case 'alpaca': {
      const input = mapping.input === undefined ? '' : optionalText(data, mapping.input);
      const instruction = text(data, mapping.prompt, 'prompt');
      return { messages: asked(data, mapping, input === '' ? instruction : `${instruction}\n\n${input}`), reference: answer(data, mapping), data };
    }
    case 'choices': {
      const options = optionsOf(data, mapping);
      if (options === undefined) throw new Unusable(`has no usable options in column “${mapping.choices ?? ''}”`);
      const given = answer(data, mapping);
      const label = given === null ? null : labelOf(given, options);
      if (label === undefined) throw new Unusable(`its answer in column “${mapping.answer ?? ''}” is none of its options`);
      return { messages: asked(data, mapping, withOptions(text(data, mapping.prompt, 'prompt'), options)), reference: label, data: { ...data, [optionsColumn]: options } };
    }
    case 'code-tests': {
      const tests = parsedIfJson(columnAt(data, mapping.tests ?? 'tests'));
      const usable = (typeof tests === 'string' && tests.trim() !== '') || (Array.isArray(tests) && tests.length > 0 && tests.every((line) => typeof line === 'string'));
      if (!usable) throw new Unusable(`has no tests in column “${mapping.tests ?? 'tests'}”`);
      return { messages: asked(data, mapping, text(data, mapping.prompt, 'prompt')), reference: answer(data, mapping), data: { ...data, [testsColumn]: tests } };
    }
    case 'prompt-answer':
      return { messages: asked(data, mapping, text(data, mapping.prompt, 'prompt')), reference: answer(data, mapping), data };
    case 'prompt-only':
      return { messages: asked(data, mapping, text(data, mapping.prompt, 'prompt')), reference: null, data };
  }
}

function asked(data: Record<string, unknown>, mapping: ColumnMapping, prompt: string): ChatMessage[] {
  const system = mapping.system === undefined ? '' : optionalText(data, mapping.system);
  const content = mapping.template?.replace(/\{(prompt|tests)\}/g, (_, name) => (name === 'prompt' ? prompt : testsText(data, mapping))) ?? prompt;
  return [...(system === '' ? [] : [{ role: 'system' as const, content: system }]), { role: 'user', content }];
}

function testsText(data: Record<string, unknown>, mapping: ColumnMapping): string {
  const tests = parsedIfJson(columnAt(data, mapping.tests ?? 'tests'));
  return Array.isArray(tests) ? tests.join('\n') : typeof tests === 'string' ? tests : '';
}

/** The prompt column's text to the letter (a leading space may matter to a raw prompt). */
function text(data: Record<string, unknown>, column: string, what: string): string {
  const value = columnAt(data, column);
  if (value === undefined || value === null) throw new Unusable(`has no ${what} in column “${column}”`);
  if (typeof value !== 'string') throw new Unusable(`its ${what} in column “${column}” is ${kindOf(value)}, not text`);
  if (value.trim() === '') throw new Unusable(`its ${what} in column “${column}” is empty`);
  return value;
}

function optionalText(data: Record<string, unknown>, column: string): string {
  const value = columnAt(data, column);
  return typeof value === 'string' && value.trim() !== '' ? value : '';
}

function answer(data: Record<string, unknown>, mapping: ColumnMapping): string | null {
  if (mapping.answer === undefined) return null;
  const value = columnAt(data, mapping.answer);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return text(data, mapping.answer, 'answer');
}

export const kindOf = (value: unknown): string => (Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`);

const roles: Record<string, ChatMessage['role']> = {
  system: 'system', developer: 'system', user: 'user', human: 'user', prompter: 'user', assistant: 'assistant', gpt: 'assistant', model: 'assistant', bot: 'assistant', chatgpt: 'assistant',
};

/** The last assistant message is the reference, the messages before it are the prompt. */
function conversation(data: Record<string, unknown>, mapping: ColumnMapping, roleKey: string, contentKey: string): Omit<TaskRow, 'row'> {
  const list = parsedIfJson(columnAt(data, mapping.prompt));
  if (!Array.isArray(list)) throw new Unusable(`has no list of messages in column “${mapping.prompt}”`);
  const messages = list.map((message: unknown, index): ChatMessage => {
    const role = roles[String(columnAt(message, roleKey)).toLowerCase()];
    if (role === undefined) throw new Unusable(`message ${index + 1} has none of the roles system, user and assistant`);
    return { role, content: contentOf(columnAt(message, contentKey), index) };
  });
  const last = messages.findLastIndex((message) => message.role === 'assistant');
  const prompt = last === -1 ? messages : messages.slice(0, last);
  if (!prompt.some((message) => message.role === 'user')) throw new Unusable('has no message of the user before the answer');
  const system = mapping.system === undefined || prompt[0]?.role === 'system' ? '' : optionalText(data, mapping.system);
  const opening: ChatMessage[] = system === '' ? [] : [{ role: 'system', content: system }];
  const reference = last === -1 ? null : messages[last]?.content ?? null;
  if (reference?.trim() === '') throw new Unusable('the last answer is empty');
  return { messages: [...opening, ...prompt], reference, data };
}

/** A message is text, or a list of parts of which all are text. */
function contentOf(content: unknown, index: number): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) {
    const parts = content.map((part: unknown) => columnAt(part, 'text'));
    if (parts.every((part) => typeof part === 'string')) return parts.join('');
  }
  throw new Unusable(`message ${index + 1} is not text`);
}
