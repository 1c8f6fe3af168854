/** Small wrong changes to a Python function: one sign, number or word at a time, and at last a result of nothing. */
const changes: readonly [RegExp, (found: string) => string][] = [
  [/(?<=\s)(?:<=|>=|<|>|==|!=)(?=\s)/g, (sign) => ({ '<': '>=', '>': '<=', '<=': '>', '>=': '<', '==': '!=', '!=': '==' })[sign] ?? sign],
  [/(?<=[\w)\]] ?)[+*-](?= ?[\w(])/g, (sign) => ({ '+': '-', '-': '+', '*': '+' })[sign] ?? sign],
  [/\b(?:and|or)\b/g, (word) => (word === 'and' ? 'or' : 'and')],
  [/\b(?:True|False)\b/g, (word) => (word === 'True' ? 'False' : 'True')],
  [/\b(?:min|max)\(/g, (word) => (word === 'min(' ? 'max(' : 'min(')],
  [/(?<![\w.'"])\d+(?![\w.'"])/g, (digits) => String(Number(digits) + 1)],
  [/\breturn\b(?=[ (])/g, () => 'return None and '],
];

/** At most one mutant for each kind of change, the last place of it, in the order above: the first is the subtlest. */
export function mutants(code: string): string[] {
  return changes.flatMap(([pattern, changed]) => {
    const last = [...code.matchAll(pattern)].at(-1);
    return last === undefined ? [] : [code.slice(0, last.index) + changed(last[0]) + code.slice(last.index + last[0].length)];
  });
}
