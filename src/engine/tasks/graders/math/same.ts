/** Whether two things are one: numbers exactly where they are rational, else to nine digits; expressions with variables at several points; the rest part by part. */

import { thingOf, type Thing } from './things.ts';
import { attempt, call, complex, rational, size, symbolOf, variables, type Complex, type Json } from './value.ts';

export function same(a: Thing, b: Thing): boolean {
  if (a.kind === 'expression' && b.kind === 'expression') return sameValue(a.json, b.json);
  if (a.kind === 'equation' && b.kind === 'equation') return sameEquation(a.sides, b.sides);
  // x = 5 is 5; a set of one is its item
  if (a.kind === 'equation') return isName(a.sides[0]) && same(thingOf(a.sides[1]), b);
  if (b.kind === 'equation') return same(b, a);
  if (a.kind === 'inequality' || b.kind === 'inequality') return sameInequality(a, b);
  if (a.kind === 'list' && a.items.length === 1 && a.items[0] !== undefined) return same(a.items[0], b);
  if (b.kind === 'list' && b.items.length === 1 && b.items[0] !== undefined) return same(a, b.items[0]);
  // x ∈ (1, 4) is an interval, (1, 4) may be one
  if (a.kind === 'interval' && b.kind === 'tuple') return a.open[0] && a.open[1] && sameInOrder(a.ends, b.items);
  if (b.kind === 'interval' && a.kind === 'tuple') return same(b, a);
  const [aSystem, bSystem] = [assigned(a), assigned(b)];
  if ((aSystem === null) !== (bSystem === null)) return sameInOrder(aSystem ?? items(a), bSystem ?? items(b));
  if (a.kind === 'list' && b.kind === 'list') return sameInAnyOrder(a.items, b.items);
  if (a.kind === 'tuple' && b.kind === 'tuple') return sameInOrder(a.items, b.items);
  if (a.kind === 'interval' && b.kind === 'interval') return a.open[0] === b.open[0] && a.open[1] === b.open[1] && same(a.ends[0], b.ends[0]) && same(a.ends[1], b.ends[1]);
  // (1, 4) is a point and an open interval, [1, 4] a pair and a closed one: as it is written, so it is compared
  return false;
}

const items = (thing: Thing): readonly Thing[] => (thing.kind === 'list' || thing.kind === 'tuple' ? thing.items : []);

function sameInOrder(a: readonly Thing[], b: readonly Thing[]): boolean {
  const other = (index: number): Thing => b[index] ?? { kind: 'list', items: [] };
  return a.length === b.length && a.every((item, index) => same(item, other(index)));
}

/** Of `x = 5, y = -10`, a list of one value for each of several letters: the values in the letters' order, or as written where one is Greek. Null for anything else, as the two solutions `x = 1, x = 2` and `x_1 = 1, x_2 = 2`. */
function assigned(thing: Thing): readonly Thing[] | null {
  if (thing.kind !== 'list' || thing.items.length < 2) return null;
  const values = new Map<string, Thing>();
  for (const item of thing.items) {
    const name = item.kind === 'equation' ? symbolOf(item.sides[0])?.replace(/_.*$/, '') : undefined;
    if (item.kind !== 'equation' || name === undefined || values.has(name)) return null;
    values.set(name, thingOf(item.sides[1]));
  }
  const names = [...values.keys()];
  if (names.every((name) => name.length === 1)) names.sort();
  return names.flatMap((name) => values.get(name) ?? []);
}

/** `x`, `x_1`, `f(x)`, the segment `AB` or the point `(x, y)`: what stands left of a result. `xy` is a product. */
function isName(json: Json): boolean {
  if (symbolOf(json) !== null) return true;
  const [operator, first = 0, ...rest] = call(json) ?? [];
  if (operator === 'Delimiter') return rest.length <= 1 && call(first)?.[0] === 'Sequence' && (call(first)?.slice(1) ?? []).every((item) => symbolOf(item) !== null);
  if (operator !== 'InvisibleOperator' || symbolOf(first) === null) return false;
  return call(rest[0] ?? 0)?.[0] === 'Delimiter' || [first, ...rest].every((letter) => /^[A-Z]$/.test(symbolOf(letter) ?? ''));
}

function sameInAnyOrder(a: readonly Thing[], b: readonly Thing[]): boolean {
  if (a.length !== b.length || a.length > 64) return false;
  const left = [...b];
  return a.every((item) => {
    const at = left.findIndex((other) => same(item, other));
    if (at !== -1) left.splice(at, 1);
    return at !== -1;
  });
}

function sameInequality(a: Thing, b: Thing): boolean {
  if (a.kind === 'inequality' && b.kind === 'inequality') {
    return a.operators.length === b.operators.length && a.operators.every((operator, index) => operator === b.operators[index]) && a.sides.every((side, index) => sameValue(side, b.sides[index] ?? 0));
  }
  const [bounds, other] = a.kind === 'inequality' ? [a, b] : b.kind === 'inequality' ? [b, a] : [null, a];
  const interval = bounds === null ? null : intervalOf(bounds);
  return interval !== null && same(interval, other.kind === 'tuple' && other.items.length === 2 ? { kind: 'interval', ends: [other.items[0] ?? other, other.items[1] ?? other], open: [true, true] } : other);
}

/** Of an inequality in one variable: `x ≥ 5` is [5, ∞). */
function intervalOf({ operators, sides }: { operators: string[]; sides: Json[] }): Thing | null {
  const ends = (low: Json, high: Json, open: [boolean, boolean]): Thing => ({ kind: 'interval', ends: [thingOf(low), thingOf(high)], open });
  const [first = 0, second = 0, third] = sides;
  const strict = operators.map((operator) => operator === 'Less');
  if (operators.includes('NotEqual')) return null;
  if (third !== undefined) return sides.length === 3 && isName(second) ? ends(first, third, [strict[0] ?? true, strict[1] ?? true]) : null;
  if (isName(first)) return ends(['Negate', 'PositiveInfinity'], second, [true, strict[0] ?? true]);
  return isName(second) ? ends(first, 'PositiveInfinity', [strict[0] ?? true, true]) : null;
}

/** The same line or curve: the differences of the sides are proportional. */
function sameEquation(a: readonly [Json, Json], b: readonly [Json, Json]): boolean {
  if (isName(a[0]) && isName(b[0]) && JSON.stringify(a[0]) === JSON.stringify(b[0]) && same(thingOf(a[1]), thingOf(b[1]))) return true;
  const difference = ([left, right]: readonly [Json, Json]): Json => ['Subtract', left, right];
  const ratios = atPoints(difference(a), difference(b))?.map(([x, y]) => (size(y) === 0 ? NaN : size(x) / size(y) * Math.sign(x.re * y.re + x.im * y.im)));
  return ratios !== undefined && ratios.length > 1 && ratios.every((ratio) => ratio !== 0 && Math.abs(ratio - (ratios[0] ?? NaN)) <= tolerance * Math.abs(ratio));
}

const tolerance = 1e-9;

function sameValue(a: Json, b: Json): boolean {
  const [exactA, exactB] = [attempt(() => rational(a)), attempt(() => rational(b))];
  if (exactA && exactB) return exactA.n === exactB.n && exactA.d === exactB.d;
  const points = atPoints(a, b);
  return points !== undefined && points.length > 0 && points.every(([x, y]) => close(x, y));
}

function close(x: Complex, y: Complex): boolean {
  if (x.im === y.im && x.re === y.re) return true;
  const distance = Math.hypot(x.re - y.re, x.im - y.im);
  return Number.isFinite(distance) && distance <= tolerance * Math.max(size(x), size(y), 1e-6);
}

/** Positive and negative, small and large, none a nice number. */
const points = [0.7390851, 1.9021605, -0.5671433, 3.3598857, -2.6220576, 0.1494501];

/** Both values where both have one; undefined where they have no value anywhere. A side without variables may equal one whose variables do not matter. */
function atPoints(a: Json, b: Json): [Complex, Complex][] | undefined {
  const names = [...variables(a)].sort();
  const others = variables(b);
  if (names.length > 12 || others.size > 12) return undefined;
  const all = [...new Set([...names, ...others])].sort();
  const found: [Complex, Complex][] = [];
  for (const [round] of (all.length === 0 ? [0] : points).entries()) {
    const given = new Map(all.map((name, index) => [name, (points[(round + index) % points.length] ?? 1) * (1 + index * 0.1173)]));
    const values = attempt((): [Complex, Complex] => [complex(a, given), complex(b, given)]);
    if (values && values.every(({ re, im }) => !Number.isNaN(re) && !Number.isNaN(im))) found.push(values);
  }
  return found.length >= Math.min(2, all.length === 0 ? 1 : 2) ? found : undefined;
}
