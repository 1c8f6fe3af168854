/** Multiple choice: options and their letters, and which letter an answer column means. */
import type { ColumnMapping } from '../../shared/contract.ts';
import { columnAt, parsedIfJson } from './columns.ts';

export interface Option { label: string; text: string }

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Options of a row, or undefined when it has none. Letters come from the labels column, or are A, B, C, … */
export function optionsOf(data: Record<string, unknown>, mapping: ColumnMapping): Option[] | undefined {
  if (mapping.choices === undefined) return undefined;
  const found = parsedIfJson(columnAt(data, mapping.choices));
  const labels = mapping.labels === undefined ? undefined : parsedIfJson(columnAt(data, mapping.labels));
  const pairs = Array.isArray(found) ? listed(found, labels) : keyed(found);
  if (pairs === undefined || pairs.length === 0 || pairs.length > letters.length) return undefined;
  return new Set(pairs.map((option) => option.label)).size === pairs.length ? pairs : undefined;
}

function listed(texts: readonly unknown[], labels: unknown): Option[] | undefined {
  if (!texts.every((text) => typeof text === 'string' || typeof text === 'number')) return undefined;
  const given = Array.isArray(labels) && labels.length === texts.length ? labels.map((label) => String(label).trim()) : undefined;
  return texts.map((text, index) => ({ label: given?.[index] ?? letters[index] ?? '', text: String(text).trim() }));
}

/** `{"A": "…", "B": "…"}` */
function keyed(value: unknown): Option[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  return entries.every(([label, text]) => label.length <= 2 && typeof text === 'string') ? entries.map(([label, text]) => ({ label, text: String(text).trim() })) : undefined;
}

/**
 * The label that an answer column means: a label, the text of an option, or a position (from 0) where the labels are
 * letters. Undefined when it means none.
 */
export function labelOf(answer: unknown, options: readonly Option[]): string | undefined {
  const text = String(answer).trim();
  const byLabel = options.find((option) => option.label.toLowerCase() === text.toLowerCase());
  const byText = options.find((option) => option.text === text);
  const byPosition = /^\d+$/.test(text) ? options[Number(text)] : undefined;
  return (byLabel ?? byText ?? byPosition)?.label;
}

/** The question with its options below it, one line each: `A. …`. */
export function withOptions(question: string, options: readonly Option[]): string {
  return [question, ...options.map((option) => `${option.label}. ${option.text}`)].join('\n');
}
