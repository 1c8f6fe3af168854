/**
 * One step of pretraining: next-token loss of a packed batch and its gradient with respect to every weight, which are
 * inputs of the graph and stay in JavaScript's memory. The optimiser is the caller's.
 */
import { fedWeights } from '../model/weights.ts';
import { causalMask, RotaryTables } from '../model/feeds.ts';
import { gradientName, pretrainingGraph } from '../model/graphs.ts';
import type { ModelConfig } from '../checkpoint/config.ts';
import { floatData, floats, longs, Session, type Feeds, type SessionOptions } from '../runtime/session.ts';

export interface WeightTensor {
  data: Float32Array;
  shape: readonly number[];
}

export interface PretrainingBatch {
  rows: number;
  tokens: number;
  /** [rows, tokens] */
  ids: Int32Array;
  /** the token that follows each [rows, tokens]; what stands where `mask` is 0 does not count */
  targets: Int32Array;
  /** 1 where the target counts, else 0 */
  mask: Float32Array;
}

export class Pretrainer {
  private readonly session: Session;
  private readonly config: ModelConfig;
  private readonly rotary: RotaryTables;

  private constructor(session: Session, config: ModelConfig) {
    this.session = session;
    this.config = config;
    this.rotary = new RotaryTables(config);
  }

  /** `shapes`: every tensor of the checkpoint, by name (no `lm_head.weight` where embeddings are tied). */
  static async open(config: ModelConfig, shapes: ReadonlyMap<string, readonly number[]>, options: SessionOptions): Promise<Pretrainer> {
    return new Pretrainer(await Session.open(pretrainingGraph(config, fedWeights(shapes)), options), config);
  }

  /** Mean loss in nats per counted token, and its gradient for each tensor, shaped as the tensor. */
  async step(weights: ReadonlyMap<string, WeightTensor>, batch: PretrainingBatch): Promise<{ loss: number; gradients: Map<string, Float32Array> }> {
    const { rows, tokens, mask } = batch;
    const counted = mask.reduce((a, b) => a + b, 0);
    const { cos, sin, positions } = this.rotary.for(tokens);
    const tablesShape = [positions, this.config.headDim / 2];
    const feeds: Feeds = {
      ids: longs(BigInt64Array.from(batch.ids, BigInt), [rows, tokens]),
      positions: longs(BigInt64Array.from({ length: rows * tokens }, (_, i) => BigInt(i % tokens)), [rows, tokens]),
      cos: floats(cos, tablesShape),
      sin: floats(sin, tablesShape),
      mask: floats(causalMask(tokens, this.config.slidingWindow), [tokens, tokens]),
      targets: longs(BigInt64Array.from(batch.targets, BigInt), [rows * tokens, 1]),
      weight: floats(mask.map((value) => value / counted), [rows * tokens, 1]),
    };
    for (const [name, { data, shape }] of weights) feeds[name] = floats(data, shape);
    const outputs = await this.session.run(feeds);
    const gradients = new Map([...weights.keys()].map((name) => [name, floatData(outputs[gradientName(name)])]));
    return { loss: floatData(outputs.loss)[0], gradients };
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
