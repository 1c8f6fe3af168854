/**
 * An answer that can only be one of a few names. Of each name's tokens only as many count as tell it from the others,
 * so most often one forward pass over the question is all: the first token of the answer decides.
 */
import type { Adaptation, LoadedModel } from '../../runtime/loaded-model.ts';
import { logitsOf, logProbsOf } from '../../runtime/score.ts';

/** The shortest beginnings that tell the names apart; a name that another one begins with keeps all its tokens. */
export function distinguishing(names: readonly (readonly number[])[]): number[][] {
  return names.map((tokens, i) => {
    for (let length = 1; length < tokens.length; length++) {
      const unique = names.every((other, j) => j === i || tokens.slice(0, length).some((token, at) => other[at] !== token));
      if (unique) return tokens.slice(0, length);
    }
    return [...tokens];
  });
}

export function softmax(values: readonly number[]): number[] {
  const highest = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - highest));
  const total = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / total);
}

const sequencesAtOnce = 64;

/**
 * Log-probability of each name after each prompt, up to a constant of the prompt: `result[prompt][name]`. Names are
 * given by `distinguishing`.
 */
export async function nameLogProbs(model: LoadedModel, prompts: readonly (readonly number[])[], names: readonly (readonly number[])[], adaptation: Adaptation): Promise<number[][]> {
  const result: number[][] = [];
  const single = names.every(({ length }) => length === 1);
  const atOnce = Math.max(1, Math.floor(sequencesAtOnce / (single ? 1 : names.length)));
  for (let first = 0; first < prompts.length; first += atOnce) {
    const part = prompts.slice(first, first + atOnce);
    if (single) {
      const logits = await logitsOf(model, part.map((prompt) => ({ prompt, answer: [names[0][0]] })), adaptation);
      result.push(...part.map((_, row) => names.map(([token]) => logits[row * model.config.vocabularySize + token])));
      continue;
    }
    const logProbs = await logProbsOf(model, part.flatMap((prompt) => names.map((answer) => ({ prompt, answer }))), adaptation);
    let at = 0;
    for (let row = 0; row < part.length; row++) {
      result.push(names.map(({ length }) => {
        let sum = 0;
        for (let i = 0; i < length; i++) sum += logProbs[at++];
        return sum;
      }));
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
