/** Columns of a row by name; dots name nested columns, and a name passes through lists (`choices.text`). */

/**
 * The value at `path`: a column of exactly that name, or the nested one. A list on the way is mapped over, so that
 * `choices.text` reads both `{text: [...]}` and `[{text}, …]`. A column that holds JSON text (as CSV files do) is
 * parsed where the path goes on inside it. `undefined` when it is not there.
 */
export function columnAt(data: unknown, path: string): unknown {
  if (path === '') return data;
  if (Array.isArray(data)) {
    const values = data.map((element: unknown) => columnAt(element, path));
    return values.some((value) => value !== undefined) ? values : undefined;
  }
  if (typeof data !== 'object' || data === null) return undefined;
  if (Object.hasOwn(data, path)) return (data as Record<string, unknown>)[path];
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const head = path.slice(0, dot);
    if (!Object.hasOwn(data, head)) continue;
    const found = columnAt(parsedIfJson((data as Record<string, unknown>)[head]), path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Text that is a JSON list or object (a CSV file has no other way to hold one) → its value; anything else as it is. */
export function parsedIfJson(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

export interface Column { name: string; type: string; example: string }

/** Columns of the first rows, nested objects opened with dots, each with the types seen and its first example. */
export function describeColumns(rows: readonly Record<string, unknown>[], longestExample = 120): Column[] {
  const seen = new Map<string, { types: Set<string>; example: string }>();
  const visit = (name: string, value: unknown): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, child] of Object.entries(value)) visit(`${name}.${key}`, child);
      return;
    }
    const entry = seen.get(name) ?? { types: new Set<string>(), example: '' };
    if (value !== null && value !== undefined) {
      entry.types.add(typeOf(value));
      if (entry.example === '') entry.example = exampleOf(value, longestExample);
    }
    seen.set(name, entry);
  };
  for (const row of rows) for (const [key, value] of Object.entries(row)) visit(key, value);
  return [...seen].map(([name, { types, example }]) => ({ name, type: [...types].join(' or ') || 'empty', example }));
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) {
    const first: unknown = value[0];
    return first === undefined ? 'list' : `list of ${typeof first === 'object' ? 'objects' : typeOf(first)}`;
  }
  return typeof value === 'string' ? 'text' : typeof value === 'boolean' ? 'yes/no' : typeof value;
}

function exampleOf(value: unknown, longest: number): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
