/**
 * The first key that one JSON object holds twice, or null. `JSON.parse` silently keeps the last of two, so a file
 * could say one thing to us and another to a stricter reader.
 *
 * @param text JSON that has already been parsed without error
 */
export function duplicateJsonKey(text: string): string | null {
  const seen: (Set<string> | null)[] = []; // one entry per open object (its keys) or array (null)
  let expectsKey = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '{') {
      seen.push(new Set());
      expectsKey = true;
    } else if (character === '[') {
      seen.push(null);
      expectsKey = false;
    } else if (character === '}' || character === ']') {
      seen.pop();
      expectsKey = false;
    } else if (character === ',') {
      expectsKey = Boolean(seen.at(-1));
    } else if (character === '"') {
      const start = i++;
      while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
      if (!expectsKey) continue;
      expectsKey = false;
      const key: unknown = JSON.parse(text.slice(start, i + 1));
      const keys = seen.at(-1);
      if (typeof key !== 'string' || !keys) continue;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}
