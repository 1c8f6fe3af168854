/**
 * The objective of a batch of answers and its gradient with respect to z, in pieces that fit in memory:
 * `J = Σ_b [ w_b Σ_t log π(y_t) − k_b Σ_t KL_t ]` (arXiv 2501.06252, eq. 2).
 */
import type { ZVectors } from '../../shared/matrices.ts';
import { scaleName, factorisedWeights } from '../model/weights.ts';
import { gradientName, objectiveGraph, type KlDirection } from '../model/graphs.ts';
import { scaled, type LoadedModel } from '../runtime/loaded-model.ts';
import { baseHiddenOf, sequenceFeeds, type Sequence } from '../runtime/score.ts';
import { floatData, floats, type Feeds } from '../runtime/session.ts';

export interface WeightedSequence extends Sequence {
  /** reward or advantage of the answer */
  weight: number;
  klWeight: number;
}

export interface ObjectiveOptions {
  klDirection: KlDirection;
  gradient: boolean;
}

export interface ObjectiveSums {
  /** Σ over the answer's tokens, one for each sequence */
  logLikelihood: number[];
  klPolicyBase: number[];
  klBasePolicy: number[];
  /** dJ/dz by matrix; empty where no gradient was asked for */
  gradient: Map<string, Float32Array>;
}

/** Tokens of one piece: bounds what the gradient graph keeps for its backward pass. */
const pieceTokens = 2048;
const pieceLogits = 2 ** 25;

export async function objective(model: LoadedModel, z: ZVectors, sequences: readonly WeightedSequence[], options: ObjectiveOptions): Promise<ObjectiveSums> {
  const factors = await model.factorsOf(Object.keys(z));
  const names = factors.map(({ name }) => name);
  const key = `objective:${options.klDirection}:${options.gradient}:${names.length === model.checkpoint.matrices.length ? 'all' : names.join()}`;
  const session = await model.session(key, () => objectiveGraph(model.config, factorisedWeights(model.plain(), factors, 'shared'), options));
  const scales: Feeds = Object.fromEntries(factors.map((factor) => [scaleName(factor.name), floats(scaled(factor, z[factor.name]), [factor.sigma.length])]));

  const sums: ObjectiveSums = {
    logLikelihood: sequences.map(() => 0),
    klPolicyBase: sequences.map(() => 0),
    klBasePolicy: sequences.map(() => 0),
    gradient: new Map(options.gradient ? factors.map(({ name, sigma }) => [name, new Float32Array(sigma.length)]) : []),
  };
  for (const piece of pieces(sequences, model.config.vocabularySize)) {
    const members = piece.map((i) => sequences[i]);
    const { feeds, targets, count } = sequenceFeeds(model, members);
    if (count === 0) continue;
    const hidden = await baseHiddenOf(model, feeds);
    const perToken = (value: (sequence: WeightedSequence) => number): Float32Array => Float32Array.from(members.flatMap((sequence) => sequence.answer.map(() => value(sequence))));
    const outputs = await session.run({
      ...feeds,
      ...targets,
      ...scales,
      baseHidden: floats(hidden, [count, model.config.hiddenSize]),
      ...(options.gradient && {
        weight: floats(perToken(({ weight }) => weight), [count, 1]),
        klWeight: floats(perToken(({ klWeight }) => klWeight), [count, 1]),
      }),
    });
    addTokens(sums.logLikelihood, floatData(outputs.logProbs), piece, members);
    addTokens(sums.klPolicyBase, floatData(outputs.klPolicyBase), piece, members);
    addTokens(sums.klBasePolicy, floatData(outputs.klBasePolicy), piece, members);
    // the graph differentiates with respect to σ ⊙ z
    for (const { name, sigma } of options.gradient ? factors : []) {
      const total = sums.gradient.get(name);
      const part = floatData(outputs[gradientName(name)]);
      if (total) for (let i = 0; i < sigma.length; i++) total[i] += part[i] * sigma[i];
    }
  }
  return sums;
}

/** Sequences of like length together, so that little is spent on padding; in a fixed order. */
function pieces(sequences: readonly Sequence[], vocabulary: number): number[][] {
  const order = sequences.map((_, i) => i).sort((a, b) => length(sequences[a]) - length(sequences[b]) || a - b);
  const result: number[][] = [];
  let current: number[] = [];
  for (const i of order) {
    const rows = current.length + 1;
    const answers = [...current, i].reduce((sum, member) => sum + sequences[member].answer.length, 0);
    if (current.length > 0 && (rows * length(sequences[i]) > pieceTokens || answers * vocabulary > pieceLogits)) {
      result.push(current);
      current = [];
    }
    current.push(i);
  }
  if (current.length > 0) result.push(current);
  return result;
}

const length = ({ prompt, answer }: Sequence): number => prompt.length + answer.length;

function addTokens(sums: number[], tokens: Float32Array, piece: readonly number[], members: readonly Sequence[]): void {
  let at = 0;
  piece.forEach((index, i) => {
    for (let t = 0; t < members[i].answer.length; t++) sums[index] += tokens[at++];
  });
}
