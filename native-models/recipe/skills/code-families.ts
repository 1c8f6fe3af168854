import type { Random } from '../random.ts';

export type PythonValue = string | number | boolean | PythonValue[];
export type Parameters = Record<string, string | number>;

/**
 * One manipulation. `evaluate` is a second, independent implementation of `expression`: the tests of a row come
 * from it, and a unit test runs both against each other in Python.
 */
export interface Family {
  id: string;
  input: 'text' | 'numbers';
  /** what the expression gives; compositions chain by it */
  output: 'text' | 'numbers' | 'words' | 'number' | 'truth';
  parameters?: (random: Random) => Parameters;
  /** ways to ask; `v` is the variable's name */
  phrases: (v: string, p: Parameters) => string[];
  expression: (v: string, p: Parameters) => string;
  evaluate: (value: never, p: Parameters) => PythonValue;
  /** near misses: wrong slice, wrong method, wrong form */
  slips: (v: string, p: Parameters) => string[];
}

const count = (low: number, high: number) => (random: Random): Parameters => ({ k: random.integer(low, high) });
const letters = Array.from('abdegiklmnoprstuy');
const letter = (random: Random): Parameters => ({ c: random.pick(letters) });
const twoLetters = (random: Random): Parameters => {
  const [c, d] = random.sample(letters, 2) as [string, string];
  return { c, d };
};
const n = (value: string | number | undefined): number => Number(value);
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** keeps the literal types of a family's evaluate while the table stays uniform */
const onText = (family: Omit<Family, 'input' | 'evaluate'> & { evaluate: (s: string, p: Parameters) => PythonValue }): Family => ({ ...family, input: 'text' });
const onNumbers = (family: Omit<Family, 'input' | 'evaluate'> & { evaluate: (xs: number[], p: Parameters) => PythonValue }): Family => ({ ...family, input: 'numbers' });

export const families: readonly Family[] = [
  onText({ id: 'reverse-text', output: 'text', phrases: (v) => [`Reverse the text ${v}.`, `Give ${v} backwards.`, `Turn the text ${v} around.`], expression: (v) => `${v}[::-1]`, evaluate: (s) => Array.from(s).reverse().join(''), slips: (v) => [`${v}[::1]`, `${v}[-1]`, `${v}.reverse()`] }),
  onText({ id: 'upper', output: 'text', phrases: (v) => [`Make the text ${v} upper case.`, `Write ${v} in capital letters.`, `Give the text ${v} in upper case.`], expression: (v) => `${v}.upper()`, evaluate: (s) => s.toUpperCase(), slips: (v) => [`${v}.title()`, `${v}.lower()`, `upper(${v})`] }),
  onText({ id: 'length', output: 'number', phrases: (v) => [`Count the letters of the text ${v}.`, `How long is the text ${v}?`, `Give the length of the text ${v}.`], expression: (v) => `len(${v})`, evaluate: (s) => s.length, slips: (v) => [`${v}.length`, `len(${v})-1`, `${v}.count()`] }),
  onText({ id: 'first-letter', output: 'text', phrases: (v) => [`Give the first letter of ${v}.`, `Take the first letter of the text ${v}.`, `What letter does ${v} start with?`], expression: (v) => `${v}[0]`, evaluate: (s) => s.slice(0, 1), slips: (v) => [`${v}[1]`, `${v}[1:]`, `${v}.first()`] }),
  onText({ id: 'last-letter', output: 'text', phrases: (v) => [`Give the last letter of ${v}.`, `Take the last letter of the text ${v}.`, `What letter does ${v} end with?`], expression: (v) => `${v}[-1]`, evaluate: (s) => s.slice(-1), slips: (v) => [`${v}[1]`, `${v}[:-1]`, `${v}.last()`] }),
  onText({ id: 'first-k', output: 'text', parameters: count(2, 5), phrases: (v, p) => [`Give the first ${p.k} letters of ${v}.`, `Keep only the first ${p.k} letters of ${v}.`, `Cut the text ${v} after ${p.k} letters.`], expression: (v, p) => `${v}[:${p.k}]`, evaluate: (s, p) => s.slice(0, n(p.k)), slips: (v, p) => [`${v}[${p.k}:]`, `${v}[${p.k}]`, `${v}[:-${p.k}]`] }),
  onText({ id: 'last-k', output: 'text', parameters: count(2, 5), phrases: (v, p) => [`Give the last ${p.k} letters of ${v}.`, `Keep only the last ${p.k} letters of ${v}.`], expression: (v, p) => `${v}[-${p.k}:]`, evaluate: (s, p) => s.slice(-n(p.k)), slips: (v, p) => [`${v}[:-${p.k}]`, `${v}[-${p.k}]`, `${v}[:${p.k}]`] }),
  onText({ id: 'drop-first-k', output: 'text', parameters: count(2, 5), phrases: (v, p) => [`Drop the first ${p.k} letters of ${v}.`, `Give ${v} without its first ${p.k} letters.`], expression: (v, p) => `${v}[${p.k}:]`, evaluate: (s, p) => s.slice(n(p.k)), slips: (v, p) => [`${v}[:${p.k}]`, `${v}[-${p.k}:]`, `${v}[${p.k}]`] }),
  onText({ id: 'drop-last-k', output: 'text', parameters: count(2, 5), phrases: (v, p) => [`Drop the last ${p.k} letters of ${v}.`, `Give ${v} without its last ${p.k} letters.`], expression: (v, p) => `${v}[:-${p.k}]`, evaluate: (s, p) => s.slice(0, -n(p.k)), slips: (v, p) => [`${v}[-${p.k}:]`, `${v}[:${p.k}]`, `${v}[${p.k}:]`] }),
  onText({ id: 'every-k', output: 'text', parameters: count(2, 4), phrases: (v, p) => [`Take one letter in ${p.k} of the text ${v}.`, `Step through the text ${v} by ${p.k}.`], expression: (v, p) => `${v}[::${p.k}]`, evaluate: (s, p) => Array.from(s).filter((_, i) => i % n(p.k) === 0).join(''), slips: (v, p) => [`${v}[${p.k}:]`, `${v}[::-${p.k}]`, `${v}[:${p.k}]`] }),
  onText({ id: 'count-letter', output: 'number', parameters: letter, phrases: (v, p) => [`Count the letter ${p.c} in ${v}.`, `How often is ${p.c} in the text ${v}?`], expression: (v, p) => `${v}.count("${p.c}")`, evaluate: (s, p) => s.split(String(p.c)).length - 1, slips: (v, p) => [`${v}.find("${p.c}")`, `"${p.c}" in ${v}`, `len("${p.c}")`] }),
  onText({ id: 'replace', output: 'text', parameters: twoLetters, phrases: (v, p) => [`Replace ${p.c} with ${p.d} in ${v}.`, `Change each ${p.c} to ${p.d} in the text ${v}.`, `Put ${p.d} for ${p.c} in ${v}.`], expression: (v, p) => `${v}.replace("${p.c}","${p.d}")`, evaluate: (s, p) => s.replaceAll(String(p.c), String(p.d)), slips: (v, p) => [`${v}.replace("${p.d}","${p.c}")`, `${v}.swap("${p.c}","${p.d}")`, `${v}.replace("${p.c}")`] }),
  onText({ id: 'remove', output: 'text', parameters: letter, phrases: (v, p) => [`Remove each ${p.c} from ${v}.`, `Give ${v} without the letter ${p.c}.`], expression: (v, p) => `${v}.replace("${p.c}","")`, evaluate: (s, p) => s.replaceAll(String(p.c), ''), slips: (v, p) => [`${v}.remove("${p.c}")`, `${v}.replace("","${p.c}")`, `${v}.strip("${p.c}")`] }),
  onText({ id: 'starts-with', output: 'truth', parameters: letter, phrases: (v, p) => [`Does ${v} start with ${p.c}?`, `Check that ${v} begins with ${p.c}.`], expression: (v, p) => `${v}.startswith("${p.c}")`, evaluate: (s, p) => s.startsWith(String(p.c)), slips: (v, p) => [`${v}.endswith("${p.c}")`, `${v}.start("${p.c}")`, `${v}[1]=="${p.c}"`] }),
  onText({ id: 'ends-with', output: 'truth', parameters: letter, phrases: (v, p) => [`Does ${v} end with ${p.c}?`, `Check that ${v} stops with ${p.c}.`], expression: (v, p) => `${v}.endswith("${p.c}")`, evaluate: (s, p) => s.endsWith(String(p.c)), slips: (v, p) => [`${v}.startswith("${p.c}")`, `${v}.end("${p.c}")`, `${v}[0]=="${p.c}"`] }),
  onText({ id: 'contains', output: 'truth', parameters: letter, phrases: (v, p) => [`Is the letter ${p.c} in ${v}?`, `Check that ${v} holds the letter ${p.c}.`], expression: (v, p) => `"${p.c}" in ${v}`, evaluate: (s, p) => s.includes(String(p.c)), slips: (v, p) => [`${v} in "${p.c}"`, `${v}.has("${p.c}")`, `"${p.c}"==${v}`] }),
  onText({ id: 'repeat', output: 'text', parameters: count(2, 6), phrases: (v, p) => [`Repeat the text ${v} ${p.k} times.`, `Write ${v} ${p.k} times in a row.`], expression: (v, p) => `${v}*${p.k}`, evaluate: (s, p) => s.repeat(n(p.k)), slips: (v, p) => [`${v}+${p.k}`, `${v}[${p.k}]`, `${v}.repeat(${p.k})`] }),
  onText({ id: 'append', output: 'text', parameters: letter, phrases: (v, p) => [`Add ${p.c} to the end of ${v}.`, `Put the letter ${p.c} after ${v}.`], expression: (v, p) => `${v}+"${p.c}"`, evaluate: (s, p) => s + String(p.c), slips: (v, p) => [`"${p.c}"+${v}`, `${v}.append("${p.c}")`, `${v}*"${p.c}"`] }),
  onText({ id: 'prepend', output: 'text', parameters: letter, phrases: (v, p) => [`Put the letter ${p.c} before ${v}.`, `Add ${p.c} to the front of ${v}.`], expression: (v, p) => `"${p.c}"+${v}`, evaluate: (s, p) => String(p.c) + s, slips: (v, p) => [`${v}+"${p.c}"`, `${v}.insert("${p.c}")`, `"${p.c}"*${v}`] }),
  onText({ id: 'join', output: 'text', parameters: (random) => ({ c: random.pick(['-', '.', '+', '/']) }), phrases: (v, p) => [`Join the letters of ${v} with "${p.c}".`, `Put "${p.c}" between the letters of ${v}.`], expression: (v, p) => `"${p.c}".join(${v})`, evaluate: (s, p) => Array.from(s).join(String(p.c)), slips: (v, p) => [`${v}.join("${p.c}")`, `${v}+"${p.c}"`, `${v}.split("${p.c}")`] }),
  onText({ id: 'middle', output: 'text', parameters: (random) => ({ k: random.integer(1, 3), m: random.integer(4, 6) }), phrases: (v, p) => [`Slice ${v} from ${p.k} to ${p.m}.`, `Cut the text ${v} from place ${p.k} up to ${p.m}.`], expression: (v, p) => `${v}[${p.k}:${p.m}]`, evaluate: (s, p) => s.slice(n(p.k), n(p.m)), slips: (v, p) => [`${v}[${p.m}:${p.k}]`, `${v}[${p.k},${p.m}]`, `${v}[${p.m}]`] }),
  onText({ id: 'letter-at', output: 'text', parameters: count(1, 5), phrases: (v, p) => [`Give the letter at place ${p.k} of ${v}.`, `What letter of ${v} is at place ${p.k}?`], expression: (v, p) => `${v}[${p.k}]`, evaluate: (s, p) => s.charAt(n(p.k)), slips: (v, p) => [`${v}[${p.k}:]`, `${v}[-${p.k}]`, `${v}(${p.k})`] }),

  onNumbers({ id: 'reverse-list', output: 'numbers', phrases: (v) => [`Reverse the list ${v}.`, `Give the list ${v} backwards.`, `Turn the list ${v} around.`], expression: (v) => `${v}[::-1]`, evaluate: (xs) => [...xs].reverse(), slips: (v) => [`${v}[::1]`, `${v}.reverse()`, `${v}[-1]`] }),
  onNumbers({ id: 'sort', output: 'numbers', phrases: (v) => [`Sort the list ${v}.`, `Give ${v} from small to large.`, `Put the numbers of ${v} in order.`], expression: (v) => `sorted(${v})`, evaluate: (xs) => sorted(xs), slips: (v) => [`${v}.sort()`, `sorted(${v})[::-1]`, `sort(${v})`] }),
  onNumbers({ id: 'sort-down', output: 'numbers', phrases: (v) => [`Sort the list ${v} from large to small.`, `Give ${v} from large to small.`], expression: (v) => `sorted(${v})[::-1]`, evaluate: (xs) => sorted(xs).reverse(), slips: (v) => [`sorted(${v})`, `${v}[::-1]`, `${v}.sort()`] }),
  onNumbers({ id: 'sum', output: 'number', phrases: (v) => [`Add up the list ${v}.`, `Give the sum of ${v}.`, `What do the numbers of ${v} add up to?`], expression: (v) => `sum(${v})`, evaluate: (xs) => sum(xs), slips: (v) => [`len(${v})`, `${v}.sum()`, `max(${v})`] }),
  onNumbers({ id: 'max', output: 'number', phrases: (v) => [`Give the largest number of ${v}.`, `Find the largest number in ${v}.`], expression: (v) => `max(${v})`, evaluate: (xs) => Math.max(...xs), slips: (v) => [`min(${v})`, `${v}[-1]`, `${v}.max()`] }),
  onNumbers({ id: 'min', output: 'number', phrases: (v) => [`Give the smallest number of ${v}.`, `Find the smallest number in ${v}.`], expression: (v) => `min(${v})`, evaluate: (xs) => Math.min(...xs), slips: (v) => [`max(${v})`, `${v}[0]`, `${v}.min()`] }),
  onNumbers({ id: 'size', output: 'number', phrases: (v) => [`How many numbers are in ${v}?`, `Count the numbers of the list ${v}.`], expression: (v) => `len(${v})`, evaluate: (xs) => xs.length, slips: (v) => [`sum(${v})`, `${v}.length`, `len(${v})-1`] }),
  onNumbers({ id: 'first-number', output: 'number', phrases: (v) => [`Give the first number of ${v}.`, `Take the first number of the list ${v}.`], expression: (v) => `${v}[0]`, evaluate: (xs) => xs[0], slips: (v) => [`${v}[1]`, `${v}[:1]`, `${v}.first()`] }),
  onNumbers({ id: 'last-number', output: 'number', phrases: (v) => [`Give the last number of ${v}.`, `Take the last number of the list ${v}.`], expression: (v) => `${v}[-1]`, evaluate: (xs) => xs.at(-1) as number, slips: (v) => [`${v}[1]`, `${v}[:-1]`, `${v}.last()`] }),
  onNumbers({ id: 'first-k-numbers', output: 'numbers', parameters: count(2, 4), phrases: (v, p) => [`Give the first ${p.k} numbers of ${v}.`, `Keep only the first ${p.k} numbers of ${v}.`], expression: (v, p) => `${v}[:${p.k}]`, evaluate: (xs, p) => xs.slice(0, n(p.k)), slips: (v, p) => [`${v}[${p.k}:]`, `${v}[${p.k}]`, `${v}[:-${p.k}]`] }),
  onNumbers({ id: 'last-k-numbers', output: 'numbers', parameters: count(2, 4), phrases: (v, p) => [`Give the last ${p.k} numbers of ${v}.`, `Keep only the last ${p.k} numbers of ${v}.`], expression: (v, p) => `${v}[-${p.k}:]`, evaluate: (xs, p) => xs.slice(-n(p.k)), slips: (v, p) => [`${v}[:-${p.k}]`, `${v}[-${p.k}]`, `${v}[:${p.k}]`] }),
  onNumbers({ id: 'add-k', output: 'numbers', parameters: count(1, 20), phrases: (v, p) => [`Add ${p.k} to each number of ${v}.`, `Make each number in ${v} larger by ${p.k}.`], expression: (v, p) => `[x+${p.k} for x in ${v}]`, evaluate: (xs, p) => xs.map((x) => x + n(p.k)), slips: (v, p) => [`${v}+${p.k}`, `[x-${p.k} for x in ${v}]`, `[x*${p.k} for x in ${v}]`] }),
  onNumbers({ id: 'times-k', output: 'numbers', parameters: count(2, 12), phrases: (v, p) => [`Multiply each number of ${v} by ${p.k}.`, `Give each number of ${v} times ${p.k}.`], expression: (v, p) => `[x*${p.k} for x in ${v}]`, evaluate: (xs, p) => xs.map((x) => x * n(p.k)), slips: (v, p) => [`${v}*${p.k}`, `[x+${p.k} for x in ${v}]`, `[x*${p.k}]`] }),
  onNumbers({ id: 'squares', output: 'numbers', phrases: (v) => [`Square each number of ${v}.`, `Give the squares of ${v}.`], expression: (v) => `[x*x for x in ${v}]`, evaluate: (xs) => xs.map((x) => x * x), slips: (v) => [`[x*2 for x in ${v}]`, `${v}*${v}`, `[x+x for x in ${v}]`] }),
  onNumbers({ id: 'evens', output: 'numbers', phrases: (v) => [`Keep the even numbers of ${v}.`, `Give only the even numbers in ${v}.`], expression: (v) => `[x for x in ${v} if x%2==0]`, evaluate: (xs) => xs.filter((x) => x % 2 === 0), slips: (v) => [`[x for x in ${v} if x%2==1]`, `[x for x in ${v} if x/2]`, `${v}[::2]`] }),
  onNumbers({ id: 'odds', output: 'numbers', phrases: (v) => [`Keep the odd numbers of ${v}.`, `Give only the odd numbers in ${v}.`], expression: (v) => `[x for x in ${v} if x%2==1]`, evaluate: (xs) => xs.filter((x) => x % 2 === 1), slips: (v) => [`[x for x in ${v} if x%2==0]`, `[x for x in ${v} if x/2]`, `${v}[1::2]`] }),
  onNumbers({ id: 'above', output: 'numbers', parameters: count(2, 30), phrases: (v, p) => [`Keep the numbers of ${v} above ${p.k}.`, `Give the numbers in ${v} larger than ${p.k}.`], expression: (v, p) => `[x for x in ${v} if x>${p.k}]`, evaluate: (xs, p) => xs.filter((x) => x > n(p.k)), slips: (v, p) => [`[x for x in ${v} if x<${p.k}]`, `${v}>${p.k}`, `${v}[${p.k}:]`] }),
  onNumbers({ id: 'below', output: 'numbers', parameters: count(5, 35), phrases: (v, p) => [`Keep the numbers of ${v} below ${p.k}.`, `Give the numbers in ${v} smaller than ${p.k}.`], expression: (v, p) => `[x for x in ${v} if x<${p.k}]`, evaluate: (xs, p) => xs.filter((x) => x < n(p.k)), slips: (v, p) => [`[x for x in ${v} if x>${p.k}]`, `${v}<${p.k}`, `${v}[:${p.k}]`] }),
  onNumbers({ id: 'between', output: 'numbers', parameters: (random) => ({ k: random.integer(2, 15), m: random.integer(18, 35) }), phrases: (v, p) => [`Keep the numbers of ${v} between ${p.k} and ${p.m}.`, `Give the numbers in ${v} above ${p.k} and below ${p.m}.`], expression: (v, p) => `[x for x in ${v} if ${p.k}<x<${p.m}]`, evaluate: (xs, p) => xs.filter((x) => x > n(p.k) && x < n(p.m)), slips: (v, p) => [`[x for x in ${v} if x<${p.k}]`, `${v}[${p.k}:${p.m}]`, `[x for x in ${v} if ${p.m}<x<${p.k}]`] }),
  onNumbers({ id: 'times-plus', output: 'numbers', parameters: (random) => ({ k: random.integer(2, 9), m: random.integer(1, 20) }), phrases: (v, p) => [`Give each number of ${v} times ${p.k} plus ${p.m}.`, `Multiply each number of ${v} by ${p.k} and add ${p.m}.`], expression: (v, p) => `[x*${p.k}+${p.m} for x in ${v}]`, evaluate: (xs, p) => xs.map((x) => x * n(p.k) + n(p.m)), slips: (v, p) => [`[x*${p.m}+${p.k} for x in ${v}]`, `${v}*${p.k}+${p.m}`, `[x*${p.k} for x in ${v}]`] }),
  onNumbers({ id: 'count-number', output: 'number', parameters: count(1, 30), phrases: (v, p) => [`How often is ${p.k} in the list ${v}?`, `Count the number ${p.k} in ${v}.`], expression: (v, p) => `${v}.count(${p.k})`, evaluate: (xs, p) => xs.filter((x) => x === n(p.k)).length, slips: (v, p) => [`${v}.index(${p.k})`, `${p.k} in ${v}`, `${v}[${p.k}]`] }),
  onNumbers({ id: 'has-number', output: 'truth', parameters: count(1, 30), phrases: (v, p) => [`Is ${p.k} in the list ${v}?`, `Check that ${v} holds the number ${p.k}.`], expression: (v, p) => `${p.k} in ${v}`, evaluate: (xs, p) => xs.includes(n(p.k)), slips: (v, p) => [`${v} in ${p.k}`, `${v}.has(${p.k})`, `${v}==${p.k}`] }),
  onNumbers({ id: 'unique', output: 'numbers', phrases: (v) => [`Sort ${v} without doubles.`, `Give each number of ${v} once, in order.`], expression: (v) => `sorted(set(${v}))`, evaluate: (xs) => unique(sorted(xs)), slips: (v) => [`sorted(${v})`, `set(${v})`, `unique(${v})`] }),
  onNumbers({ id: 'spread', output: 'number', phrases: (v) => [`Give the largest minus the smallest number of ${v}.`, `How far apart are the largest and the smallest of ${v}?`], expression: (v) => `max(${v})-min(${v})`, evaluate: (xs) => Math.max(...xs) - Math.min(...xs), slips: (v) => [`min(${v})-max(${v})`, `max(${v})`, `${v}[-1]-${v}[0]`] }),
];
