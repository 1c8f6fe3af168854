/** Answers as the window and the command line ask for them: text as it streams, and what a mix changed in it. */
import type { ZVectors } from '../../shared/matrices.ts';
import { generate } from '../runtime/generate.ts';
import type { Adaptation, LoadedModel } from '../runtime/loaded-model.ts';
import { Random } from '../runtime/random.ts';
import { logProbsOf } from '../runtime/score.ts';
import { StopWatcher } from '../runtime/stop.ts';
import { isBase } from '../train/methods/index.ts';
import { objective } from '../train/objective.ts';
import type { EngineCalls, GenerateRow, ModelPlace } from './protocol.ts';

type Generate = EngineCalls['generate'];
type GenerateInput = Omit<Generate['input'], 'model'>;

/** Answers long enough for forming the weights once to be cheaper than factors at every token. */
const mergeFrom = 2048;

async function adaptationFor(model: LoadedModel, rows: readonly GenerateRow[], maxTokens: number): Promise<Adaptation> {
  const zs = rows.map(({ z }) => z ?? {});
  if (zs.every(isBase)) return { kind: 'base' };
  const [first] = zs;
  if (zs.some((z) => z !== first && rows.length > 1)) return { kind: 'per-row', z: zs };
  return rows.length * maxTokens >= mergeFrom ? { kind: 'merged', weights: await model.merge(first) } : { kind: 'shared', z: first };
}

export async function answer(model: LoadedModel, { rows, sampling }: GenerateInput, emit: (event: Generate['event']) => void, clock: () => number, signal: AbortSignal): Promise<Generate['result']> {
  const began = clock();
  const prompts = rows.map(({ prompt, raw }) => model.tokenizer.promptIds(prompt, raw).ids);
  const seeds = rows.map(({ seed }, row) => seed ?? new Random(sampling.seed, row).bits());
  const decoders = rows.map(() => model.tokenizer.streamDecoder({ skipSpecialTokens: true }));
  const watchers = rows.map(() => (sampling.stop.length > 0 ? new StopWatcher(model.tokenizer, sampling.stop) : null));
  const stopIds = new Set(model.tokenizer.eosTokenIds);
  let firstTokenMs = 0;
  const generated = await generate(model, {
    prompts,
    adaptation: await adaptationFor(model, rows, sampling.maxTokens),
    seeds,
    maxTokens: sampling.maxTokens,
    temperature: sampling.temperature,
    topP: sampling.topP,
    topK: sampling.topK,
    stopIds,
    signal,
    onToken: (row, id) => {
      if (firstTokenMs === 0) firstTokenMs = (clock() - began) * 1000;
      emit({ row, tokens: [{ text: decoders[row].push(id), id }] });
      return watchers[row]?.sees(id) ?? false;
    },
  });
  const seconds = clock() - began;
  const results = generated.map(({ ids, logProbs, stopReason }, row) => {
    const rest = decoders[row].flush();
    emit({ row, tokens: rest === '' ? [] : [{ text: rest, id: -1 }], done: { stopReason } });
    const text = watchers[row]?.finish() ?? model.tokenizer.decode(ids, { skipSpecialTokens: true });
    return { text, ids, promptIds: prompts[row], promptTokens: prompts[row].length, stopReason, logProbs };
  });
  const tokens = generated.reduce((sum, { ids }) => sum + ids.length, 0);
  return { rows: results, tokensPerSecond: decodeRate(tokens, rows.length, seconds, firstTokenMs / 1000), firstTokenMs, ms: seconds * 1000, device: model.device };
}

/** Tokens a second after the first of each row, whose time (opening graphs, the prompt) is told on its own. */
const decodeRate = (tokens: number, rows: number, seconds: number, firstSeconds: number): number =>
  tokens > rows && seconds > firstSeconds ? (tokens - rows) / (seconds - firstSeconds) : tokens / seconds;

/** Of each token of an answer: log p under z minus under the base; and the KL divergence from the base per token. */
export async function compare(model: LoadedModel, { promptIds, answerIds, z }: Omit<EngineCalls['compare']['input'], 'model'> & { model?: ModelPlace }): Promise<EngineCalls['compare']['result']> {
  if (answerIds.length === 0) return { tokens: [], klPerToken: 0 };
  const sequence = { prompt: promptIds, answer: answerIds };
  const base = await logProbsOf(model, [sequence], { kind: 'base' });
  const changed = isBase(z) ? base : await logProbsOf(model, [sequence], { kind: 'shared', z });
  const klPerToken = isBase(z) ? 0 : await klOf(model, z, sequence);
  const decoder = model.tokenizer.streamDecoder({ skipSpecialTokens: true });
  return { tokens: answerIds.map((id, i) => ({ text: decoder.push(id), difference: changed[i] - base[i] })), klPerToken };
}

async function klOf(model: LoadedModel, z: ZVectors, sequence: { prompt: readonly number[]; answer: readonly number[] }): Promise<number> {
  const { klPolicyBase } = await objective(model, z, [{ ...sequence, weight: 0, klWeight: 0 }], { klDirection: 'policy-base', gradient: false });
  return klPolicyBase[0] / sequence.answer.length;
}
