/** Made-up runs, trials and comparisons for looking at screens; every figure is seeded. */
import type { ComparisonDetailDto, ComparisonDto, DatasetDto, Interval, RunDto, SpectrumDto, TestScoreDto, TrialDto } from '../../shared/contract.ts';
import type { ComparisonPlan } from '../../shared/comparison.ts';
import { projections } from '../../shared/matrices.ts';
import type { TaskDto } from '../../shared/task.ts';
import { quickPreset } from '../../shared/training.ts';

export const around = (mean: number, half: number): Interval => ({ mean, low: mean - half, high: mean + half });
export const testScore = (base: number, gain: number, half: number): TestScoreDto => ({ rows: 600, samples: 1, temperature: 0, base: around(base, 0.04), score: around(base + gain, 0.038), gain: around(gain, half) });
export const rowsUsed = { train: { rows: 1900, from: 'math.jsonl, train' }, validation: { rows: 380, from: 'math.jsonl, validation' }, test: { rows: 600, from: 'math.jsonl, test' } };

export const datasets: DatasetDto[] = ['math', 'code', 'reasoning'].map((name, index) => ({
  id: `d${index}`, name, source: 'bundled', fileName: `${name}.jsonl`, rows: 2880, unusable: 0, hash: 'b94d', columns: ['prompt', 'answer'], mapping: { kind: 'prompt-answer', prompt: 'prompt', answer: 'answer' },
  suggestedGrader: index === 1 ? 'python' : 'number', createdAt: 0, description: 'Worded arithmetic of two steps.', splits: { train: 1900, validation: 380, test: 600, unassigned: 0 },
}));

export const tasks: TaskDto[] = datasets.map(({ id, name, rows, suggestedGrader, mapping }, index) => ({
  id: `t${index}`, name, source: 'bundled', datasetId: id, datasetName: name, rows, grader: suggestedGrader, raw: false, mapping, splits: { by: 'dataset' }, createdAt: 0, updatedAt: 0,
}));

export function run(now: number): RunDto {
  const trials: TrialDto[] = [0, 1, 2].map((trial) => ({ trial, seed: trial, klCoefficient: 0.02, steps: 40, bestStep: 40 - 5 * trial, baseValidation: 0.51, validation: 0.62 + 0.02 * trial, test: testScore(0.51, 0.09 + 0.02 * trial, 0.045), seconds: 60, chosen: trial === 2 }));
  const wave = (trial: number, step: number): number => 0.51 + (0.11 + 0.03 * trial) * (1 - Math.exp(-step / 14)) + 0.012 * Math.sin(step * (1 + trial));
  return {
    id: 'r1', name: 'units', kind: 'train', jobId: 'j9', state: 'succeeded', modelId: 'm1', modelName: 'tiny-llama', datasetName: 'units.jsonl', datasetHash: 'b94d', grader: 'number', raw: false, preset: 'quick', config: { ...quickPreset, seeds: 3 },
    createdAt: now - 3_600_000, baseScore: 0.51, bestScore: 0.66, bestStep: 30, gain: around(0.11, 0.04), expertId: 'e0',
    steps: trials.flatMap(({ trial }) => Array.from({ length: 40 }, (_, index) => ({ trial, step: index + 1, loss: -0.1, reward: 2 * wave(trial, index) - 1, score: wave(trial, index) + 0.05 * Math.sin(index * 2.3), klPolicyBase: 0.002 * index, gradientNorm: 0.4 / (1 + index), learningRate: 0.05 * (1 - index / 40), tokensPerSecond: 2300, answerTokens: 1500, seconds: 1.4 }))),
    validations: trials.flatMap(({ trial }) => [0, 5, 10, 15, 20, 25, 30, 35, 40].map((step) => ({ trial, step, score: step === 0 ? 0.51 : wave(trial, step), interval: around(wave(trial, step), 0.05), best: step === 40 - 5 * trial, rows: 256 }))),
    lastSamples: [], seconds: 184, command: 'singular train --model tiny-llama --data units.jsonl --grader number --name units --preset quick --set seed=0 --set seeds=3',
    test: testScore(0.51, 0.11, 0.03), trials, cost: { trainableParameters: 10_752, seconds: 184, peakMemoryBytes: 412_000_000, answerTokens: 410_000 }, rowsUsed,
  };
}

const plan: ComparisonPlan = {
  name: 'SVF against its baselines', description: 'Three skills, both models, as in tables 1, 4 and 7.', models: ['m1', 'm2'], tasks: ['d0', 'd1', 'd2'].map((dataset) => ({ dataset, raw: false })),
  methods: ['SVF, MLP', 'SVF, attention', 'SVF, both', 'SVF, next token', 'LoRA, policy gradient', 'DoRA, next token', 'A method whose name is longer than any column wants it to be'].map((name) => ({ name, preset: 'quick', set: {} })), seeds: [0, 1, 2], set: {},
};

export function comparison(now: number): ComparisonDetailDto {
  const models = ['tiny-llama', 'HuggingFaceTB/SmolLM2-135M-Instruct'];
  const pairs = models.flatMap((modelName) => datasets.map((task) => ({ modelName, task: task.name })));
  const table = pairs.flatMap(({ modelName, task }, pair) => plan.methods.flatMap(({ name }, method) => plan.seeds.map((seed) => {
    const index = (pair * plan.methods.length + method) * 3 + seed;
    const gain = 0.12 - 0.035 * method + 0.01 * seed;
    const state = index < 70 ? (index % 17 === 11 ? 'failed' as const : 'done' as const) : index === 70 ? 'running' as const : 'waiting' as const;
    return {
      index, modelId: 'm1', modelName, task, datasetId: 'd0', method: name, seed, state,
      ...(state === 'done' ? { runId: 'r1', expertId: 'e0', test: testScore(0.5, gain, 0.04), cost: { trainableParameters: 10_752 * (method + 1), seconds: 130 + method, peakMemoryBytes: 412_000_000, answerTokens: 1 }, bestStep: 30 } : {}),
      ...(state === 'failed' ? { error: 'The engine ended while it trained: out of memory at 4.1 GB; 2 GB were free.' } : {}),
    };
  })));
  const summary = pairs.flatMap(({ modelName, task }) => {
    const done = plan.methods.map(({ name }, method) => ({ name, method, cells: table.filter((cell) => cell.modelName === modelName && cell.task === task && cell.method === name && cell.state === 'done') })).filter(({ cells }) => cells.length > 0);
    const none = { seeds: 0, trainableParameters: 0, seconds: 0, peakMemoryBytes: 0 };
    return done.length === 0 ? [] : [
      { modelName, task, method: null, score: around(0.5, 0.04), normalised: 1, ...none },
      ...done.map(({ name, method, cells }) => ({ modelName, task, method: name, seeds: cells.length, score: around(0.62 - 0.035 * method, 0.03), gain: around(0.12 - 0.035 * method, 0.028), normalised: (0.62 - 0.035 * method) / 0.5, trainableParameters: 10_752 * (method + 1), seconds: 130 + method, peakMemoryBytes: 412_000_000 })),
    ];
  });
  return { id: 'c1', name: plan.name, state: 'running', jobId: 'j8', createdAt: now - 3_600_000, plan, cells: table.length, done: table.filter((cell) => cell.state === 'done').length, failed: table.filter((cell) => cell.state === 'failed').length, secondsLeft: 5200, seconds: 3600, command: 'singular compare svf-against-its-baselines.json', table, summary, dispatch: [] };
}
export const listed = (detail: ComparisonDetailDto): ComparisonDto => {
  const { table: _table, summary: _summary, dispatch: _dispatch, ...rest } = detail;
  return rest;
};

export function spectrum(): SpectrumDto {
  const ranks = [1, 2, 4, 8, 16, 32, 64, 128];
  return { ranks, matrices: Array.from({ length: 6 }, (_, layer) => projections.map((projection, index) => ({ name: `model.layers.${layer}.${projection}`, layer, projection, rank: 256, shares: ranks.map((rank) => 1 - Math.exp(-1 * (rank / (16 + 12 * index)) ** 0.7 * (1 + 0.1 * Math.sin(layer)))) }))).flat() };
}
