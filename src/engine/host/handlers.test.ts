/** The calls around a training, as the privileged process makes them, on the bundled model: train → evaluate → export → the same answers again. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { quickPreset, type TrainingConfig } from '../../shared/training.ts';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { handlers, type Call } from './handlers.ts';
import { ModelStore } from './model-store.ts';
import type { EngineCalls, EngineMethod, TaskRow } from './protocol.ts';

const root = join(import.meta.dirname, '../../..');
const home = mkdtempSync(join(tmpdir(), 'singular-handlers-'));
const place = { folder: join(root, 'native-models/tiny-llama'), cacheRoot: join(home, 'cache'), device: 'cpu' } as const;
const models = new ModelStore(() => {});
const sampling = { maxTokens: 40, temperature: 0, topP: 1, topK: 0, seed: 0, stop: [] };
const config: TrainingConfig = { ...quickPreset, method: 'ia3', objective: 'next-token', steps: 3, batchSize: 8, maxTokens: 40, learningRate: 0.05, validationTemperature: 0, validateEvery: 3 };
const split = (row: number): TaskRow['split'] => (row < 24 ? 'train' : row < 32 ? 'validation' : 'test');
let rows: TaskRow[];
const notices: string[] = [];

beforeAll(() => {
  models.setThreads(1);
  const lines = readFileSync(join(root, 'native-models/data/math/train.jsonl'), 'utf8').split('\n').slice(0, 48);
  rows = lines.map((line, row) => {
    const data = JSON.parse(line) as { prompt: string; answer: string };
    return { row, messages: [{ role: 'user', content: data.prompt }], reference: data.answer, data, split: split(row) };
  });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function call<M extends EngineMethod>(method: M, input: EngineCalls[M]['input']): Promise<EngineCalls[M]['result']> {
  const context: Call<M> = { emit: () => {}, deliver: async () => {}, notice: (message) => void notices.push(message), signal: new AbortController().signal, steering: { action: null }, models };
  return handlers[method](input, context);
}

it('an adapter that was trained scores the same when evaluated, and as the checkpoint it is merged into', async () => {
  const task = { model: place, grader: 'number', raw: false };
  const { tensors, test, rowsUsed, cost } = await call('train', { ...task, rows, config });
  expect(rowsUsed).toEqual({ train: 24, validation: 8, test: 16 });
  expect(cost.trainableParameters).toBe(6 * (96 + 96 + 512));
  expect(cost.peakMemoryBytes).toBeGreaterThan(1e7);
  const tuning = { method: 'ia3', tensors, rank: 1, alpha: 1 } as const;
  const tests = rows.slice(32);
  const evaluated = await call('evaluate', { ...task, rows: tests, tuning, sampling, samples: 1 });
  expect(evaluated.score).toBe(test.score.mean);
  const paired = await call('evaluate', { ...task, rows: tests, tuning, withBase: true, sampling, samples: 1 });
  expect(paired.samples).toEqual(evaluated.samples.map((sample) => ({ ...sample, step: 1 })));
  expect(paired.base?.test).toEqual({ ...test, temperature: sampling.temperature });
  expect(paired.base?.samples).toEqual((await call('evaluate', { ...task, rows: tests, tuning: { method: 'svf', z: {} }, sampling, samples: 1 })).samples);

  const adapter = join(home, 'adapter');
  await call('exportAdapter', { model: place, path: adapter, ...tuning, dropout: 0, baseModel: 'tiny-llama', metadata: {} });
  expect((await openSafetensors(join(adapter, 'adapter_model.safetensors'))).tensors.size).toBe(18);
  expect(existsSync(join(adapter, 'adapter_config.json'))).toBe(true);

  const merged = join(home, 'merged');
  await call('exportMerged', { model: place, tuning, path: merged, metadata: {} });
  const asBase = await call('evaluate', { ...task, model: { ...place, folder: merged }, rows: tests, tuning: { method: 'svf', z: {} }, sampling, samples: 1 });
  expect(asBase.samples.map(({ answer }) => answer)).toEqual(evaluated.samples.map(({ answer }) => answer));
});

it('the spectrum of every matrix, descending; a z of ones, shuffled, is the base', async () => {
  const spectrum = await call('spectrum', place);
  expect(spectrum).toHaveLength(42);
  expect(spectrum[0]).toMatchObject({ name: 'model.layers.0.self_attn.q_proj.weight', layer: 0, projection: 'q' });
  for (const { sigma } of spectrum) expect([...sigma]).toEqual([...sigma].sort((a, b) => b - a));
  const z = Object.fromEntries(spectrum.map(({ name, sigma }) => [name, new Float32Array(sigma.length).fill(1)]));
  const control = await call('control', { model: place, rows: rows.slice(32), grader: 'number', raw: false, z, shuffleSeed: 3, sampling, samples: 1 });
  expect(control).toMatchObject({ rows: 16, samples: 1, temperature: 0, gain: { mean: 0 }, base: { mean: control.score.mean } });
});

it('rows that the model has no room for are left out and named, wherever rows are answered or chosen', async () => {
  const long = { ...rows[40], row: 99, messages: [{ role: 'user' as const, content: 'word '.repeat(600) }] };
  const task = { model: place, grader: 'number', raw: false };
  notices.length = 0;
  const { rows: answered } = await call('evaluate', { ...task, rows: [long, ...rows.slice(32, 36)], tuning: { method: 'svf', z: {} }, sampling: { ...sampling, maxTokens: 2 }, samples: 1 });
  expect(answered).toBe(4);
  const chosen = await call('chooseRows', { rows: [long, ...rows], seed: 1, atMost: { train: 3, validation: 3, test: 40 }, room: { folder: place.folder, raw: false } });
  expect(chosen.test).toHaveLength(16);
  const note = (of: number): string => `The model has room for 512 tokens: row 100 of ${of} is longer and left out.`;
  expect(notices).toEqual([note(5), note(49)]);
  await expect(call('evaluate', { ...task, rows: [long], tuning: { method: 'svf', z: {} }, sampling, samples: 1 })).rejects.toThrow(/room for 512 tokens, and the shortest prompt of these rows has/);
});

it('reads a dataset no faster than its rows are taken', async () => {
  let [under, most, read] = [0, 0, 0];
  const context: Call<'readDataset'> = {
    emit: () => {}, notice: () => {}, signal: new AbortController().signal, steering: { action: null }, models,
    deliver: async ({ rows: batch }) => {
      most = Math.max(most, ++under);
      await new Promise((resolve) => setTimeout(resolve, 2));
      read += batch.length;
      under--;
    },
  };
  const path = join(root, 'native-models/data/math/train.jsonl');
  const result = await handlers.readDataset({ path, mapping: { kind: 'prompt-answer', prompt: 'prompt', answer: 'answer' } }, context);
  expect(read).toBe(result.rows);
  expect(most).toBe(1);
});
