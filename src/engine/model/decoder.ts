/**
 * The Llama and Mistral decoder as graph functions: one layer, top to bottom, over whichever weights it is given.
 * Attention comes in two forms: over the whole sequence at once, and one new token against a cache.
 */
import { add, concat, constant, gather, input, matmul, mul, reshape, rmsNorm, rotary, silu, slice, sliceFrom, softmax, transpose } from '../graph/builders.ts';
import type { Node } from '../graph/ops.ts';
import { recomputed } from '../graph/recompute.ts';
import type { ModelConfig } from '../checkpoint/config.ts';
import { matrixName, type Projection } from '../../shared/matrices.ts';
import type { Weights } from './weights.ts';

/** Rotary tables [positions, headDim / 2] are inputs, so that a graph serves every length and every rope kind. */
export interface Rotary {
  positions: Node;
  cos: Node;
  sin: Node;
}

/** Queries, keys and values of one layer after rotation: [rows, heads, tokens, headDim], keys and values with keyValueHeads. */
export interface Heads {
  query: Node;
  key: Node;
  value: Node;
}
/** Returns the attended values as [rows, tokens, heads · headDim]. */
export type Attend = (layer: number, heads: Heads) => Node;

export interface DecoderInputs {
  ids: Node;
  rotary: Rotary;
}

export function decoderInputs(config: ModelConfig, tokens: number | 'tokens'): DecoderInputs {
  return {
    ids: input('ids', 'int64', ['rows', tokens]),
    rotary: {
      positions: input('positions', 'int64', ['rows', tokens]),
      cos: input('cos', 'float32', ['positions', config.headDim / 2]),
      sin: input('sin', 'float32', ['positions', config.headDim / 2]),
    },
  };
}

export interface DecoderOptions {
  /** a gradient keeps the hidden state before each layer and makes what lies inside a layer again */
  recompute?: boolean;
  /** takes the wanted places out of [rows, tokens, width]: after its attention, the last layer goes on with them only */
  places?: (x: Node) => Node;
}

/** Token ids [rows, tokens] → final normalised hidden states [rows, tokens, hidden], or of the wanted places. */
export function decoder(config: ModelConfig, weights: Weights, inputs: DecoderInputs, attend: Attend, { recompute = false, places }: DecoderOptions = {}): Node {
  let x = gather(weights.tensor('model.embed_tokens.weight'), inputs.ids);
  for (let layer = 0; layer < config.layers; layer++) {
    const block = (hidden: Node): Node => decoderLayer(config, weights, layer, hidden, inputs.rotary, attend, layer === config.layers - 1 ? places : undefined);
    x = recompute ? recomputed(x, block) : block(x);
  }
  return rmsNorm(x, weights.tensor('model.norm.weight'), config.rmsNormEps);
}

function decoderLayer(config: ModelConfig, weights: Weights, layer: number, x: Node, { positions, cos, sin }: Rotary, attend: Attend, places: (x: Node) => Node = (all) => all): Node {
  const { heads, keyValueHeads, headDim, rmsNormEps } = config;
  const prefix = `model.layers.${layer}`;
  const tokens = x.shape[1];

  const normed = rmsNorm(x, weights.tensor(`${prefix}.input_layernorm.weight`), rmsNormEps);
  const split = (projection: Projection, count: number): Node =>
    splitHeads(biased(config.attentionBias, weights, layer, projection, weights.project(normed, matrixName(layer, projection))), tokens, count, headDim);
  const attended = attend(layer, {
    query: rotary(split('q', heads), positions, cos, sin),
    key: rotary(split('k', keyValueHeads), positions, cos, sin),
    value: split('v', keyValueHeads),
  });
  const afterAttention = add(places(x), biased(config.attentionBias, weights, layer, 'o', weights.project(places(attended), matrixName(layer, 'o'))));

  const normedAgain = rmsNorm(afterAttention, weights.tensor(`${prefix}.post_attention_layernorm.weight`), rmsNormEps);
  const mlp = (projection: Projection, input: Node): Node =>
    biased(config.mlpBias, weights, layer, projection, weights.project(input, matrixName(layer, projection)));
  return add(afterAttention, mlp('down', mul(silu(mlp('gate', normedAgain)), mlp('up', normedAgain))));
}

function biased(present: boolean, weights: Weights, layer: number, projection: Projection, y: Node): Node {
  return present ? add(y, weights.tensor(matrixName(layer, projection).replace(/weight$/, 'bias'))) : y;
}

/** [rows, tokens, count · headDim] → [rows, count, tokens, headDim] */
function splitHeads(x: Node, tokens: Node['shape'][number], count: number, headDim: number): Node {
  // one token needs no transposition: its heads lie as they are
  if (tokens === 1) return reshape(x, ['rows', count, 1, headDim]);
  return transpose(reshape(x, ['rows', tokens, count, headDim]), [0, 2, 1, 3]);
}

/**
 * Causal attention over whole sequences, padded on the right: what lies after a row's end is seen by nothing that
 * counts. `mask` [tokens, keys] is additive. The queries that share a key head are stacked along the token axis,
 * so no key is repeated.
 */
export function fullAttention(config: ModelConfig, mask: Node): Attend {
  const { heads, keyValueHeads, headDim } = config;
  return (_, { query, key, value }) => {
    const [tokens, keys] = [query.shape[2], key.shape[2]];
    const stacked = reshape(query, ['rows', keyValueHeads, 'group*tokens', headDim]);
    const scores = matmul(stacked, key, { transposeB: true, alpha: 1 / Math.sqrt(headDim) });
    const masked = add(reshape(scores, ['rows', heads, tokens, keys]), mask);
    const attended = matmul(reshape(softmax(masked), ['rows', keyValueHeads, 'group*tokens', keys]), value);
    return joinHeads(reshape(attended, ['rows', heads, tokens, headDim]), tokens, heads * headDim);
  };
}

const joinHeads = (x: Node, tokens: Node['shape'][number], width: number): Node =>
  reshape(transpose(x, [0, 2, 1, 3]), ['rows', tokens, width]);

export const pastKeyName = (layer: number): string => `pastKey${layer}`;
export const pastValueName = (layer: number): string => `pastValue${layer}`;

/** What a row adds to the tokens that all rows begin with: zeros [rows, 1, 1, 1], by which the beginning is given to each. */
export const everyRowName = 'everyRow';

/**
 * Tokens of each row after a beginning that all rows share, whose keys and values are fed once: [1, keyValueHeads, past,
 * headDim]. `mask` [tokens, past + tokens] is additive.
 */
export function continuedAttention(config: ModelConfig, mask: Node): Attend {
  const { keyValueHeads, headDim } = config;
  const full = fullAttention(config, mask);
  const everyRow = input(everyRowName, 'float32', ['rows', 1, 1, 1]);
  const after = (name: string, own: Node): Node => concat([add(input(name, 'float32', [1, keyValueHeads, 'past', headDim]), everyRow), own], 2);
  return (layer, { query, key, value }) => full(layer, { query, key: after(pastKeyName(layer), key), value: after(pastValueName(layer), value) });
}

/**
 * One new token of each row against a cache that JavaScript owns: the past is fed as it lies, only the new key and
 * value go out. The past is [rows, keyValueHeads, 1, past, headDim]; `mask` [rows, 1, 1, 1, past] is additive over it;
 * the new token sees itself.
 *
 * Every product is a row times a matrix, alpha 1: ONNX Runtime then reads keys and values in place, where it would copy
 * them into its own order for two rows. The queries are scaled by a vector, since it would fold a scalar back into alpha.
 */
export function cachedAttention(config: ModelConfig, mask: Node, fresh: (layer: number, key: Node, value: Node) => void): Attend {
  const { heads, keyValueHeads, headDim } = config;
  const group = heads / keyValueHeads;
  const scale = constant(new Float32Array(headDim).fill(1 / Math.sqrt(headDim)), [headDim]);
  const past = (name: string): Node => input(name, 'float32', ['rows', keyValueHeads, 1, 'past', headDim]);
  const own = (x: Node): Node => reshape(x, ['rows', keyValueHeads, 1, 1, headDim]);
  return (layer, { query, key, value }) => {
    fresh(layer, key, value);
    const grouped = reshape(mul(query, scale), ['rows', keyValueHeads, group, 1, headDim]);
    const onPast = add(matmul(grouped, past(pastKeyName(layer)), { transposeB: true }), mask);
    const onNew = matmul(grouped, own(key), { transposeB: true });
    const joined = softmax(concat([onNew, onPast], 4));
    const pNew = slice(joined, 4, 0, 1);
    const pPast = sliceFrom(joined, 4, 1, 'past');
    const attended = add(matmul(pPast, past(pastValueName(layer))), mul(pNew, own(value)));
    return reshape(attended, ['rows', 1, heads * headDim]);
  };
}
