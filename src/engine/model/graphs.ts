/** The graphs that a model is run with. Every one is made from the same decoder over the weights it is given. */
import { add, concat, exp, gather, gatherLast, input, logSoftmax, matmul, mul, neg, reshape, slice, sub, sum } from '../graph/builders.ts';
import { gradientsOf } from '../graph/gradients.ts';
import { graph, type Graph } from '../graph/graph.ts';
import type { Node } from '../graph/ops.ts';
import { recomputed } from '../graph/recompute.ts';
import type { ModelConfig } from '../checkpoint/config.ts';
import { cachedAttention, continuedAttention, decoder, decoderInputs, fullAttention, type DecoderOptions } from './decoder.ts';
import { chooseToken, type SamplingMode } from './sampling.ts';
import { mergedMatrices, type FactorisedMatrix, type TrainableWeights, type Weights } from './weights.ts';

const headName = (config: ModelConfig): string => (config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight');

/** hidden [n, hiddenSize] → logits [n, vocabulary] */
const logitsOf = (config: ModelConfig, weights: Weights, hidden: Node): Node =>
  matmul(hidden, weights.tensor(headName(config)), { transposeB: true });

interface WholeOptions extends DecoderOptions {
  heads?: (layer: number, key: Node, value: Node) => void;
}

/** A whole batch through the decoder at once. */
function whole(config: ModelConfig, weights: Weights, { heads, ...options }: WholeOptions = {}): Node {
  const full = fullAttention(config, input('mask', 'float32', ['tokens', 'tokens']));
  return decoder(config, weights, decoderInputs(config, 'tokens'), (layer, qkv) => {
    heads?.(layer, qkv.key, qkv.value);
    return full(layer, qkv);
  }, options);
}

const flat = (x: Node): Node => reshape(x, ['rows*tokens', x.shape[2]]);

/** Hidden states of a whole batch, flat: [rows · tokens, hiddenSize]. */
const flatHidden = (config: ModelConfig, weights: Weights, options: WholeOptions = {}): Node => flat(whole(config, weights, options));

export const keyName = (layer: number): string => `key${layer}`;
export const valueName = (layer: number): string => `value${layer}`;

/**
 * ids, positions [rows, tokens], mask [tokens, tokens], last [rows] (flat index of each row's last prompt token) →
 * token, logProb [rows, 1], key and value of every layer [rows, keyValueHeads, tokens, headDim].
 */
export function prefillGraph(config: ModelConfig, weights: Weights, mode: SamplingMode): Graph {
  const outputs: Record<string, Node> = {};
  const last = input('last', 'int64', ['rows']);
  const hidden = whole(config, weights, {
    // a token for each row, as a z for each row wants it
    places: (x) => reshape(gather(flat(x), last), ['rows', 1, x.shape[2]]),
    heads: (layer, key, value) => {
      outputs[keyName(layer)] = key;
      outputs[valueName(layer)] = value;
    },
  });
  const logits = logitsOf(config, weights, reshape(hidden, ['rows', config.hiddenSize]));
  return graph('prefill', { ...chooseToken(logits, mode), ...outputs });
}

/** What a decode step adds to the cache: a key and a value of each layer, [rows, layers · 2 · keyValueHeads, 1, headDim] as one output. */
export const freshName = 'fresh';

/** ids, positions [rows, 1], mask [rows, 1, 1, 1, past], past keys and values → the next token, and its row's new keys and values. */
export function decodeGraph(config: ModelConfig, weights: Weights, mode: SamplingMode): Graph {
  const fresh: Node[] = [];
  const attend = cachedAttention(config, input('mask', 'float32', ['rows', 1, 1, 1, 'past']), (_, key, value) => void fresh.push(key, value));
  const hidden = decoder(config, weights, decoderInputs(config, 1), attend);
  const logits = logitsOf(config, weights, reshape(hidden, ['rows', config.hiddenSize]));
  return graph('decode', { ...chooseToken(logits, mode), [freshName]: concat(fresh, 1) });
}

/**
 * What may follow after a beginning that all rows share: ids, positions [rows, tokens] of what comes after it, mask
 * [tokens, past + tokens], its keys and values, `at` [n] (flat indices), `picked` [m] (flat indices of [n, vocabulary]) →
 * logProbs [m].
 */
export function continuationGraph(config: ModelConfig, weights: Weights): Graph {
  const attend = continuedAttention(config, input('mask', 'float32', ['tokens', 'past+tokens']));
  const at = input('at', 'int64', ['n']);
  const hidden = decoder(config, weights, decoderInputs(config, 'tokens'), attend, { places: (x) => gather(flat(x), at) });
  const logProbs = reshape(logSoftmax(logitsOf(config, weights, hidden)), ['n*vocabulary']);
  return graph('continuation', { logProbs: gather(logProbs, input('picked', 'int64', ['m'])) });
}

/** Logits at chosen places: ids … , `at` [n] (flat indices) → logits [n, vocabulary]. */
export function logitsGraph(config: ModelConfig, weights: Weights): Graph {
  const hidden = gather(flatHidden(config, weights), input('at', 'int64', ['n']));
  return graph('logits', { logits: logitsOf(config, weights, hidden) });
}

/** Final hidden states at chosen places: what a policy's graph needs of its base to form the KL term. Not with a z per row. */
export function hiddenGraph(config: ModelConfig, weights: Weights): Graph {
  const at = input('at', 'int64', ['n']);
  return graph('hidden', { hidden: whole(config, weights, { places: (x) => gather(flat(x), at) }) });
}

/** log π(target) at chosen places: `at` [n], `targets` [n, 1] → logProbs [n, 1]. */
export function scoreGraph(config: ModelConfig, weights: Weights): Graph {
  const hidden = gather(flatHidden(config, weights), input('at', 'int64', ['n']));
  const logProbs = gatherLast(logSoftmax(logitsOf(config, weights, hidden)), input('targets', 'int64', ['n', 1]));
  return graph('score', { logProbs });
}

export type KlDirection = 'policy-base' | 'base-policy';

export interface ObjectiveGraphOptions {
  klDirection: KlDirection;
  gradient: boolean;
  /** keep one hidden state per layer for the backward pass, and make the rest again */
  recompute?: boolean;
  /** logits are made for so many equal parts of the places, one after the other and again for the gradient; n must be a multiple of it */
  headParts?: number;
}

/** Policy against base at n places, each [n, 1]. */
interface Comparison {
  logProbs: Node;
  klPolicyBase: Node;
  klBasePolicy: Node;
}

function comparison(config: ModelConfig, weights: Weights, hidden: Node, baseHidden: Node, targets: Node): Comparison {
  const policy = logSoftmax(logitsOf(config, weights, hidden));
  const base = logSoftmax(logitsOf(config, weights, baseHidden));
  return {
    logProbs: gatherLast(policy, targets),
    klPolicyBase: sum(mul(exp(policy), sub(policy, base)), [1]),
    klBasePolicy: sum(mul(exp(base), sub(base, policy)), [1]),
  };
}

/** The same numbers; what is as wide as the vocabulary is not kept for the gradient. */
function recomputedComparison(config: ModelConfig, weights: Weights, hidden: Node, baseHidden: Node, targets: Node): Comparison {
  const width = config.hiddenSize;
  const together = recomputed(concat([hidden, baseHidden], 1), (both) => {
    const { logProbs, klPolicyBase, klBasePolicy } = comparison(config, weights, slice(both, 1, 0, width), slice(both, 1, width, 2 * width), targets);
    return concat([logProbs, klPolicyBase, klBasePolicy], 1);
  });
  return { logProbs: slice(together, 1, 0, 1), klPolicyBase: slice(together, 1, 1, 2), klBasePolicy: slice(together, 1, 2, 3) };
}

/** `make` of each of `count` equal parts of the tensors' first axes. */
function inParts<R>(count: number, tensors: readonly Node[], make: (parts: readonly Node[]) => R): R[] {
  if (count === 1) return [make(tensors)];
  const stacked = tensors.map((tensor) => reshape(tensor, [count, 'part', tensor.shape[1]]));
  return Array.from({ length: count }, (_, i) => make(stacked.map((tensor) => reshape(slice(tensor, 0, i, i + 1), ['part', tensor.shape[2]]))));
}

/**
 * The policy-gradient objective over the answer tokens of a batch, and its gradient with respect to z (or an adapter):
 * `J = Σᵢ wᵢ log π(yᵢ) − Σᵢ kᵢ KLᵢ` (arXiv 2501.06252, eq. 2, summed over tokens; w carries the reward or the
 * advantage, k the coefficient λ). KL is taken over the whole vocabulary at each place.
 *
 * Inputs: ids …, `at` [n], `targets` [n, 1], `weight` [n, 1], `klWeight` [n, 1], `baseHidden` [n, hiddenSize].
 * Outputs: `logProbs`, `klPolicyBase`, `klBasePolicy` [n, 1], `gradient:<matrix>` with respect to σ ⊙ z of
 * each matrix (times σ, it is the gradient with respect to z).
 */
export function objectiveGraph(
  config: ModelConfig,
  weights: TrainableWeights,
  options: ObjectiveGraphOptions,
): Graph {
  const { klDirection, gradient, recompute = false, headParts = 1 } = options;
  const at = input('at', 'int64', ['n']);
  const wanted = (x: Node): Node => gather(flat(x), at);
  const hidden = weights.byToken ? wanted(whole(config, weights, { recompute })) : whole(config, weights, { recompute, places: wanted });
  const baseHidden = input('baseHidden', 'float32', ['n', config.hiddenSize]);
  const targets = input('targets', 'int64', ['n', 1]);
  const compared = inParts(headParts, [hidden, baseHidden, targets], ([h, b, t]) => (headParts > 1 ? recomputedComparison : comparison)(config, weights, h, b, t));
  const joined = (name: keyof Comparison): Node => (headParts === 1 ? compared[0][name] : reshape(concat(compared.map((part) => part[name]), 0), ['n', 1]));
  const outputs: Record<string, Node> = { logProbs: joined('logProbs'), klPolicyBase: joined('klPolicyBase'), klBasePolicy: joined('klBasePolicy') };
  if (!gradient) return graph('objective', outputs);

  const kl = klDirection === 'policy-base' ? 'klPolicyBase' : 'klBasePolicy';
  const weighting = inParts(headParts, [input('weight', 'float32', ['n', 1]), input('klWeight', 'float32', ['n', 1])], (parts) => parts);
  const objective = compared
    .map((part, i) => sum(sub(mul(weighting[i][0], part.logProbs), mul(weighting[i][1], part[kl])), [0, 1]))
    .reduce(add);
  const names = [...weights.trained.keys()];
  gradientsOf(objective, [...weights.trained.values()]).forEach((gradient, i) => {
    outputs[gradientName(names[i])] = gradient;
  });
  return graph('objective-gradient', outputs);
}

export const gradientName = (tensor: string): string => `gradient:${tensor}`;

/**
 * Next-token cross-entropy and its gradient with respect to fed weights:
 * loss = Σ wᵢ (−log p(yᵢ)), with `weight` [n, 1] holding 1 / (tokens that count) or 0.
 */
export function pretrainingGraph(config: ModelConfig, weights: Weights & { inputs: ReadonlyMap<string, Node> }): Graph {
  const hidden = flatHidden(config, weights);
  const logits = logitsOf(config, weights, hidden);
  const logProbs = gatherLast(logSoftmax(logits), input('targets', 'int64', ['rows*tokens', 1]));
  const loss = neg(sum(mul(input('weight', 'float32', ['rows*tokens', 1]), logProbs), [0, 1]));
  const names = [...weights.inputs.keys()];
  const outputs: Record<string, Node> = { loss };
  gradientsOf(loss, [...weights.inputs.values()]).forEach((gradient, i) => {
    outputs[gradientName(names[i])] = gradient;
  });
  return graph('pretraining', outputs);
}

/** Merged matrices as outputs `merged:<matrix>`, for weights that stay for long. */
export const mergeGraph = (matrices: readonly FactorisedMatrix[]): Graph => graph('merge', mergedMatrices(matrices));
