/**
 * The objective of a batch of answers and its gradient, under z or an adapter, in pieces that fit in memory:
 * `J = Σ_b [ w_b Σ_t log π(y_t) − k_b Σ_t KL_t ]` (arXiv 2501.06252, eq. 2).
 */
import type { ZVectors } from '../../shared/matrices.ts';
import type { ModelConfig } from '../checkpoint/config.ts';
import { keptBytes } from '../model/activations.ts';
import { gradientName, objectiveGraph, type KlDirection } from '../model/graphs.ts';
import type { LoadedModel } from '../runtime/loaded-model.ts';
import { baseHiddenOf, sequenceFeeds, type Sequence } from '../runtime/score.ts';
import { floatData, floats } from '../runtime/session.ts';
import type { Policy } from './methods/method.ts';
import { gradientOfZ, svfPolicy } from './methods/svf.ts';

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
  /** with respect to each trained input; empty where no gradient was asked for */
  gradient: Map<string, Float32Array>;
}

/** Tokens of one piece: bounds what the gradient graph keeps for its backward pass, and keeps it near the core (docs/LOG.md). */
const pieceTokens = 1024;
const pieceLogits = 2 ** 25;

/** Under z; the gradient is dJ/dz, by matrix. */
export async function objective(model: LoadedModel, z: ZVectors, sequences: readonly WeightedSequence[], options: ObjectiveOptions): Promise<ObjectiveSums> {
  const policy = await svfPolicy(model, z);
  const sums = await policyObjective(model, policy, sequences, options);
  return options.gradient ? { ...sums, gradient: gradientOfZ(policy.factors, sums.gradient) } : sums;
}

/** Under any policy; the gradient is with respect to its trained inputs, by name. */
export async function policyObjective(model: LoadedModel, policy: Policy, sequences: readonly WeightedSequence[], options: ObjectiveOptions): Promise<ObjectiveSums> {
  const key = `objective:${options.klDirection}:${options.gradient}:${policy.key}`;
  const sums: ObjectiveSums = {
    logLikelihood: sequences.map(() => 0),
    klPolicyBase: sequences.map(() => 0),
    klBasePolicy: sequences.map(() => 0),
    gradient: new Map(),
  };
  for (const [index, piece] of pieces(sequences, model.config.vocabularySize).entries()) {
    const members = piece.map((i) => sequences[i]);
    const form = formOf(model.config, members);
    const { feeds, targets, count, places } = sequenceFeeds(model, members, form.headParts, rowsOf(members));
    if (count === 0) continue;
    const session = await model.session(`${key}:${form.recompute}:${form.headParts}`, () => objectiveGraph(model.config, policy.weights(), { ...options, ...form }));
    const hidden = await baseHiddenOf(model, feeds);
    const perToken = (value: (sequence: WeightedSequence) => number): Float32Array => {
      const data = new Float32Array(places);
      data.set(members.flatMap((sequence) => sequence.answer.map(() => value(sequence))));
      return data;
    };
    const outputs = await session.run({
      ...feeds,
      ...targets,
      ...policy.feeds({ index, rows: feeds.ids.dims[0], tokens: feeds.ids.dims[1] }),
      baseHidden: floats(hidden, [places, model.config.hiddenSize]),
      ...(options.gradient && {
        weight: floats(perToken(({ weight }) => weight), [places, 1]),
        klWeight: floats(perToken(({ klWeight }) => klWeight), [places, 1]),
      }),
    });
    addTokens(sums.logLikelihood, floatData(outputs.logProbs), piece, members);
    addTokens(sums.klPolicyBase, floatData(outputs.klPolicyBase), piece, members);
    addTokens(sums.klBasePolicy, floatData(outputs.klBasePolicy), piece, members);
    for (const [output, tensor] of Object.entries(outputs)) {
      const name = trainedName(output);
      if (name !== null) addTo(sums.gradient, name, floatData(tensor));
    }
  }
  return sums;
}

/** What a gradient may keep of a piece before its layers are made again instead, and logits of one part of its head. */
const keptBudget = 2 ** 29;
const partLogits = 2 ** 21;

/** Short pieces keep every inner value, which is faster; long ones one hidden state per layer, and logits part by part. */
function formOf(config: ModelConfig, members: readonly Sequence[]): { recompute: boolean; headParts: number } {
  const tokens = Math.max(...members.map(length));
  const answers = members.reduce((sum, { answer }) => sum + answer.length, 0);
  // powers of two: a graph is made for each number of parts
  const headParts = 2 ** Math.max(0, Math.ceil(Math.log2((answers * config.vocabularySize) / partLogits)));
  return { recompute: keptBytes(config, members.length, tokens) > keptBudget, headParts };
}

const trainedName = (output: string): string | null => (output.startsWith(gradientName('')) ? output.slice(gradientName('').length) : null);

function addTo(gradient: Map<string, Float32Array>, name: string, part: Float32Array): void {
  const total = gradient.get(name);
  if (!total) gradient.set(name, part);
  else for (let i = 0; i < total.length; i++) total[i] += part[i];
}

/** Sequences of like length together, so that little is spent on padding; in a fixed order. */
function pieces(sequences: readonly Sequence[], vocabulary: number): number[][] {
  const order = sequences.map((_, i) => i).sort((a, b) => length(sequences[a]) - length(sequences[b]) || a - b);
  const rowOf = rowsOf(order.map((i) => sequences[i]));
  const result: number[][] = [];
  let current: number[] = [];
  let firstRow = 0;
  for (const [at, i] of order.entries()) {
    const rows = rowOf[at] - firstRow + 1;
    const answers = [...current, i].reduce((sum, member) => sum + sequences[member].answer.length, 0);
    if (current.length > 0 && (rows * length(sequences[i]) > pieceTokens || answers * vocabulary > pieceLogits)) {
      result.push(current);
      current = [];
      firstRow = rowOf[at];
    }
    current.push(i);
  }
  if (current.length > 0) result.push(current);
  return result;
}

/** The row of each sequence: answers of one token to the very same prompt, one after the other, share theirs. */
function rowsOf(sequences: readonly Sequence[]): number[] {
  let row = -1;
  return sequences.map(({ prompt, answer }, i) => {
    const previous = sequences[i - 1];
    const shares = previous?.prompt === prompt && previous.answer.length === 1 && answer.length === 1;
    return shares ? row : ++row;
  });
}

const length = ({ prompt, answer }: Sequence): number => prompt.length + answer.length;

function addTokens(sums: number[], tokens: Float32Array, piece: readonly number[], members: readonly Sequence[]): void {
  let at = 0;
  piece.forEach((index, i) => {
    for (let t = 0; t < members[i].answer.length; t++) sums[index] += tokens[at++];
  });
}
