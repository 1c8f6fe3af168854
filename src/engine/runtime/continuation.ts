/**
 * Texts with one beginning: its keys and values are computed once and kept, and each text costs only what it adds. A
 * question about a question is such a text, its instructions being the same for all.
 */
import { pastKeyName, pastValueName, everyRowName } from '../model/decoder.ts';
import { causalMask, rightPadded } from '../model/feeds.ts';
import { continuationGraph, keyName, prefillGraph, valueName } from '../model/graphs.ts';
import type { Adaptation, LoadedModel } from './loaded-model.ts';
import { floatData, floats, longs, type Feeds } from './session.ts';

/** Keys and values of each layer, [1, keyValueHeads, ids.length, headDim]; they hold for one model and adaptation. */
export interface Beginning {
  ids: readonly number[];
  layers: readonly { key: Float32Array; value: Float32Array }[];
}

/** One row, and the tokens whose log-probability is asked: that of `token` after the first `after` tokens. */
export interface Continuation {
  ids: readonly number[];
  wanted: readonly { after: number; token: number }[];
}

/** @param adaptation not with a z per row */
export async function beginningOf(model: LoadedModel, ids: readonly number[], adaptation: Adaptation): Promise<Beginning> {
  if (ids.length === 0) return { ids, layers: Array.from({ length: model.config.layers }, () => ({ key: new Float32Array(0), value: new Float32Array(0) })) };
  const adapted = await model.adapt(adaptation);
  const session = await model.session(`prefill:${adapted.key}:greedy`, () => prefillGraph(model.config, adapted.weights(), { kind: 'greedy' }));
  const outputs = await session.run({
    ...tokenFeeds(model, [ids], 0),
    last: longs(BigInt64Array.of(BigInt(ids.length - 1)), [1]),
    ...adapted.feeds([0]),
  });
  return { ids, layers: Array.from({ length: model.config.layers }, (_, layer) => ({ key: floatData(outputs[keyName(layer)]), value: floatData(outputs[valueName(layer)]) })) };
}

/** log p of every wanted token, row after row. Rows may begin as `beginning` does as far as they like: what they share is used. */
export async function continuationLogProbs(model: LoadedModel, beginning: Beginning, rows: readonly Continuation[], adaptation: Adaptation): Promise<Float32Array> {
  const adapted = await model.adapt(adaptation);
  const session = await model.session(`continuation:${adapted.key}`, () => continuationGraph(model.config, adapted.weights()));
  const { keyValueHeads, headDim, vocabularySize } = model.config;
  // a place whose next token is asked must be a row's own
  const past = Math.min(...rows.map(({ ids, wanted }) => Math.min(sharedLength(beginning.ids, ids), ...wanted.map(({ after }) => after - 1))));
  const own = rows.map(({ ids }) => ids.slice(past));
  const tokens = Math.max(...own.map(({ length }) => length));
  const at: number[] = [];
  const picked = rows.flatMap(({ wanted }, row) => wanted.map(({ after, token }) => {
    const place = row * tokens + after - 1 - past;
    if (at.at(-1) !== place) at.push(place);
    return BigInt((at.length - 1) * vocabularySize + token);
  }));
  const feeds: Feeds = {
    ...tokenFeeds(model, own, past),
    [everyRowName]: floats(new Float32Array(rows.length), [rows.length, 1, 1, 1]),
    at: longs(BigInt64Array.from(at, BigInt), [at.length]),
    picked: longs(BigInt64Array.from(picked), [picked.length]),
    ...adapted.feeds(rows.map((_, row) => row)),
  };
  const dims = [1, keyValueHeads, past, headDim];
  beginning.layers.forEach(({ key, value }, layer) => {
    feeds[pastKeyName(layer)] = floats(firstTokens(key, past, model.config), dims);
    feeds[pastValueName(layer)] = floats(firstTokens(value, past, model.config), dims);
  });
  const { logProbs } = await session.run(feeds);
  return floatData(logProbs);
}

function sharedLength(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** Of [1, heads, tokens, headDim], the first `count` tokens of each head. */
function firstTokens(values: Float32Array, count: number, { keyValueHeads, headDim }: { keyValueHeads: number; headDim: number }): Float32Array {
  const [width, kept] = [values.length / keyValueHeads, count * headDim];
  if (kept === width) return values;
  const first = new Float32Array(keyValueHeads * kept);
  for (let head = 0; head < keyValueHeads; head++) first.set(values.subarray(head * width, head * width + kept), head * kept);
  return first;
}

/** Inputs of tokens that follow `past` others. */
function tokenFeeds(model: LoadedModel, sequences: readonly (readonly number[])[], past: number): Feeds {
  const { rows, tokens, ids, positions } = rightPadded(sequences);
  const { cos, sin, positions: places } = model.rotary.for(past + tokens);
  const tables = [places, model.config.headDim / 2];
  return {
    ids: longs(ids, [rows, tokens]),
    positions: longs(positions.map((position) => position + BigInt(past)), [rows, tokens]),
    cos: floats(cos, tables),
    sin: floats(sin, tables),
    mask: floats(causalMask(tokens, model.config.slidingWindow, past), [tokens, past + tokens]),
  };
}
