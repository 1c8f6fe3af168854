/**
 * A model ready to run: its checkpoint, tokenizer, rotary tables, and the sessions made of it so far. Sessions refer
 * to the weights in place, so a second graph over the same model costs its encoding and no weights.
 */
import type { Device } from '../../shared/contract.ts';
import type { ZVectors } from '../../shared/matrices.ts';
import { SingularError } from '../../shared/errors.ts';
import type { Checkpoint } from '../checkpoint/open.ts';
import type { Tokenizer } from '../checkpoint/tokenizer.ts';
import type { Graph } from '../graph/graph.ts';
import { RotaryTables } from '../model/feeds.ts';
import { mergeGraph } from '../model/graphs.ts';
import { factorisedWeights, fedWeights, fixedWeights, plainWeights, scaleName, type FactorisedMatrix, type Weights } from '../model/weights.ts';
import { floatData, floats, Session, type Feeds } from './session.ts';

/** Which z a batch is answered with. A matrix that z leaves out is the base's. */
export type Adaptation =
  | { kind: 'base' }
  | { kind: 'shared'; z: ZVectors }
  | { kind: 'per-row'; z: readonly ZVectors[] }
  /** one z or adapter for a long time: weights (and biases) formed once, by tensor name */
  | { kind: 'merged'; weights: ReadonlyMap<string, Float32Array> }
  /** merged weights that stay: constants of the graph, laid out for products once; `name` tells them from others until `forget` */
  | { kind: 'fixed'; name: string; weights: ReadonlyMap<string, Float32Array> };

/** Models up to this size are prepacked: 2–12 % of a product's time for one more copy per graph. */
const prepackedBytes = 2 ** 26;

export interface LoadedModelOptions {
  checkpoint: Checkpoint;
  tokenizer: Tokenizer;
  device: Device;
  threads: number;
  /** opens (or makes) the SVD cache when a z is first used */
  factors: () => Promise<readonly FactorisedMatrix[]>;
}

export class LoadedModel {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  readonly device: Device;
  readonly rotary: RotaryTables;
  private readonly threads: number;
  private readonly openFactors: () => Promise<readonly FactorisedMatrix[]>;
  private factors: ReadonlyMap<string, FactorisedMatrix> | undefined;
  private readonly sessions = new Map<string, Promise<Session>>();

  constructor({ checkpoint, tokenizer, device, threads, factors }: LoadedModelOptions) {
    this.checkpoint = checkpoint;
    this.tokenizer = tokenizer;
    this.device = device;
    this.threads = threads;
    this.openFactors = factors;
    this.rotary = new RotaryTables(checkpoint.config);
  }

  get config(): Checkpoint['config'] {
    return this.checkpoint.config;
  }

  /** Factors of the named matrices, in the house order. */
  async factorsOf(names: Iterable<string>): Promise<FactorisedMatrix[]> {
    this.factors ??= new Map((await this.openFactors()).map((factor) => [factor.name, factor]));
    const wanted = new Set(names);
    const known = [...this.factors.values()].filter(({ name }) => wanted.has(name));
    if (known.length !== wanted.size) {
      const missing = [...wanted].find((name) => !this.factors?.has(name));
      throw new SingularError('conflict', `The model has no matrix ${missing}.`);
    }
    return known;
  }

  /** Small enough for its graphs to hold copies of its weights. */
  get prepacked(): boolean {
    return this.checkpoint.parameters * 4 <= prepackedBytes;
  }

  plain(): Weights {
    return plainWeights(this.checkpoint.tensors);
  }

  /** The session of a graph, made at its first use. `key` must tell graphs over the same model apart. */
  session(key: string, make: () => Graph): Promise<Session> {
    let session = this.sessions.get(key);
    if (session === undefined) {
      session = Session.open(make(), { device: this.device, threads: this.threads, prepack: this.prepacked });
      session.catch(() => this.sessions.delete(key));
      this.sessions.set(key, session);
    }
    return session;
  }

  /** Weights for an adaptation, the part of the session key that tells them apart, and the feeds for chosen rows. */
  async adapt(adaptation: Adaptation): Promise<Adapted> {
    switch (adaptation.kind) {
      case 'base':
        return { key: 'base', weights: () => this.plain(), feeds: () => ({}) };
      case 'merged': {
        const tensors = this.shaped(adaptation.weights);
        const feeds = Object.fromEntries(tensors.map(([name, { data, shape }]) => [name, floats(data, shape)]));
        const shapes = new Map(tensors.map(([name, { shape }]) => [name, shape]));
        return { key: `merged:${this.setKey([...shapes.keys()])}`, weights: () => fedWeights(shapes, this.plain()), feeds: () => feeds };
      }
      case 'fixed':
        return { key: fixedKey(adaptation.name), weights: () => fixedWeights(new Map(this.shaped(adaptation.weights)), this.plain()), feeds: () => ({}) };
      case 'shared': {
        const factors = await this.factorsOf(Object.keys(adaptation.z));
        const feeds = Object.fromEntries(factors.map((factor) => [scaleName(factor.name), floats(scaled(factor, adaptation.z[factor.name]), [factor.sigma.length])]));
        return { key: `shared:${this.setKey(factors.map(({ name }) => name))}`, weights: () => factorisedWeights(this.plain(), factors, 'shared'), feeds: () => feeds };
      }
      case 'per-row': {
        const factors = await this.factorsOf(new Set(adaptation.z.flatMap((z) => Object.keys(z))));
        return {
          key: `per-row:${this.setKey(factors.map(({ name }) => name))}`,
          weights: () => factorisedWeights(this.plain(), factors, 'per-row'),
          feeds: (rows) => perRowFeeds(factors, rows, adaptation.z),
          rowBytes: factors.reduce((sum, { sigma }) => sum + sigma.byteLength, 0),
        };
      }
    }
  }

  /** W′ = U diag(σ z) Vᵀ of every matrix that z tunes. */
  async merge(z: ZVectors): Promise<Map<string, Float32Array>> {
    const factors = await this.factorsOf(Object.keys(z));
    const session = await this.session(`merge:${this.setKey(factors.map(({ name }) => name))}`, () => mergeGraph(factors));
    const outputs = await session.run(Object.fromEntries(factors.map((factor) => [scaleName(factor.name), floats(scaled(factor, z[factor.name]), [factor.sigma.length])])));
    return new Map(factors.map(({ name }) => [name, floatData(outputs[`merged:${name}`])]));
  }

  /** Closes the graphs that hold the weights of that name. */
  async forget(name: string): Promise<void> {
    const gone = [...this.sessions].filter(([key]) => key.endsWith(`:${fixedKey(name)}`));
    for (const [key] of gone) this.sessions.delete(key);
    for (const [, session] of gone) await (await session).release();
  }

  /** Those of the given weights that the checkpoint has, in its order. */
  private shaped(weights: ReadonlyMap<string, Float32Array>): [string, { data: Float32Array; shape: readonly number[] }][] {
    return [...this.checkpoint.tensors].flatMap(([name, { shape }]) => {
      const data = weights.get(name);
      return data ? [[name, { data, shape }]] : [];
    });
  }

  private setKey(names: readonly string[]): string {
    return names.length === this.checkpoint.matrices.length && !names.some((name) => name.endsWith('bias')) ? 'all' : names.join();
  }

  /** Closes all sessions; they are made again where they are needed again. */
  async release(): Promise<void> {
    const sessions = [...this.sessions.values()];
    this.sessions.clear();
    for (const session of sessions) await (await session).release();
  }
}

const fixedKey = (name: string): string => `fixed:${name}`;

export interface Adapted {
  key: string;
  weights: () => Weights;
  /** extra inputs for the given rows of the batch */
  feeds: (rows: readonly number[]) => Feeds;
  /** what the inputs of one row take */
  rowBytes?: number;
}

/** σ ⊙ z */
export function scaled({ name, sigma }: FactorisedMatrix, z: Float32Array | undefined): Float32Array {
  if (z === undefined) return sigma;
  checkLength(name, sigma, z);
  return sigma.map((value, i) => value * z[i]);
}

function checkLength(name: string, sigma: Float32Array, z: Float32Array): void {
  if (z.length !== sigma.length) throw new SingularError('conflict', `z of ${name} has ${z.length} values; the matrix has ${sigma.length} singular values.`);
}

function perRowFeeds(factors: readonly FactorisedMatrix[], rows: readonly number[], zOfRow: readonly ZVectors[]): Feeds {
  return Object.fromEntries(
    factors.map(({ name, sigma }) => {
      const rank = sigma.length;
      const packed = new Float32Array(rows.length * rank);
      rows.forEach((row, i) => {
        const z = zOfRow[row]?.[name];
        if (z === undefined) packed.set(sigma, i * rank);
        else {
          checkLength(name, sigma, z);
          for (let j = 0; j < rank; j++) packed[i * rank + j] = sigma[j] * z[j];
        }
      });
      return [scaleName(name), floats(packed, [rows.length, 1, rank])];
    }),
  );
}
