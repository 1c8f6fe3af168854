/** Given answers under a model: log-probabilities of their tokens, and the inputs that every graph over answers shares. */
import { causalMask, rightPadded } from '../model/feeds.ts';
import { hiddenGraph, logitsGraph, scoreGraph } from '../model/graphs.ts';
import type { Adaptation, LoadedModel } from './loaded-model.ts';
import { floatData, floats, longs, type Feeds } from './session.ts';

export interface Sequence {
  prompt: readonly number[];
  answer: readonly number[];
}

/**
 * Feeds over whole sequences; `at` are the flat places whose next token belongs to an answer, `targets` those tokens.
 * `count` places are real; zeros follow them up to `places`, a multiple of `parts`. `rowOf` is the row that each sequence
 * stands in, rows of their own unless said otherwise: answers of one token to the same prompt can share one.
 */
export function sequenceFeeds(model: LoadedModel, sequences: readonly Sequence[], parts = 1, rowOf: readonly number[] = everyRow(sequences)): { feeds: Feeds; targets: Feeds; count: number; places: number } {
  const first = sequences.filter((_, i) => rowOf[i] !== rowOf[i - 1]);
  const { rows, tokens, ids, positions } = rightPadded(first.map(({ prompt, answer }) => [...prompt, ...answer]));
  const { cos, sin, positions: rotaryPositions } = model.rotary.for(tokens);
  const tables = [rotaryPositions, model.config.headDim / 2];
  const at = sequences.flatMap(({ prompt, answer }, sequence) => answer.map((_, i) => BigInt(rowOf[sequence] * tokens + prompt.length - 1 + i)));
  const targets = sequences.flatMap(({ answer }) => answer.map(BigInt));
  const count = at.length;
  const places = Math.ceil(count / parts) * parts;
  const padded = (values: readonly bigint[]): BigInt64Array => {
    const data = new BigInt64Array(places);
    data.set(values);
    return data;
  };
  return {
    count,
    places,
    feeds: {
      ids: longs(ids, [rows, tokens]),
      positions: longs(positions, [rows, tokens]),
      cos: floats(cos, tables),
      sin: floats(sin, tables),
      mask: floats(causalMask(tokens, model.config.slidingWindow), [tokens, tokens]),
      at: longs(padded(at), [places]),
    },
    targets: { targets: longs(padded(targets), [places, 1]) },
  };
}

const everyRow = (sequences: readonly Sequence[]): number[] => sequences.map((_, row) => row);

/** log p of every answer token, sequence after sequence. */
export async function logProbsOf(model: LoadedModel, sequences: readonly Sequence[], adaptation: Adaptation): Promise<Float32Array> {
  const adapted = await model.adapt(adaptation);
  const session = await model.session(`score:${adapted.key}`, () => scoreGraph(model.config, adapted.weights()));
  const { feeds, targets } = sequenceFeeds(model, sequences);
  const { logProbs } = await session.run({ ...feeds, ...targets, ...adapted.feeds(everyRow(sequences)) });
  return floatData(logProbs);
}

/** Logits [answer tokens, vocabulary] at the places that predict the answers. */
export async function logitsOf(model: LoadedModel, sequences: readonly Sequence[], adaptation: Adaptation): Promise<Float32Array> {
  const adapted = await model.adapt(adaptation);
  const session = await model.session(`logits:${adapted.key}`, () => logitsGraph(model.config, adapted.weights()));
  const { feeds } = sequenceFeeds(model, sequences);
  const { logits } = await session.run({ ...feeds, ...adapted.feeds(everyRow(sequences)) });
  return floatData(logits);
}

/** The base model's final hidden states [answer tokens, hiddenSize] at the same places: its side of the KL term. */
export async function baseHiddenOf(model: LoadedModel, feeds: Feeds): Promise<Float32Array> {
  const session = await model.session('hidden:base', () => hiddenGraph(model.config, model.plain()));
  const { hidden } = await session.run(feeds);
  return floatData(hidden);
}
