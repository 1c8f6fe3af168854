/** MathJSON as numbers: exact where it is rational, complex otherwise. Every size is bounded, so that no answer costs time. */

export type Json = number | string | { num?: string; sym?: string; str?: string; fn?: Json[] } | Json[];
export interface Rational { n: bigint; d: bigint }
export interface Complex { re: number; im: number }

/** The expression has no value here: an unknown function, a word, a number beyond all bounds. */
export class NoValue extends Error {}

/** bits of a numerator or denominator, and the largest whole exponent, factorial and binomial */
const longestBits = 4096;
const largestCount = 1000;

/** What `work` gives, or null where it has no value. */
export function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof NoValue || error instanceof RangeError) return null;
    throw error;
  }
}

/** Operator and operands of a function, or null for numbers and symbols. */
export function call(json: Json): [operator: string, ...operands: Json[]] | null {
  const list = Array.isArray(json) ? json : typeof json === 'object' ? json.fn : undefined;
  return list !== undefined && typeof list[0] === 'string' ? (list as [string, ...Json[]]) : null;
}

export const symbolOf = (json: Json): string | null => (typeof json === 'string' && !json.startsWith("'") ? json : typeof json === 'object' && !Array.isArray(json) ? json.sym ?? null : null);

const digitsOf = (json: Json): string | null => (typeof json === 'number' ? String(json) : typeof json === 'object' && !Array.isArray(json) ? json.num ?? null : null);

/** Whether two neighbours are a mixed number: a whole number before a fraction of whole numbers. */
function isMixed(operands: readonly Json[]): boolean {
  if (operands.length !== 2) return false;
  const [whole, fraction] = operands.map((operand) => call(operand));
  const first = whole?.[0] === 'Negate' ? whole[1] : operands[0];
  return first !== undefined && /^\d+$/.test(digitsOf(first) ?? '') && fraction?.[0] === 'Divide' && fraction.slice(1).every((part) => /^\d+$/.test(digitsOf(part) ?? ''));
}

function mixed([whole, fraction]: readonly Json[]): Json {
  const negated = call(whole ?? 0);
  return negated?.[0] === 'Negate' ? ['Negate', ['Add', negated[1] ?? 0, fraction ?? 0]] : ['Add', whole ?? 0, fraction ?? 0];
}

/** The exact value, or null where the expression is not made of rational numbers alone. Errors: NoValue for one too long. */
export function rational(json: Json): Rational | null {
  const digits = digitsOf(json);
  if (digits !== null) return readNumber(digits);
  const parts = call(json);
  if (parts === null) return null;
  const [operator, ...operands] = parts;
  if (operator === 'InvisibleOperator' && isMixed(operands)) return rational(mixed(operands));
  const values: Rational[] = [];
  for (const operand of operands) {
    const value = rational(operand);
    if (value === null) return null;
    values.push(value);
  }
  const [a, b] = values;
  if (a === undefined) return null;
  switch (operator) {
    case 'Delimiter': return values.length === 1 ? a : null;
    case 'Negate': return { n: -a.n, d: a.d };
    case 'Add': return values.reduce((sum, value) => reduced(sum.n * value.d + value.n * sum.d, sum.d * value.d));
    case 'Multiply': case 'InvisibleOperator': return values.reduce((product, value) => reduced(product.n * value.n, product.d * value.d));
    default:
  }
  if (operator === 'Factorial') return a.d === 1n ? { n: product(1n, whole(a)), d: 1n } : null;
  if (b === undefined || values.length !== 2) return null;
  switch (operator) {
    case 'Subtract': return reduced(a.n * b.d - b.n * a.d, a.d * b.d);
    case 'Divide': case 'Rational': case 'Colon': return reduced(a.n * b.d, a.d * b.n);
    case 'Binomial': return binomial(whole(a), whole(b));
    case 'Power': {
      if (b.d !== 1n) return null;
      const count = whole({ n: b.n < 0n ? -b.n : b.n, d: 1n });
      if (bits(a.n) * Number(count) > longestBits || bits(a.d) * Number(count) > longestBits) throw new NoValue('too large');
      return b.n < 0n ? reduced(a.d ** count, a.n ** count) : reduced(a.n ** count, a.d ** count);
    }
    default: return null;
  }
}

const bits = (n: bigint): number => n.toString(16).length * 4;

function reduced(n: bigint, d: bigint): Rational {
  if (d === 0n) throw new NoValue('division by zero');
  if (bits(n) > 2 * longestBits || bits(d) > 2 * longestBits) throw new NoValue('too large');
  let [a, b] = [n < 0n ? -n : n, d < 0n ? -d : d];
  while (b !== 0n) [a, b] = [b, a % b];
  const divisor = (a === 0n ? 1n : a) * (d < 0n ? -1n : 1n);
  return { n: n / divisor, d: d / divisor };
}

/** A count within bounds. */
function whole({ n, d }: Rational): bigint {
  if (d !== 1n || n < 0n || n > BigInt(largestCount)) throw new NoValue('too large');
  return n;
}

function product(from: bigint, to: bigint): bigint {
  let value = 1n;
  for (let i = from; i <= to; i++) value *= i;
  return value;
}

const binomial = (n: bigint, k: bigint): Rational => (k > n ? { n: 0n, d: 1n } : { n: product(n - k + 1n, n) / product(1n, k), d: 1n });

/** `-12.50`, `3e-2`, `0.(3)` (the bracket repeats). */
function readNumber(text: string): Rational | null {
  const match = /^([-+]?)(\d*)(?:\.(\d*)(?:\((\d+)\))?)?(?:e([-+]?\d+))?$/i.exec(text);
  if (!match || text.length > 400) return null;
  const [, sign, integer = '', fraction = '', repeating = '', exponent = '0'] = match;
  if (Math.abs(Number(exponent)) > largestCount) throw new NoValue('too large');
  const scale = 10n ** BigInt(fraction.length);
  let value = reduced(BigInt(integer + fraction || '0'), scale);
  if (repeating !== '') {
    const tail = { n: BigInt(repeating), d: scale * (10n ** BigInt(repeating.length) - 1n) };
    value = reduced(value.n * tail.d + tail.n * value.d, value.d * tail.d);
  }
  const power = 10n ** BigInt(Math.abs(Number(exponent)));
  value = Number(exponent) < 0 ? reduced(value.n, value.d * power) : reduced(value.n * power, value.d);
  return sign === '-' ? { n: -value.n, d: value.d } : value;
}

const real = (re: number): Complex => ({ re, im: 0 });
const add = (a: Complex, b: Complex): Complex => ({ re: a.re + b.re, im: a.im + b.im });
const negate = (a: Complex): Complex => ({ re: -a.re, im: -a.im });
const multiply = (a: Complex, b: Complex): Complex => ({ re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re });
/** The absolute value. */
export const size = (a: Complex): number => Math.hypot(a.re, a.im);
// a real number may come as −0i, for which atan2 gives −π
const log = (a: Complex): Complex => ({ re: Math.log(size(a)), im: Math.atan2(a.im === 0 ? 0 : a.im, a.re) });
const exp = (a: Complex): Complex => ({ re: Math.exp(a.re) * Math.cos(a.im), im: a.im === 0 ? 0 : Math.exp(a.re) * Math.sin(a.im) });

function divide(a: Complex, b: Complex): Complex {
  const square = b.re * b.re + b.im * b.im;
  if (square === 0) throw new NoValue('division by zero');
  return { re: (a.re * b.re + a.im * b.im) / square, im: (a.im * b.re - a.re * b.im) / square };
}

function power(a: Complex, b: Complex): Complex {
  if (size(a) === 0) {
    if (b.re > 0) return real(0);
    if (size(b) === 0) return real(1);
    throw new NoValue('division by zero');
  }
  if (a.im === 0 && b.im === 0 && (a.re > 0 || Number.isInteger(b.re))) return real(a.re ** b.re);
  return exp(multiply(b, log(a)));
}

const onReals: Record<string, (x: number) => number> = {
  Sin: Math.sin, Cos: Math.cos, Tan: Math.tan, Cot: (x) => 1 / Math.tan(x), Sec: (x) => 1 / Math.cos(x), Csc: (x) => 1 / Math.sin(x),
  Arcsin: Math.asin, Arccos: Math.acos, Arctan: Math.atan, Arcsec: (x) => Math.acos(1 / x), Arccsc: (x) => Math.asin(1 / x), Sinh: Math.sinh, Cosh: Math.cosh, Tanh: Math.tanh, Floor: Math.floor, Ceil: Math.ceil,
};
const constants: Record<string, Complex> = { Pi: real(Math.PI), e: real(Math.E), ExponentialE: real(Math.E), i: { re: 0, im: 1 }, ImaginaryUnit: { re: 0, im: 1 }, PositiveInfinity: real(Infinity), NegativeInfinity: real(-Infinity), Half: real(0.5) };

/** The symbols of an expression that stand for a number not given. */
export function variables(json: Json, found = new Set<string>()): Set<string> {
  const symbol = symbolOf(json);
  if (symbol !== null) {
    if (!Object.hasOwn(constants, symbol)) found.add(symbol);
  } else for (const operand of call(json)?.slice(1) ?? []) variables(operand, found);
  return found;
}

/** The value where variables are given numbers. Errors: NoValue. */
export function complex(json: Json, given: ReadonlyMap<string, number>): Complex {
  const digits = digitsOf(json);
  if (digits !== null) {
    const exact = readNumber(digits);
    if (exact === null) throw new NoValue('no number');
    return real(toNumber(exact));
  }
  const symbol = symbolOf(json);
  if (symbol !== null) {
    const value = given.get(symbol) ?? (Object.hasOwn(constants, symbol) ? constants[symbol] : undefined);
    if (value === undefined) throw new NoValue(symbol);
    return typeof value === 'number' ? real(value) : value;
  }
  const parts = call(json);
  if (parts === null) throw new NoValue('no expression');
  const [operator, ...operands] = parts;
  if (operator === 'InvisibleOperator' && isMixed(operands)) return complex(mixed(operands), given);
  const values = operands.map((operand) => complex(operand, given));
  const value = applied(operator, values);
  // beyond a double's range two numbers would look equal
  if (!Number.isFinite(size(value)) && values.every((operand) => Number.isFinite(size(operand)))) throw new NoValue('too large');
  return value;
}

function applied(operator: string, values: readonly Complex[]): Complex {
  const [a = real(NaN), b] = values;
  const onReal = Object.hasOwn(onReals, operator) ? onReals[operator] : undefined;
  if (onReal !== undefined) {
    if (a.im !== 0 || values.length !== 1) throw new NoValue(operator);
    return real(onReal(a.re));
  }
  switch (operator) {
    case 'Delimiter': if (values.length === 1) return a; break;
    case 'Add': return values.reduce(add);
    case 'Subtract': return values.reduce((sum, value) => add(sum, negate(value)));
    case 'Negate': return negate(a);
    case 'Multiply': case 'InvisibleOperator': return values.reduce(multiply);
    case 'Divide': case 'Rational': case 'Colon': if (b) return divide(a, b); break;
    case 'Power': if (b) return power(a, b); break;
    case 'Square': return multiply(a, a);
    case 'Sqrt': return power(a, real(0.5));
    case 'Root': {
      const degree = b?.re ?? 2;
      // of a negative number, an odd root is the real one
      if (a.im === 0 && a.re < 0 && degree % 2 !== 0 && Number.isInteger(degree)) return real(-((-a.re) ** (1 / degree)));
      return power(a, real(1 / degree));
    }
    case 'Abs': return real(size(a));
    case 'Conjugate': return { re: a.re, im: -a.im };
    case 'Exp': return exp(a);
    case 'Ln': return b ? divide(log(a), log(b)) : log(a);
    case 'Log': return divide(log(a), log(b ?? real(10)));
    case 'Lb': return divide(log(a), log(real(2)));
    case 'Degrees': return multiply(a, real(Math.PI / 180));
    case 'Factorial': return real(toNumber({ n: product(1n, counted(a)), d: 1n }));
    case 'Binomial': if (b) return real(toNumber(binomial(counted(a), counted(b)))); break;
    default:
  }
  throw new NoValue(operator);
}

function counted({ re, im }: Complex): bigint {
  if (im !== 0 || !Number.isInteger(re)) throw new NoValue('no whole number');
  return whole({ n: BigInt(re), d: 1n });
}

/** A quotient of integers that may each be too long for a double. */
function toNumber({ n, d }: Rational): number {
  const excess = BigInt(Math.max(0, bits(n) - 1000, bits(d) - 1000));
  return Number(n >> excess) / Number(d >> excess);
}
