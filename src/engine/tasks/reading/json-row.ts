/** One row of JSON text (a line of a JSONL file, an element of a JSON array) as bytes → its columns, or why not. */
import { maxNesting, nestsTooDeep, type RawRow } from './source.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const quote = 0x22;
const backslash = 0x5c;
/** Below this length, a row cannot nest deep enough to cost memory worth a scan before it is parsed. */
const scanFromBytes = 64 * 1024;

export function parseJsonRow(row: number, bytes: Buffer): RawRow {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return { row, reason: 'is not UTF-8 text' };
  }
  const tooDeep = { row, reason: `nests deeper than ${maxNesting} levels` };
  if (bytes.length > scanFromBytes && textNestsTooDeep(bytes)) return tooDeep;
  let value: unknown;
  try {
    value = parsed(text);
  } catch (error) {
    return { row, reason: `is not valid JSON${whereFrom(error)}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { row, reason: `is ${value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`}, not an object with columns` };
  }
  if (nestsTooDeep(value)) return tooDeep;
  if (Object.keys(value).length === 0) return { row, reason: 'has no columns' };
  return { row, data: value as Record<string, unknown> };
}

/** A whole number beyond those that JavaScript has exactly is kept as its digits. */
function parsed(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const exact = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') ? context?.source : value;
  return JSON.parse(text, exact);
}

/** The parser's own message quotes the file; a position says as much and can be logged. */
function whereFrom(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const position = /position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return ` (at character ${Number(position) + 1})`;
  return /end of|[Uu]nterminated/.test(message) ? ' (it ends too early)' : '';
}

function textNestsTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === backslash) i++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === openBracket || byte === openBrace) {
      if (++depth > maxNesting + 1) return true;
    } else if (byte === closeBracket || byte === closeBrace) depth--;
  }
  return false;
}
