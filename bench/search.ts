/**
 * One generation of a search over α: 32 candidates × 10 examples × 48 tokens, and up to 48 as answers end, as one batch
 * with a z in every row, beside candidate after candidate with weights formed anew, by this engine and, as the published
 * code goes about it, by PyTorch (`peers/search.py`).
 */
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { ZVectors } from '../src/shared/matrices.ts';
import { generate, type Generated, type GenerateRequest } from '../src/engine/runtime/generate.ts';
import type { Adaptation, LoadedModel } from '../src/engine/runtime/loaded-model.ts';
import { exampleZ, root, tinyLlama, type Workbench } from './models.ts';
import { Peer, pythonVersion } from './peers.ts';
import { bestOfTurns, type Contestant } from './turns.ts';

const candidates = 32;
const examples = 10;
const tokens = 48;
/** candidates that the slowest way is timed on; it takes them one after the other, so the rest would be more of the same */
const sampled = 2;

export interface SearchFigures {
  /** whether an answer ends where the model ends it */
  ending: boolean;
  answerTokens: number;
  /** seconds of a generation by contestant */
  seconds: Map<string, number>;
  /** share of greedy answers that the peer gave alike, token for token */
  alike: number | null;
}

export async function benchSearch(bench: Workbench, turns: number): Promise<SearchFigures[]> {
  bench.models.setThreads(2);
  return bench.using(tinyLlama, async (model) => [await benchGeneration(model, turns, false), await benchGeneration(model, turns, true)]);
}

async function benchGeneration(model: LoadedModel, turns: number, ending: boolean): Promise<SearchFigures> {
  const rows = readFileSync(join(root, 'native-models/data/math-hard/train.jsonl'), 'utf8').split('\n').slice(0, examples).map((line) => JSON.parse(line) as { prompt: string });
  const prompts = rows.map(({ prompt }) => model.tokenizer.promptIds([{ role: 'user', content: prompt }], false).ids);
  const zs = Array.from({ length: candidates }, (_, candidate) => exampleZ(model, candidate));
  const [end] = model.tokenizer.eosTokenIds;
  const ends = new Set(ending ? [end] : []);
  let answers: Generated[] = [];
  const contestants: Contestant<{ seconds: number }>[] = [
    { name: 'one batch', turn: async () => timed(async () => void (answers = await answer(model, ends, zs.flatMap(() => prompts), { kind: 'per-row', z: zs.flatMap((z) => prompts.map(() => z)) }))) },
    { name: 'one by one', turn: async () => timed(async () => {
      for (const z of zs) await answer(model, ends, prompts, { kind: 'merged', weights: await model.merge(z) });
    }) },
  ];
  const torch = pythonVersion('torch') === null || pythonVersion('transformers') === null ? null : Peer.python('search.py', tinyLlama);
  let alike: number | null = null;
  if (torch) {
    const ask = (way: 'batched' | 'single', of: readonly ZVectors[]) => torch.ask<{ seconds: number; answers: number[][] }>({ prompts, tokens, candidates: of.map(plain), way, end: ending ? end : null });
    contestants.push({ name: 'PyTorch, one by one', turn: async () => {
      const { seconds, answers: theirs } = await ask('batched', zs);
      alike = theirs.filter((ids, i) => ids.slice(0, answers[i].ids.length).join() === answers[i].ids.join()).length / theirs.length;
      return { seconds };
    } });
    contestants.push({ name: 'PyTorch, one by one, an example at a time', turn: async () => ({ seconds: (await ask('single', zs.slice(0, sampled))).seconds * (candidates / sampled) }) });
  }
  try {
    const best = await bestOfTurns(contestants, turns);
    return { ending, answerTokens: answers.reduce((sum, { ids }) => sum + ids.length, 0), seconds: new Map([...best].map(([name, { seconds }]) => [name, seconds])), alike };
  } finally {
    torch?.close();
  }
}

const plain = (z: ZVectors): Record<string, number[]> => Object.fromEntries(Object.entries(z).map(([name, values]) => [name, [...values]]));

/** Greedy. */
const answer = (model: LoadedModel, stopIds: ReadonlySet<number>, prompts: GenerateRequest['prompts'], adaptation: Adaptation): Promise<Generated[]> =>
  generate(model, { prompts, adaptation, seeds: prompts.map(() => 0), maxTokens: tokens, temperature: 0, topP: 1, topK: 0, stopIds });

async function timed(work: () => Promise<void>): Promise<{ seconds: number }> {
  const began = performance.now();
  await work();
  return { seconds: (performance.now() - began) / 1000 };
}
