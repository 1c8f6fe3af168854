/**
 * Decoding and prefill on the bundled tiny-llama: the model's own weights, an expert merged into weights, factorised
 * with one z for all rows and with a z of each row; beside the naive whole-cache recipe and llama.cpp on the very same
 * fp32 weights. Decode rates count the tokens after each row's first; prefill rates the prompts' tokens up to it.
 */
import { join } from 'node:path';
import { answer } from '../src/engine/host/answering.ts';
import { generate } from '../src/engine/runtime/generate.ts';
import type { Adaptation, LoadedModel } from '../src/engine/runtime/loaded-model.ts';
import { writeGguf } from './gguf.ts';
import { exampleZ, tinyLlama, type Workbench } from './models.ts';
import { openNaive } from './naive.ts';
import { llamaVersion, Peer } from './peers.ts';
import { bestOfTurns, median, type Contestant } from './turns.ts';

const rowCounts = [1, 8, 32, 128] as const;
const threads = 2;
const decodePrompt = 16;
const decodeTokens = 96;
const prefillPrompt = 64;

interface Timed { ids: number[]; prefillSeconds: number; decodeSeconds: number }

/** Tokens a second by contestant; null where a contestant is not installed. */
export interface DecodeFigures {
  rows: number;
  tokensPerSecond: Map<string, number>;
}
export interface DecodeResult {
  decode: DecodeFigures[];
  prefill: DecodeFigures[];
  /** whether every contestant on the model's own weights chose the same tokens */
  sameTokens: Map<string, boolean>;
  slider: { unchangedMs: number; changedMs: number };
}

/** Any prompt will do for a rate: the model's own words for a sum, repeated to the wanted length. */
function promptOf(model: LoadedModel, tokens: number): number[] {
  const { ids } = model.tokenizer.promptIds('Tom has 14 apples and buys 23 more. How many apples does Tom have now?', true);
  return Array.from({ length: tokens }, (_, i) => ids[i % ids.length]);
}

async function timedAnswer(model: LoadedModel, adaptation: Adaptation, rows: number, prompt: readonly number[], tokens: number): Promise<Timed> {
  let started = 0;
  let allStarted = 0;
  const began = performance.now();
  const generated = await generate(model, {
    prompts: Array.from({ length: rows }, () => prompt),
    adaptation,
    seeds: Array.from({ length: rows }, (_, row) => row),
    maxTokens: tokens,
    temperature: 0,
    topP: 1,
    topK: 0,
    stopIds: new Set(),
    onToken: () => {
      if (++started === rows) allStarted = performance.now();
      return false;
    },
  });
  const ended = performance.now();
  return { ids: generated[0].ids, prefillSeconds: (allStarted - began) / 1000, decodeSeconds: (ended - allStarted) / 1000 };
}

export async function benchDecode(bench: Workbench, turns: number): Promise<DecodeResult> {
  bench.models.setThreads(threads);
  return bench.using(tinyLlama, async (model) => {
    const shared = exampleZ(model, 0);
    const merged: Adaptation = { kind: 'merged', weights: await model.merge(shared) };
    const adaptations = (rows: number): [string, Adaptation][] => [
      ['own weights', { kind: 'base' }],
      ['merged', merged],
      ['factorised', { kind: 'shared', z: shared }],
      ['z per row', { kind: 'per-row', z: Array.from({ length: rows }, (_, row) => exampleZ(model, row)) }],
    ];
    const naive = await openNaive(model, threads);
    const llama = llamaVersion() === null ? null : await openLlama(bench, model);
    const sameTokens = new Map<string, boolean>();
    const decode: DecodeFigures[] = [];
    const prefill: DecodeFigures[] = [];
    try {
      const prompt = promptOf(model, decodePrompt);
      const { ids } = await timedAnswer(model, { kind: 'base' }, 1, prompt, decodeTokens);
      const same = (name: string, other: readonly number[]): void => void sameTokens.set(name, (sameTokens.get(name) ?? true) && other.join() === ids.slice(0, other.length).join());
      for (const rows of rowCounts) {
        const contestants: Contestant<{ seconds: number }>[] = [
          ...adaptations(rows).map(([name, adaptation]) => ({ name, turn: async () => ({ seconds: (await timedAnswer(model, adaptation, rows, prompt, decodeTokens)).decodeSeconds }) })),
          {
            name: 'naive',
            turn: async () => {
              const { ids: chosen, decodeSeconds } = await naive.decode(rows, prompt, decodeTokens);
              same('naive', chosen);
              return { seconds: decodeSeconds };
            },
          },
          ...(await llamaContestant(llama, rows, prompt, decodeTokens, ({ ids: chosen, decodeSeconds }) => {
            same('llama.cpp', chosen);
            return decodeSeconds;
          })),
        ];
        decode.push({ rows, tokensPerSecond: rates(await bestOfTurns(contestants, turns), rows * (decodeTokens - 1)) });
      }
      const long = promptOf(model, prefillPrompt);
      for (const rows of rowCounts) {
        const contestants = [
          ...adaptations(rows).map(([name, adaptation]) => ({ name, turn: async () => ({ seconds: (await timedAnswer(model, adaptation, rows, long, 1)).prefillSeconds }) })),
          ...(await llamaContestant(llama, rows, long, 1, ({ prefillSeconds }) => prefillSeconds)),
        ];
        prefill.push({ rows, tokensPerSecond: rates(await bestOfTurns(contestants, turns), rows * prefillPrompt) });
      }
    } finally {
      llama?.close();
      await naive.release();
    }
    return { decode, prefill, sameTokens, slider: await slider(model) };
  });
}

async function openLlama(bench: Workbench, model: LoadedModel): Promise<Peer> {
  const file = join(bench.folder, 'tiny-llama.gguf');
  await writeGguf(model.checkpoint, file);
  return Peer.node('llama.mjs', file);
}

/** With one or two threads, whichever was faster in a turn of each. */
async function llamaContestant(llama: Peer | null, rows: number, prompt: readonly number[], tokens: number, secondsOf: (timed: Timed) => number): Promise<Contestant<{ seconds: number }>[]> {
  if (llama === null) return [];
  const seconds = async (count: number): Promise<number> => secondsOf(await llama.ask<Timed>({ rows, threads: count, prompt, tokens }));
  const [one, two] = [await seconds(1), await seconds(2)];
  return [{ name: 'llama.cpp', turn: async () => ({ seconds: await seconds(one < two ? 1 : 2) }) }];
}

const rates = (best: ReadonlyMap<string, { seconds: number }>, tokens: number): Map<string, number> =>
  new Map([...best].map(([name, { seconds }]) => [name, tokens / seconds]));

/** A question on the desk, of one token, to the base and to the mix: the fader at rest, and moved before each question. */
async function slider(model: LoadedModel): Promise<{ unchangedMs: number; changedMs: number }> {
  const sampling = { maxTokens: 1, temperature: 0, topP: 1, topK: 0, seed: 0, stop: [] };
  const clock = (): number => performance.now() / 1000;
  const ask = async (z: ReturnType<typeof exampleZ>): Promise<number> => {
    const rows = [{ prompt: 'What is 3 + 4?', raw: true }, { prompt: 'What is 3 + 4?', raw: true, z }];
    const began = performance.now();
    await answer(model, { rows, sampling }, () => {}, clock, new AbortController().signal);
    return performance.now() - began;
  };
  const rest = exampleZ(model, 0);
  const times: Record<'unchanged' | 'changed', number[]> = { unchanged: [], changed: [] };
  for (let i = 0; i < 10; i++) await ask(rest);
  for (let i = 0; i < 60; i++) {
    times.unchanged.push(await ask(rest));
    times.changed.push(await ask(exampleZ(model, i)));
  }
  return { unchangedMs: median(times.unchanged), changedMs: median(times.changed) };
}
