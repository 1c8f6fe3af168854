/**
 * Batched generation: one prefill over ragged prompts, then a token of every unfinished row at each step. Rows end at
 * a stop token, at the caller's word, or at the length limit, and leave the batch when a quarter of it has ended.
 * Each row draws from its own seeded generator, so its answer does not depend on the company it keeps.
 */
import { SingularError } from '../../shared/errors.ts';
import { causalMask, rightPadded } from '../model/feeds.ts';
import { decodeGraph, prefillGraph } from '../model/graphs.ts';
import type { SamplingMode } from '../model/sampling.ts';
import { KeyValueCache } from './key-value-cache.ts';
import type { Adaptation, Adapted, LoadedModel } from './loaded-model.ts';
import { Random } from './random.ts';
import { floatData, floats, longData, longs, type Feeds, type Tensor } from './session.ts';

export interface GenerateRequest {
  /** token ids of each row's prompt, at least one */
  prompts: readonly (readonly number[])[];
  adaptation: Adaptation;
  /** one for each row */
  seeds: readonly number[];
  maxTokens: number;
  /** 0 is greedy */
  temperature: number;
  topP: number;
  /** 0 keeps all */
  topK: number;
  stopIds: ReadonlySet<number>;
  /** told of every token as it is made; true ends the row */
  onToken?: (row: number, id: number) => boolean;
  signal?: AbortSignal;
}

export interface Generated {
  /** the answer's tokens, a stop token included */
  ids: number[];
  /** log-probability of each under the model at temperature 1 */
  logProbs: number[];
  stopReason: 'stop' | 'length' | 'cancelled';
}

/** of one piece of a prefill: its values stay in the caches of a core */
const prefillTokens = 1024;
/** Rows at once, the more the better as far as these go: keys and values and what each row brings of its own, and the logits of a step. */
const rowsBytes = 2 ** 31;
const mostLogits = 2 ** 25;
const mostRows = 512;
/** Nearer to 1, u · total may round to the total, which no cumulative mass exceeds. */
const mostUniform = 1 - 2 ** -22;
/** Rows that have ended leave the batch once no more than this share goes on. */
const leaveAt = 0.75;

export async function generate(model: LoadedModel, request: GenerateRequest): Promise<Generated[]> {
  const { config } = model;
  request.prompts.forEach((prompt, row) => {
    if (prompt.length === 0) throw new SingularError('bad-input', `Prompt ${row + 1} has no tokens.`);
    if (prompt.length >= config.maxPositions) {
      throw new SingularError('bad-input', `Prompt ${row + 1} has ${prompt.length} tokens; the model has room for ${config.maxPositions}.`);
    }
  });
  const longest = Math.max(...request.prompts.map(({ length }) => length)) + request.maxTokens;
  const adapted = await model.adapt(request.adaptation);
  const bytesPerRow = config.layers * 2 * config.keyValueHeads * longest * config.headDim * 4 + (adapted.rowBytes ?? 0);
  const rowsAtOnce = Math.max(1, Math.min(mostRows, Math.floor(rowsBytes / bytesPerRow), Math.floor(mostLogits / config.vocabularySize)));
  const results: Generated[] = [];
  for (let first = 0; first < request.prompts.length; first += rowsAtOnce) {
    const rows = Array.from({ length: Math.min(rowsAtOnce, request.prompts.length - first) }, (_, i) => first + i);
    results.push(...(await new Batch(model, request, adapted, rows).run()));
  }
  return results;
}

function samplingMode({ temperature, topP, topK }: GenerateRequest, vocabulary: number): SamplingMode {
  if (temperature === 0) return { kind: 'greedy' };
  if (topP === 1 && topK === 0) return { kind: 'sample' };
  return { kind: 'nucleus', k: topK > 0 ? Math.min(topK, vocabulary) : vocabulary };
}

interface Row {
  /** place in the request */
  index: number;
  random: Random;
  result: Generated;
  last: number;
  done: boolean;
}

class Batch {
  private readonly model: LoadedModel;
  private readonly request: GenerateRequest;
  private readonly adapted: Adapted;
  private readonly mode: SamplingMode;
  private readonly modeKey: string;
  private readonly cache: KeyValueCache;
  private readonly all: Row[];
  /** rows still in the batch, in the cache's order */
  private rows: Row[];

  constructor(model: LoadedModel, request: GenerateRequest, adapted: Adapted, indices: readonly number[]) {
    this.model = model;
    this.request = request;
    this.adapted = adapted;
    this.mode = samplingMode(request, model.config.vocabularySize);
    this.modeKey = this.mode.kind === 'nucleus' ? `nucleus${this.mode.k}` : this.mode.kind;
    this.all = indices.map((index) => ({
      index,
      random: new Random(request.seeds[index]),
      result: { ids: [], logProbs: [], stopReason: 'length' },
      last: 0,
      done: false,
    }));
    // by length: the prompts of one piece of the prefill are padded to its longest
    this.rows = [...this.all].sort((a, b) => request.prompts[b.index].length - request.prompts[a.index].length || a.index - b.index);
    const longestPrompt = Math.max(...indices.map((index) => request.prompts[index].length));
    this.cache = new KeyValueCache(model.config, { rows: indices.length, tokens: longestPrompt, limit: longestPrompt + request.maxTokens });
  }

  async run(): Promise<Generated[]> {
    try {
      await this.prefill();
      await this.decode();
      return this.all.map(({ result }) => result);
    } finally {
      this.cache.release();
    }
  }

  private async prefill(): Promise<void> {
    const { model, request, adapted, mode } = this;
    const session = await model.session(`prefill:${adapted.key}:${this.modeKey}`, () => prefillGraph(model.config, adapted.weights(), mode));
    let rows: readonly Row[];
    for (let first = 0; first < this.rows.length; first += rows.length) {
      const longest = request.prompts[this.rows[first].index].length;
      rows = this.rows.slice(first, first + Math.max(1, Math.floor(prefillTokens / longest)));
      const prompts = rows.map(({ index }) => request.prompts[index]);
      const { tokens, ids, positions } = rightPadded(prompts);
      const { cos, sin, positions: places } = model.rotary.for(tokens);
      const tables = [places, model.config.headDim / 2];
      const outputs = await session.run({
        ids: longs(ids, [rows.length, tokens]),
        positions: longs(positions, [rows.length, tokens]),
        cos: floats(cos, tables),
        sin: floats(sin, tables),
        mask: floats(causalMask(tokens, model.config.slidingWindow), [tokens, tokens]),
        last: longs(BigInt64Array.from(prompts, ({ length }, row) => BigInt(row * tokens + length - 1)), [rows.length]),
        ...this.samplingFeeds(rows),
        ...adapted.feeds(rows.map(({ index }) => index)),
      });
      this.cache.fill(outputs, first, prompts.map(({ length }) => length), tokens);
      this.take(rows, outputs);
    }
  }

  private async decode(): Promise<void> {
    const { model, request, adapted, mode, cache } = this;
    if (this.rows.every(({ done }) => done)) return;
    const session = await model.session(`decode:${adapted.key}:${this.modeKey}`, () => decodeGraph(model.config, adapted.weights(), mode));
    // a z of each row is large: packed again only where rows have left
    let ofRows: Feeds | undefined;
    let fixed: Feeds | undefined;
    for (;;) {
      const alive = this.rows.filter(({ done }) => !done).length;
      if (alive === 0) return;
      if (request.signal?.aborted) {
        for (const row of this.rows) if (!row.done) row.result.stopReason = 'cancelled';
        return;
      }
      if (alive <= this.rows.length * leaveAt) {
        const kept = this.withoutEnded(alive);
        cache.keep(kept);
        this.rows = kept.map((i) => this.rows[i]);
        ofRows = fixed = undefined;
      }
      if (cache.full) {
        cache.grow();
        fixed = undefined;
      }
      ofRows ??= adapted.feeds(this.rows.map(({ index }) => index));
      fixed ??= { ...cache.feeds(), ...ofRows };
      const count = this.rows.length;
      const positions = BigInt64Array.from(this.rows, (_, row) => BigInt(cache.lengthOf(row)));
      const { cos, sin, positions: places } = model.rotary.for(Number(positions.reduce((a, b) => (a > b ? a : b))) + 1);
      const tables = [places, model.config.headDim / 2];
      const outputs = await session.run({
        ...fixed,
        ids: longs(BigInt64Array.from(this.rows, ({ last }) => BigInt(last)), [count, 1]),
        positions: longs(positions, [count, 1]),
        cos: floats(cos, tables),
        sin: floats(sin, tables),
        ...this.samplingFeeds(this.rows),
      });
      cache.append(outputs);
      this.take(this.rows, outputs);
    }
  }

  /** The rows that go on: each in its place, or in that of one that ended, from the end of the batch. */
  private withoutEnded(alive: number): number[] {
    const behind = this.rows.flatMap(({ done }, i) => (i >= alive && !done ? [i] : []));
    return this.rows.slice(0, alive).map(({ done }, i) => (done ? (behind.pop() ?? i) : i));
  }

  private samplingFeeds(rows: readonly Row[]): Feeds {
    const { temperature, topP } = this.request;
    if (this.mode.kind === 'greedy') return {};
    const feeds: Feeds = {
      temperature: floats(Float32Array.of(temperature), []),
      uniform: floats(Float32Array.from(rows, ({ random }) => Math.min(random.uniform(), mostUniform)), [rows.length, 1]),
    };
    if (this.mode.kind === 'nucleus') feeds.topP = floats(Float32Array.of(topP), []);
    return feeds;
  }

  private take(rows: readonly Row[], outputs: Record<string, Tensor>): void {
    const { request, model } = this;
    const tokens = longData(outputs.token);
    const logProbs = floatData(outputs.logProb);
    rows.forEach((row, i) => {
      if (row.done) return;
      const id = Number(tokens[i]);
      const { result } = row;
      row.last = id;
      result.ids.push(id);
      result.logProbs.push(logProbs[i]);
      const stopped = request.stopIds.has(id);
      const told = request.onToken?.(row.index, id) ?? false;
      if (stopped || told) result.stopReason = 'stop';
      const room = request.prompts[row.index].length + result.ids.length < model.config.maxPositions;
      row.done = stopped || told || result.ids.length >= request.maxTokens || !room;
    });
  }
}
