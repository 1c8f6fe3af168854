/**
 * An answer that can only be one of a few names. Of each name's tokens only as many count as tell it from the others,
 * so most often one forward pass over the question is all: the first token of the answer decides.
 */
import { continuationLogProbs, type Beginning, type Continuation } from '../../runtime/continuation.ts';
import type { Adaptation, LoadedModel } from '../../runtime/loaded-model.ts';

/**
 * The shortest beginnings that tell the names apart. A name that another one begins with keeps all its tokens, and the one
 * that ends an answer: what is said after it must speak against the longer name as that name's own tokens do.
 */
export function distinguishing(names: readonly (readonly number[])[], end?: number): number[][] {
  return names.map((tokens, i) => {
    for (let length = 1; length < tokens.length; length++) {
      const unique = names.every((other, j) => j === i || tokens.slice(0, length).some((token, at) => other[at] !== token));
      if (unique) return tokens.slice(0, length);
    }
    const begins = names.some((other, j) => j !== i && other.length > tokens.length && tokens.every((token, at) => other[at] === token));
    return begins && end !== undefined ? [...tokens, end] : [...tokens];
  });
}

export function softmax(values: readonly number[]): number[] {
  const highest = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - highest));
  const total = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / total);
}

const rowsAtOnce = 64;

/**
 * Log-probability of each name after each prompt: `result[prompt][name]`. Names are given by `distinguishing`; those of one
 * token are read off one row of the prompt.
 */
export async function nameLogProbs(model: LoadedModel, beginning: Beginning, prompts: readonly (readonly number[])[], names: readonly (readonly number[])[], adaptation: Adaptation): Promise<number[][]> {
  // names that differ in their last token only are read off one row, in this order
  const rows = Object.entries(Object.groupBy(names.keys(), (name) => names[name].slice(0, -1).join())).map(([, members = []]) => members);
  const result: number[][] = [];
  const atOnce = Math.max(1, Math.floor(rowsAtOnce / rows.length));
  for (let first = 0; first < prompts.length; first += atOnce) {
    const part = prompts.slice(first, first + atOnce);
    const logProbs = await continuationLogProbs(model, beginning, part.flatMap((prompt) => rows.map((members): Continuation => ({
      ids: [...prompt, ...names[members[0]].slice(0, -1)],
      wanted: members.flatMap((name) => names[name].map((token, i) => ({ after: prompt.length + i, token }))),
    }))), adaptation);
    let at = 0;
    for (const _ of part) {
      const sums = names.map(() => 0);
      for (const name of rows.flat()) for (let i = 0; i < names[name].length; i++) sums[name] += logProbs[at++];
      result.push(sums);
    }
  }
  return result;
}

/**
 * What a model says whatever it is asked: the mean of `nameLogProbs` over questions, whose labels are not needed. Taken
 * off, a name that is merely rare has its chance (batch calibration, arXiv 2309.17249).
 */
export const habitOf = (logProbs: readonly (readonly number[])[]): number[] => logProbs[0].map((_, name) => logProbs.reduce((sum, row) => sum + row[name], 0) / logProbs.length);

/** Probabilities among the names, each row summing to 1. */
export const probabilitiesOf = (logProbs: readonly (readonly number[])[], habit?: readonly number[]): number[][] => logProbs.map((row) => softmax(row.map((value, name) => value - (habit?.[name] ?? 0))));
