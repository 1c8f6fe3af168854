/**
 * One training step, sampling and gradient, at batch 64: the application's own loop, beside an independent NumPy
 * implementation and PyTorch loops (transformers' `generate` and autograd), batched and one sequence at a time, of the
 * same step with as many answer tokens: a fixed number in every answer, no token ending one, or the numbers that the
 * answers of this model to these prompts really have.
 */
import { join } from 'node:path';
import type { TaskRow } from '../src/engine/host/protocol.ts';
import { createGrader } from '../src/engine/tasks/graders/index.ts';
import { readDataset } from '../src/engine/tasks/inspect.ts';
import type { LoadedModel } from '../src/engine/runtime/loaded-model.ts';
import { answerSeeds, gradedAnswers, promptsOf } from '../src/engine/train/answers.ts';
import { train } from '../src/engine/train/loop.ts';
import { quickPreset, type TrainingConfig } from '../src/shared/training.ts';
import { root, stories, tinyLlama, type Workbench } from './models.ts';
import { Peer, pythonVersion } from './peers.ts';
import { bestOfTurns, type Contestant } from './turns.ts';

const batchSize = 64;
const stepsOfTurn = 3;

export interface TrainingFigure {
  task: string;
  /** of a step: ours, and the peers' that count */
  answerTokens: number;
  peerTokens: number;
  /** seconds of one step by contestant */
  seconds: Map<string, number>;
}

interface Task {
  name: string;
  folder: string;
  grader: string;
  raw: boolean;
  maxTokens: number;
  /** answers end where the model ends them, and not only at maxTokens */
  natural: boolean;
  /** what every contestant's step answers, each once or more, and a row that is only there to be validated on */
  rows: TaskRow[];
  spare: TaskRow;
}

const stepNames = ['Lily', 'Tom', 'Ben', 'Mia', 'Sam', 'Anna', 'Max', 'Sue', 'Tim', 'Amy', 'Jack', 'Lucy', 'Bob', 'Mary', 'Leo', 'Ella'];

function storyRows(names: readonly string[]): TaskRow[] {
  const openings = names.flatMap((name) => [`Once upon a time, there was a little girl named ${name}.`, `One day, ${name} went to the park.`]);
  return openings.map((content, row) => ({ row, messages: [{ role: 'user', content }], reference: null, data: {} }));
}

export async function mathRows(): Promise<TaskRow[]> {
  const rows: TaskRow[] = [];
  await readDataset({
    path: join(root, 'native-models/data/math/train.jsonl'),
    mapping: { kind: 'prompt-answer', prompt: 'prompt', answer: 'answer' },
    onRows: (batch) => void rows.push(...batch),
  });
  return rows.slice(0, batchSize + 1);
}

export async function benchTraining(bench: Workbench, turns: number): Promise<TrainingFigure[]> {
  bench.models.setThreads(2);
  const rows = await mathRows();
  const math = { folder: tinyLlama, grader: 'number', raw: false, rows: rows.slice(0, batchSize), spare: rows[batchSize] };
  const tasks: Task[] = [
    { name: 'tiny-llama, math rows, 64 × 48 tokens', ...math, maxTokens: 48, natural: false },
    { name: 'tiny-llama, math rows, 64 × up to 64 tokens', ...math, maxTokens: 64, natural: true },
    { name: 'stories260K, 64 × 48 tokens', folder: stories, grader: 'contains: dog', raw: true, maxTokens: 48, natural: false, rows: storyRows(stepNames), spare: storyRows(['Nora'])[0] },
  ];
  const figures: TrainingFigure[] = [];
  for (const task of tasks) figures.push(await benchTask(bench, task, turns));
  return figures;
}

async function benchTask(bench: Workbench, task: Task, turns: number): Promise<TrainingFigure> {
  const { batch, lengths } = await bench.using(task.folder, async (model) => {
    const rows = promptsOf(model, task.rows, task.raw);
    const prompts = Array.from({ length: batchSize }, (_, i) => rows[i % rows.length]);
    const sampling = { maxTokens: task.maxTokens, temperature: 1, topP: 1, topK: 0, seed: 0, stop: [] };
    const answers = await gradedAnswers(endless(model, !task.natural), prompts, { kind: 'base' }, await createGrader(task.grader), { sampling, seeds: answerSeeds(0, 1, batchSize) });
    return { batch: prompts.map(({ ids }) => ids), lengths: answers.map(({ ids }) => ids.length) };
  });
  let answerTokens = 0;
  const ours: Contestant<{ seconds: number }> = {
    name: 'Singular',
    turn: async () => {
      const steps = await ownSteps(bench, task);
      answerTokens = Math.max(...steps.map((step) => step.answerTokens));
      return { seconds: Math.min(...steps.map(({ seconds }) => seconds)) };
    },
  };
  const numpy = pythonVersion('numpy') === null || task.natural ? null : Peer.python('yardstick.py', task.folder);
  const torch = pythonVersion('torch') === null || pythonVersion('transformers') === null ? null : Peer.python('torch_step.py', task.folder);
  const contestant = (name: string, peer: Peer | null, request: object): Contestant<{ seconds: number }>[] =>
    peer === null ? [] : [{ name, turn: async () => ({ seconds: (await peer.ask<{ seconds: number }>({ prompts: batch, wanted: ' dog', ...request })).seconds }) }];
  const contestants = [
    ours,
    ...contestant('NumPy', numpy, { tokens: task.maxTokens }),
    ...contestant('PyTorch', torch, { lengths, way: 'batched' }),
    ...contestant('PyTorch, one at a time', torch, { lengths, way: 'single' }),
  ];
  try {
    const best = await bestOfTurns(contestants, turns);
    return { task: task.name, answerTokens, peerTokens: lengths.reduce((a, b) => a + b, 0), seconds: new Map([...best].map(([name, { seconds }]) => [name, seconds])) };
  } finally {
    numpy?.close();
    torch?.close();
  }
}

/** The same model, no token of which ends an answer. */
const endless = (model: LoadedModel, really: boolean): LoadedModel =>
  really ? (Object.create(model, { tokenizer: { value: { ...model.tokenizer, eosTokenIds: [] } } }) as LoadedModel) : model;

/**
 * Seconds and tokens of a few steps, as the loop itself reports them; its validations are outside these figures. A step is
 * whole, but so short that answers stay those of the base, which are as long as the peers'.
 */
async function ownSteps(bench: Workbench, { folder, grader, raw, maxTokens, natural, ...task }: Task): Promise<{ seconds: number; answerTokens: number }[]> {
  const rows: TaskRow[] = [...task.rows.map((row) => ({ ...row, split: 'train' as const })), { ...task.spare, split: 'validation' }];
  const config: TrainingConfig = { ...quickPreset, steps: stepsOfTurn, learningRate: 1e-9, batchSize, maxTokens, validationRows: 1, validationTemperature: 0, validateEvery: 1000, checkpointEvery: 1000 };
  const steps: { seconds: number; answerTokens: number }[] = [];
  const grading = await createGrader(grader);
  await bench.using(folder, (model) =>
    train({
      model: endless(model, !natural), rows, grader: grading, raw, config, steering: { action: null }, signal: new AbortController().signal,
      clock: () => performance.now() / 1000, memory: () => process.memoryUsage.rss(),
      emit: (event) => {
        if (event.type === 'step') steps.push(event.metric);
      },
    }),
  );
  return steps;
}
