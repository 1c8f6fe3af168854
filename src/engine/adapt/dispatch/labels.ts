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
 * Log-probability of each token of each name after each prompt: `result[prompt][name][token]`. Names are given by
 * `distinguishing`; those of one token are read off one row of the prompt.
 */
export async function nameTokenLogProbs(model: LoadedModel, beginning: Beginning, prompts: readonly (readonly number[])[], names: readonly (readonly number[])[], adaptation: Adaptation): Promise<number[][][]> {
  // names that differ in their last token only are read off one row, in this order
  const rows = Object.entries(Object.groupBy(names.keys(), (name) => names[name].slice(0, -1).join())).map(([, members = []]) => members);
  const result: number[][][] = [];
  const atOnce = Math.max(1, Math.floor(rowsAtOnce / rows.length));
  for (let first = 0; first < prompts.length; first += atOnce) {
    const part = prompts.slice(first, first + atOnce);
    const logProbs = await continuationLogProbs(model, beginning, part.flatMap((prompt) => rows.map((members): Continuation => ({
      ids: [...prompt, ...names[members[0]].slice(0, -1)],
      wanted: members.flatMap((name) => names[name].map((token, i) => ({ after: prompt.length + i, token }))),
    }))), adaptation);
    let at = 0;
    for (const _ of part) {
      const tokens = names.map((): number[] => []);
      for (const name of rows.flat()) for (let i = 0; i < names[name].length; i++) tokens[name].push(logProbs[at++]);
      result.push(tokens);
    }
  }
  return result;
}

/** Log-probability of each name after each prompt: `result[prompt][name]`. */
export async function nameLogProbs(...of: Parameters<typeof nameTokenLogProbs>): Promise<number[][]> {
  return (await nameTokenLogProbs(...of)).map((tokens) => tokens.map((own) => own.reduce((sum, value) => sum + value, 0)));
}

/**
 * Log-probability of each name where nothing else can be said: at every token the choice is among those that some name
 * goes on with (constrained decoding). So a name of many tokens is not at a disadvantage for what only it could say.
 */
export function constrained(names: readonly (readonly number[])[], tokens: readonly (readonly number[])[]): number[] {
  return names.map((name, own) => name.reduce((sum, _, i) => {
    const fellows = [...names.keys()].filter((other) => names[other].length > i && name.slice(0, i).every((token, at) => names[other][at] === token));
    const choices = new Map(fellows.map((other) => [names[other][i], tokens[other][i]]));
    const most = Math.max(...choices.values());
    const total = [...choices.values()].reduce((all, value) => all + Math.exp(value - most), 0);
    return sum + tokens[own][i] - most - Math.log(total);
  }, 0));
}

/**
 * What a model says whatever it is asked: the mean of `nameLogProbs` over questions, whose labels are not needed. Taken
 * off, a name that is merely rare has its chance (batch calibration, arXiv 2309.17249).
 */
export const habitOf = (logProbs: readonly (readonly number[])[]): number[] => logProbs[0].map((_, name) => logProbs.reduce((sum, row) => sum + row[name], 0) / logProbs.length);

/** Probabilities among the names, each row summing to 1. */
export const probabilitiesOf = (logProbs: readonly (readonly number[])[], habit?: readonly number[]): number[][] => logProbs.map((row) => softmax(row.map((value, name) => value - (habit?.[name] ?? 0))));
