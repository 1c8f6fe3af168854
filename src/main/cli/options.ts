/** Values of options, read: lists, numbers, JSON files, and what a schema says of them. */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { SingularError } from '../../shared/errors.ts';

export const collect = (value: string, sofar: string[]): string[] => [...sofar, value];

export function numberOption(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) throw new SingularError('usage', `${name} takes a number, not “${text}”.`);
    return value;
  };
}

export function parsed<S extends z.ZodType>(schema: S, value: unknown, file?: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new SingularError(file === undefined ? 'usage' : 'bad-input', `${file ?? 'Options'}: “${issue.path.join('.')}”: ${issue.message}.`);
}

export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new SingularError('bad-input', `${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
