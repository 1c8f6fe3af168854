/** Of the last `\boxed{…}` or `\fbox{…}`, with balanced braces, or `\boxed 5`: what is in it. Null where there is none, or it does not end. Linear in the text's length. */
export function lastBoxed(text: string): string | null {
  const start = Math.max(text.lastIndexOf('\\boxed'), text.lastIndexOf('\\fbox'));
  if (start === -1) return null;
  const open = start + (text.startsWith('\\boxed', start) ? 6 : 5);
  const bare = /^\s*([^\s{$]+?)(?=\\[)\]]|[\s{$]|$)/.exec(text.slice(open, open + 40))?.[1];
  if (bare !== undefined) return bare;
  const first = text.indexOf('{', open);
  if (first === -1) return null;
  let depth = 0;
  for (let i = first; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return text.slice(first + 1, i);
  }
  return null;
}
