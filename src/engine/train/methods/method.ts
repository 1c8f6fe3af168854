/**
 * What a training tunes, behind one interface: SVF, LoRA, DoRA or IA3. A method knows its tensors, how a gradient
 * reaches them, and how they are merged into W, so that answers are always sampled from the same plain graphs.
 */
import type { TrainedTensor } from '../../host/protocol.ts';
import type { TrainableWeights } from '../../model/weights.ts';
import type { Feeds } from '../../runtime/session.ts';

/** Values of every trained tensor, by name. */
export type Parameters = Record<string, Float32Array>;

/** The shape of one piece of a batch: [rows, tokens], and which piece it is. */
export interface Piece {
  index: number;
  rows: number;
  tokens: number;
}

/** A model under given parameters, as a graph whose inputs they are. */
export interface Policy {
  /** tells graphs over the same model apart */
  key: string;
  weights: () => TrainableWeights;
  /** parameters, and what else the graph needs for a piece */
  feeds: (piece: Piece) => Feeds;
}

/** Where the random numbers of a step come from. */
export interface Noise {
  seed: number;
  /** counts from 0 */
  step: number;
}

export interface Method {
  /** numbers that are trained */
  readonly count: number;
  /** the parameters that a training with this seed starts from */
  initial(seed: number): Parameters;
  /** parameters under which the model is its base */
  base(): Parameters;
  /** what weight decay pulls a tensor towards */
  centre(name: string): number | Float32Array;
  /** W′ by tensor name; what is not in it is as it was */
  merged(parameters: Parameters): Promise<ReadonlyMap<string, Float32Array>>;
  /** with `noise`, as it is trained (dropout); without, as it answers */
  policy(parameters: Parameters, noise?: Noise): Promise<Policy>;
  /** from the gradient with respect to the policy's inputs to that with respect to the parameters */
  gradient(parameters: Parameters, ofInputs: ReadonlyMap<string, Float32Array>): Map<string, Float32Array>;
  /** what an expert keeps */
  tensors(parameters: Parameters): Record<string, TrainedTensor>;
}

export const countOf = (parameters: Parameters): number => Object.values(parameters).reduce((sum, { length }) => sum + length, 0);
export const filled = (length: number, value: number): Float32Array => new Float32Array(length).fill(value);
