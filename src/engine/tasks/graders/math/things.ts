/** What an answer is in its outer form: a list, a point, an interval, an equation, or an expression. */

import { LatexSyntax } from '@cortex-js/compute-engine/latex-syntax';
import { hasSplitNumber } from './clean.ts';
import { call, symbolOf, type Json } from './value.ts';

const syntax = new LatexSyntax();
/** Longer answers (characters), or deeper ones, are compared as text alone. */
const longest = 600;
const deepest = 40;

/** What an answer is, once its outer form is read. Lists and sets are in any order; a list of one is its item. */
export type Thing =
  | { kind: 'expression'; json: Json }
  | { kind: 'list' | 'tuple'; items: Thing[]; /** of 1 ± √5 */ either?: true }
  | { kind: 'interval'; ends: [Thing, Thing]; open: [boolean, boolean] }
  | { kind: 'equation'; sides: [Json, Json] }
  | { kind: 'inequality'; operators: string[]; sides: Json[] };

/** Null where the parser cannot read it, or it is beyond the bounds. */
export function read(latex: string): Thing | null {
  if (latex === '' || latex.length > longest || hasSplitNumber(latex) || depthOf(latex) > deepest || (latex.match(/\|/g)?.length ?? 0) > 6) return null;
  const json = syntax.parse(latex) as Json | null;
  return json === null || JSON.stringify(json).includes('"Error"') ? null : thingOf(json);
}

function depthOf(latex: string): number {
  let depth = 0;
  let most = 0;
  for (const sign of latex) {
    if ('{[('.includes(sign)) most = Math.max(most, ++depth);
    else if ('}])'.includes(sign)) depth--;
  }
  // roots and powers nest without brackets
  return Math.max(most, (latex.match(/\\sqrt|\^/g)?.length ?? 0));
}

const inequalities = new Set(['Less', 'LessEqual', 'Greater', 'GreaterEqual', 'NotEqual']);

export function thingOf(json: Json): Thing {
  // written as (−∞, ∞) is
  if (symbolOf(json) === 'RealNumbers') return { kind: 'tuple', items: [{ kind: 'expression', json: ['Negate', 'PositiveInfinity'] }, { kind: 'expression', json: 'PositiveInfinity' }] };
  const parts = call(json);
  if (parts === null) return { kind: 'expression', json };
  const [operator, ...operands] = parts;
  switch (operator) {
    case 'Delimiter': {
      const inner = call(operands[0] ?? 0);
      const marks = operands[1];
      const style = typeof marks === 'object' && !Array.isArray(marks) ? marks.str ?? '' : typeof marks === 'string' ? marks : '';
      if (inner?.[0] !== 'Sequence') return operands[0] === undefined ? { kind: 'expression', json } : thingOf(operands[0]);
      return { kind: style.includes('(') ? 'tuple' : 'list', items: style.includes('(') ? inner.slice(1).map(thingOf) : listed(inner.slice(1)) };
    }
    case 'Sequence': case 'Set': case 'Union': case 'Or': return { kind: 'list', items: listed(operands) };
    case 'List':
      if (operands.length === 2) return { kind: 'interval', ends: [thingOf(operands[0] ?? 0), thingOf(operands[1] ?? 0)], open: [false, false] };
      return { kind: 'tuple', items: operands.map(thingOf) };
    case 'AngleBracket': return { kind: 'tuple', items: operands.map(thingOf) };
    case 'Matrix': {
      const rows = (call(operands[0] ?? 0)?.slice(1) ?? []).map((row) => (call(row)?.slice(1) ?? []).map((entry) => thingOf(entry)));
      // a column is a vector, as (5, -10) is
      return { kind: 'tuple', items: rows.every((row) => row.length === 1) ? rows.flat() : rows.map((row) => ({ kind: 'tuple', items: row })) };
    }
    case 'Interval': {
      const ends = operands.slice(0, 2).map((end) => (call(end)?.[0] === 'Open' ? { open: true, end: call(end)?.[1] ?? 0 } : { open: false, end }));
      const [low, high] = ends;
      if (low === undefined || high === undefined) return { kind: 'expression', json };
      return { kind: 'interval', ends: [thingOf(low.end), thingOf(high.end)], open: [low.open, high.open] };
    }
    case 'Element': return thingOf(operands[1] ?? json);
    case 'Equal': {
      const [left, right] = [operands[0], operands.at(-1)];
      return left === undefined || right === undefined ? { kind: 'expression', json } : { kind: 'equation', sides: [left, right] };
    }
    default:
  }
  if (inequalities.has(operator)) return inequality(operator, operands);
  // ABC is a word
  if (operator === 'InvisibleOperator' && operands.every((letter) => /^[A-Z]$/.test(symbolOf(letter) ?? ''))) return { kind: 'expression', json: operands.map(symbolOf).join('') };
  const plus = signed(json, 'Add');
  if (plus !== null) return { kind: 'list', either: true, items: [plus, signed(json, 'Subtract') ?? plus].map((one) => ({ kind: 'expression', json: one })) };
  return { kind: 'expression', json };
}

/** The parts of a list, `1 ± √5` as two. */
function listed(parts: readonly Json[]): Thing[] {
  return parts.map((part) => thingOf(part)).flatMap((thing) => (thing.kind === 'list' && thing.either ? thing.items : [thing]));
}

/** The expression with every ± read as one sign, or null where it has none. */
function signed(json: Json, sign: 'Add' | 'Subtract'): Json | null {
  const parts = call(json);
  if (parts === null) return null;
  const [operator, ...operands] = parts;
  const replaced = operands.map((operand) => signed(operand, sign));
  if (operator !== 'Measurement' && operator !== 'PlusMinus' && replaced.every((operand) => operand === null)) return null;
  return [operator === 'Measurement' || operator === 'PlusMinus' ? sign : operator, ...replaced.map((operand, index) => operand ?? operands[index] ?? 0)];
}

/** Written with < and ≤ from left to right; `5 < x` and `x > 5` are one. */
function inequality(operator: string, operands: readonly Json[]): Thing {
  const chain = (json: Json): { operators: string[]; sides: Json[] } => {
    const parts = call(json);
    if (parts === null || !inequalities.has(parts[0])) return { operators: [], sides: [json] };
    const links = parts.slice(1).map((part) => chain(part));
    return {
      operators: links.flatMap((link, index) => (index === 0 ? link.operators : [parts[0], ...link.operators])),
      sides: links.flatMap((link) => link.sides),
    };
  };
  const { operators, sides } = chain([operator, ...operands]);
  if (!operators.some((one) => one.startsWith('Greater'))) return { kind: 'inequality', operators, sides };
  return { kind: 'inequality', operators: operators.toReversed().map((one) => one.replace('Greater', 'Less')), sides: sides.toReversed() };
}
