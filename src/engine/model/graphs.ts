/** The graphs that a model is run with. Every one is made from the same decoder over the weights it is given. */
import { exp, gather, gatherLast, input, logSoftmax, matmul, mul, neg, reshape, sub, sum } from '../graph/builders.ts';
import { gradientsOf } from '../graph/gradients.ts';
import { graph, type Graph } from '../graph/graph.ts';
import type { Node } from '../graph/ops.ts';
import type { ModelConfig } from '../checkpoint/config.ts';
import { cachedAttention, decoder, decoderInputs, fullAttention } from './decoder.ts';
import { chooseToken, type SamplingMode } from './sampling.ts';
import { mergedMatrices, type FactorisedMatrix, type Weights } from './weights.ts';

const headName = (config: ModelConfig): string => (config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight');

/** hidden [n, hiddenSize] → logits [n, vocabulary] */
const logitsOf = (config: ModelConfig, weights: Weights, hidden: Node): Node =>
  matmul(hidden, weights.tensor(headName(config)), { transposeB: true });

/** Hidden states of a whole batch, flat: [rows · tokens, hiddenSize]. */
function flatHidden(config: ModelConfig, weights: Weights, heads?: (layer: number, key: Node, value: Node) => void): Node {
  const full = fullAttention(config, input('mask', 'float32', ['tokens', 'tokens']));
  const hidden = decoder(config, weights, decoderInputs(config, 'tokens'), (layer, qkv) => {
    heads?.(layer, qkv.key, qkv.value);
    return full(layer, qkv);
  });
  return reshape(hidden, ['rows*tokens', config.hiddenSize]);
}

export const keyName = (layer: number): string => `key${layer}`;
export const valueName = (layer: number): string => `value${layer}`;

/**
 * ids, positions [rows, tokens], mask [tokens, tokens], last [rows] (flat index of each row's last prompt token) →
 * token, logProb [rows, 1], key and value of every layer [rows, keyValueHeads, tokens, headDim].
 */
export function prefillGraph(config: ModelConfig, weights: Weights, mode: SamplingMode): Graph {
  const outputs: Record<string, Node> = {};
  const hidden = flatHidden(config, weights, (layer, key, value) => {
    outputs[keyName(layer)] = key;
    outputs[valueName(layer)] = value;
  });
  const logits = logitsOf(config, weights, gather(hidden, input('last', 'int64', ['rows'])));
  return graph('prefill', { ...chooseToken(logits, mode), ...outputs });
}

/** ids, positions [rows, 1], mask [rows, 1, 1, past], past keys and values → the next token, and its row's new keys and values. */
export function decodeGraph(config: ModelConfig, weights: Weights, mode: SamplingMode): Graph {
  const outputs: Record<string, Node> = {};
  const attend = cachedAttention(config, input('mask', 'float32', ['rows', 1, 1, 'past']), (layer, key, value) => {
    outputs[keyName(layer)] = key;
    outputs[valueName(layer)] = value;
  });
  const hidden = decoder(config, weights, decoderInputs(config, 1), attend);
  const logits = logitsOf(config, weights, reshape(hidden, ['rows', config.hiddenSize]));
  return graph('decode', { ...chooseToken(logits, mode), ...outputs });
}

/** Logits at chosen places: ids … , `at` [n] (flat indices) → logits [n, vocabulary]. */
export function logitsGraph(config: ModelConfig, weights: Weights): Graph {
  const hidden = gather(flatHidden(config, weights), input('at', 'int64', ['n']));
  return graph('logits', { logits: logitsOf(config, weights, hidden) });
}

/** Final hidden states at chosen places: what a policy's graph needs of its base to form the KL term. */
export function hiddenGraph(config: ModelConfig, weights: Weights): Graph {
  return graph('hidden', { hidden: gather(flatHidden(config, weights), input('at', 'int64', ['n'])) });
}

/** log π(target) at chosen places: `at` [n], `targets` [n, 1] → logProbs [n, 1]. */
export function scoreGraph(config: ModelConfig, weights: Weights): Graph {
  const hidden = gather(flatHidden(config, weights), input('at', 'int64', ['n']));
  const logProbs = gatherLast(logSoftmax(logitsOf(config, weights, hidden)), input('targets', 'int64', ['n', 1]));
  return graph('score', { logProbs });
}

export type KlDirection = 'policy-base' | 'base-policy';

/**
 * The policy-gradient objective over the answer tokens of a batch, and its gradient with respect to z:
 * `J = Σᵢ wᵢ log π(yᵢ) − Σᵢ kᵢ KLᵢ` (arXiv 2501.06252, eq. 2, summed over tokens; w carries the reward or the
 * advantage, k the coefficient λ). KL is taken over the whole vocabulary at each place.
 *
 * Inputs: ids …, `at` [n], `targets` [n, 1], `weight` [n, 1], `klWeight` [n, 1], `baseHidden` [n, hiddenSize].
 * Outputs: `logProbs`, `klPolicyBase`, `klBasePolicy` [n, 1], `gradient:<matrix>` with respect to σ ⊙ z of
 * each matrix (times σ, it is the gradient with respect to z).
 */
export function objectiveGraph(
  config: ModelConfig,
  weights: Weights & { scales: ReadonlyMap<string, Node> },
  options: { klDirection: KlDirection; gradient: boolean },
): Graph {
  const hidden = gather(flatHidden(config, weights), input('at', 'int64', ['n']));
  const policy = logSoftmax(logitsOf(config, weights, hidden));
  const base = logSoftmax(logitsOf(config, weights, input('baseHidden', 'float32', ['n', config.hiddenSize])));
  const logProbs = gatherLast(policy, input('targets', 'int64', ['n', 1]));
  const klPolicyBase = sum(mul(exp(policy), sub(policy, base)), [1]);
  const klBasePolicy = sum(mul(exp(base), sub(base, policy)), [1]);
  const outputs: Record<string, Node> = { logProbs, klPolicyBase, klBasePolicy };
  if (!options.gradient) return graph('objective', outputs);

  const kl = options.klDirection === 'policy-base' ? klPolicyBase : klBasePolicy;
  const gain = mul(input('weight', 'float32', ['n', 1]), logProbs);
  const price = mul(input('klWeight', 'float32', ['n', 1]), kl);
  const objective = sum(sub(gain, price), [0, 1]);
  const names = [...weights.scales.keys()];
  gradientsOf(objective, [...weights.scales.values()]).forEach((gradient, i) => {
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
