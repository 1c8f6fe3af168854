/**
 * One training step, sampling and gradient, at batch 64: the application's own loop, beside an independent NumPy
 * implementation and a plain PyTorch loop (transformers' `generate` and autograd) of the same step.
 */
import { join } from 'node:path';
import type { TaskRow } from '../src/engine/host/protocol.ts';
import { createGrader } from '../src/engine/tasks/graders/index.ts';
import { readDataset } from '../src/engine/tasks/inspect.ts';
import { promptsOf } from '../src/engine/train/answers.ts';
import { train } from '../src/engine/train/loop.ts';
import { quickPreset, type TrainingConfig } from '../src/shared/training.ts';
import { root, stories, tinyLlama, type Workbench } from './models.ts';
import { Peer, pythonVersion } from './peers.ts';
import { bestOfTurns, type Contestant } from './turns.ts';

const batchSize = 64;
const stepsOfTurn = 3;

export interface TrainingFigure {
  task: string;
  answerTokens: number;
  /** seconds of one step by contestant */
  seconds: Map<string, number>;
}

interface Task {
  name: string;
  folder: string;
  grader: string;
  raw: boolean;
  maxTokens: number;
  rows: TaskRow[];
}

const names = ['Lily', 'Tom', 'Ben', 'Mia', 'Sam', 'Anna', 'Max', 'Sue', 'Tim', 'Amy', 'Jack', 'Lucy', 'Bob', 'Mary', 'Leo', 'Ella'];

function storyRows(): TaskRow[] {
  const openings = names.flatMap((name) => [`Once upon a time, there was a little girl named ${name}.`, `One day, ${name} went to the park.`]);
  return openings.map((content, row) => ({ row, messages: [{ role: 'user', content }], reference: null, data: {} }));
}

async function mathRows(): Promise<TaskRow[]> {
  const rows: TaskRow[] = [];
  await readDataset({
    path: join(root, 'native-models/data/math/train.jsonl'),
    mapping: { kind: 'prompt-answer', prompt: 'prompt', answer: 'answer' },
    onRows: (batch) => void rows.push(...batch),
  });
  return rows.slice(0, 400);
}

export async function benchTraining(bench: Workbench, turns: number): Promise<TrainingFigure[]> {
  bench.models.setThreads(2);
  const tasks: Task[] = [
    { name: 'stories260K, 64 × 48 tokens', folder: stories, grader: 'contains: dog', raw: true, maxTokens: 48, rows: storyRows() },
    { name: 'tiny-llama, math rows, 64 × up to 64 tokens', folder: tinyLlama, grader: 'number', raw: false, maxTokens: 64, rows: await mathRows() },
  ];
  const figures: TrainingFigure[] = [];
  for (const task of tasks) figures.push(await benchTask(bench, task, turns));
  return figures;
}

async function benchTask(bench: Workbench, task: Task, turns: number): Promise<TrainingFigure> {
  const prompts = await bench.using(task.folder, async (model) => promptsOf(model, task.rows.slice(0, batchSize), task.raw).map(({ ids }) => ids));
  const batch = Array.from({ length: batchSize }, (_, i) => prompts[i % prompts.length]);
  let answerTokens = 0;
  const ours: Contestant<{ seconds: number }> = {
    name: 'Singular',
    turn: async () => {
      const steps = await ownSteps(bench, task);
      answerTokens = Math.max(...steps.map((step) => step.answerTokens));
      return { seconds: Math.min(...steps.map(({ seconds }) => seconds)) };
    },
  };
  const peers = [
    ...(pythonVersion('numpy') === null ? [] : [{ name: 'NumPy', peer: Peer.python('yardstick.py', task.folder) }]),
    ...(pythonVersion('torch') === null || pythonVersion('transformers') === null ? [] : [{ name: 'PyTorch', peer: Peer.python('torch_step.py', task.folder) }]),
  ];
  const contestants = peers.map(({ name, peer }) => ({
    name,
    turn: async () => ({ seconds: (await peer.ask<{ seconds: number }>({ prompts: batch, tokens: task.maxTokens, wanted: ' dog' })).seconds }),
  }));
  try {
    const best = await bestOfTurns([ours, ...contestants], turns);
    return { task: task.name, answerTokens, seconds: new Map([...best].map(([name, { seconds }]) => [name, seconds])) };
  } finally {
    for (const { peer } of peers) peer.close();
  }
}

/** Seconds and tokens of a few steps, as the loop itself reports them; its validations are outside these figures. */
async function ownSteps(bench: Workbench, { folder, grader, raw, maxTokens, rows }: Task): Promise<{ seconds: number; answerTokens: number }[]> {
  const config: TrainingConfig = { ...quickPreset, steps: stepsOfTurn, batchSize, maxTokens, validationRows: 1, validationTemperature: 0, validateEvery: 1000, checkpointEvery: 1000 };
  const steps: { seconds: number; answerTokens: number }[] = [];
  const grading = await createGrader(grader);
  await bench.using(folder, (model) =>
    train({
      model, rows, grader: grading, raw, config, steering: { action: null }, signal: new AbortController().signal,
      clock: () => performance.now() / 1000,
      emit: (event) => {
        if (event.type === 'step') steps.push(event.metric);
      },
    }),
  );
  return steps;
}
