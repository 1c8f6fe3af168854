/**
 * The first pass of self-adaptation against the second: which expert a question is for, by each dispatcher, and the answer
 * of the skill's own expert to it, one question at a time, as the desk asks. Both are timed inside the engine.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DispatcherKind, DispatcherState } from '../src/shared/adaptation.ts';
import type { ChatMessage } from '../src/shared/contract.ts';
import type { ZVectors } from '../src/shared/matrices.ts';
import { quickPreset } from '../src/shared/training.ts';
import { dispatch, learnEmbedding, questionOf, quickClassifier, trainClassifier } from '../src/engine/adapt/dispatch/index.ts';
import { answer } from '../src/engine/host/answering.ts';
import type { LoadedModel } from '../src/engine/runtime/loaded-model.ts';
import { createGrader } from '../src/engine/tasks/graders/index.ts';
import { train } from '../src/engine/train/loop.ts';
import { root, tinyLlama, tinyMistral, type Workbench } from './models.ts';
import { mathRows } from './training.ts';
import { median } from './turns.ts';

const skills = ['math', 'code', 'reasoning'] as const;
const tasks = ['math', 'math-hard'] as const;
/** of each skill, as `services/dispatching.ts` takes them */
const learnt = { classifier: 256, validation: 40, embedding: 20 } as const;
/** questions of a task that are timed, after a few that open sessions */
const timed = 120;
const warmUp = 5;
const seed = 0;

export interface FirstPassFigure {
  model: string;
  task: string;
  kind: DispatcherKind;
  /** milliseconds, medians over the questions of all turns */
  firstMs: number;
  secondMs: number;
  answerTokens: number;
  /** share of the questions that were sent to the skill's expert */
  right: number;
}

export async function benchFirstPass(bench: Workbench, turns: number): Promise<FirstPassFigure[]> {
  bench.models.setThreads(2);
  const figures: FirstPassFigure[] = [];
  for (const [model, folder] of [['tiny-llama', tinyLlama], ['tiny-mistral', tinyMistral]] as const) {
    figures.push(...(await bench.using(folder, async (loaded) => {
      const z = await mathExpert(loaded);
      const dispatchers = await made(loaded);
      const found: Omit<FirstPassFigure, 'model'>[] = [];
      for (const task of tasks) found.push(...(await timesOf(loaded, task, dispatchers, z, turns)));
      return found.map((figure) => ({ model, ...figure }));
    })));
  }
  return figures;
}

const questions = (dataset: string, split: string, from: number, to: number): ChatMessage[][] =>
  readFileSync(join(root, `native-models/data/${dataset}/${split}.jsonl`), 'utf8').split('\n').slice(from, to).map((line) => [{ role: 'user', content: (JSON.parse(line) as { prompt: string }).prompt }]);

const ofEach = (from: number, count: number): { messages: ChatMessage[]; expert: number }[] => skills.flatMap((skill, expert) => questions(skill, 'train', from, from + count).map((messages) => ({ messages, expert })));

async function mathExpert(model: LoadedModel): Promise<ZVectors> {
  const { tensors } = await train({
    model, rows: await mathRows(), grader: await createGrader('number'), raw: false, config: { ...quickPreset, seed, learningRate: 0.03, validationRows: 64, testRows: 1 },
    steering: { action: null }, signal: new AbortController().signal, clock: () => performance.now() / 1000, memory: () => process.memoryUsage.rss(), emit: () => {},
  });
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data]));
}

async function made(model: LoadedModel): Promise<DispatcherState[]> {
  const categories = skills.map((name) => ({ name, description: '' }));
  const asked = (of: readonly { messages: ChatMessage[]; expert: number }[]): { question: string; expert: number }[] => of.map(({ messages, expert }) => ({ question: questionOf(messages), expert }));
  const { z, habit } = await trainClassifier({
    model, categories, training: asked(ofEach(0, learnt.classifier)), validation: asked(ofEach(learnt.classifier, learnt.validation)),
    config: { ...quickClassifier, seed }, signal: new AbortController().signal,
  });
  return [{ kind: 'prompt', categories }, { kind: 'classifier', categories, z, habit }, { kind: 'embedding', fitted: await learnEmbedding(model, ofEach(0, learnt.embedding), skills.length) }];
}

async function timesOf(model: LoadedModel, task: string, dispatchers: readonly DispatcherState[], z: ZVectors, turns: number): Promise<Omit<FirstPassFigure, 'model'>[]> {
  const all = questions(task, 'test', 0, timed);
  const sampling = { maxTokens: 48, temperature: 0, topP: 1, topK: 0, seed, stop: [] };
  const signal = new AbortController().signal;
  const measured = dispatchers.map(() => ({ first: [] as number[], second: [] as number[], tokens: [] as number[], right: 0 }));
  const once = async (messages: ChatMessage[], which: number): Promise<void> => {
    const began = performance.now();
    const [{ expert }] = await dispatch(model, dispatchers[which], [messages]);
    const decided = performance.now();
    const { rows } = await answer(model, { rows: [{ prompt: messages, raw: false, z }], sampling }, () => {}, () => performance.now() / 1000, signal);
    const times = measured[which];
    times.second.push(performance.now() - decided);
    times.first.push(decided - began);
    times.tokens.push(rows[0].ids.length);
    times.right += expert === skills.indexOf('math') ? 1 : 0;
  };
  for (const messages of all.slice(0, warmUp)) for (const which of dispatchers.keys()) await once(messages, which);
  for (const times of measured) Object.assign(times, { first: [], second: [], tokens: [], right: 0 });
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, messages] of all.entries()) {
      // each of them is now the first to see a question
      for (const j of dispatchers.keys()) await once(messages, (i + j) % dispatchers.length);
    }
  }
  return dispatchers.map(({ kind }, which) => {
    const { first, second, tokens, right } = measured[which];
    return { task, kind, firstMs: median(first), secondMs: median(second), answerTokens: median(tokens), right: right / first.length };
  });
}
