/** A model of a folder made ready on the CPU, and how closeness is measured. */
import { rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { fp32Copy } from '../../src/engine/checkpoint/fp32-copy.ts';
import { openCheckpoint, type Checkpoint } from '../../src/engine/checkpoint/open.ts';
import type { Tokenizer } from '../../src/engine/checkpoint/tokenizer.ts';
import { generate, type GenerateRequest } from '../../src/engine/runtime/generate.ts';
import { LoadedModel, type Adaptation } from '../../src/engine/runtime/loaded-model.ts';
import { openProducts } from '../../src/engine/runtime/products.ts';
import { logitsOf } from '../../src/engine/runtime/score.ts';
import { buildSvdCache } from '../../src/engine/svd/cache.ts';
import type { Device } from '../../src/shared/contract.ts';
import type { ZVectors } from '../../src/shared/matrices.ts';

export interface Opened {
  model: LoadedModel;
  /** as it lies on disk; the model's own is its fp32 copy */
  checkpoint: Checkpoint;
  cacheRoot: string;
  close: () => Promise<void>;
}

/** Opens a checkpoint as the engine does: an fp32 copy where one is needed, and our own SVD when a z is first used. */
export async function openModel(folder: string, device: Device = 'cpu'): Promise<Opened> {
  const cacheRoot = await mkdtemp(join(tmpdir(), 'singular-parity-'));
  const onDisk = await openCheckpoint(folder);
  const checkpoint = await fp32Copy(onDisk, cacheRoot);
  const model = new LoadedModel({
    checkpoint,
    // Parity is about tokens; the fixtures have no text.
    tokenizer: undefined as unknown as Tokenizer,
    device,
    threads: 1,
    factors: async () => {
      const backend = openProducts({ threads: 1 });
      const { matrices } = await buildSvdCache({ checkpoint, directory: cacheRoot, backend });
      await backend.release();
      return matrices;
    },
  });
  return {
    model,
    checkpoint: onDisk,
    cacheRoot,
    close: async () => {
      await model.release();
      await rm(cacheRoot, { recursive: true, force: true });
    },
  };
}

export const toZ = (z: Readonly<Record<string, readonly number[]>>): ZVectors => Object.fromEntries(Object.entries(z).map(([name, values]) => [name, Float32Array.from(values)]));

/** ‖a − b‖ / ‖b‖ */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}

export function expectClose(actual: number, expected: number, relative: number, absolute = 0): void {
  const bound = absolute + relative * Math.abs(expected);
  if (!(Math.abs(actual - expected) <= bound)) expect.fail(`${actual} is not within ${bound} of ${expected}`);
}

/** Logits [vocabulary] after each of the given places of a sequence, in one run. */
export async function logitsAt(model: LoadedModel, ids: readonly number[], positions: readonly number[], adaptation: Adaptation): Promise<Float32Array[]> {
  // The engine gives the logits that predict an answer; with one more token, every place of the sequence predicts one.
  const all = await logitsOf(model, [{ prompt: ids.slice(0, 1), answer: [...ids.slice(1), 0] }], adaptation);
  const size = model.config.vocabularySize;
  return positions.map((position) => all.slice(position * size, (position + 1) * size));
}

type Choice = Pick<GenerateRequest, 'temperature' | 'topP' | 'topK'>;

async function continued(model: LoadedModel, prompts: readonly (readonly number[])[], count: number, adaptation: Adaptation, choice: Choice): Promise<number[][]> {
  const rows = await generate(model, { prompts, adaptation, seeds: prompts.map((_, row) => row), maxTokens: count, stopIds: new Set(), ...choice });
  return rows.map(({ ids }) => ids);
}

/** The most likely continuation, through the cache of keys and values. */
export const greedy = (model: LoadedModel, prompts: readonly (readonly number[])[], count: number, adaptation: Adaptation): Promise<number[][]> =>
  continued(model, prompts, count, adaptation, { temperature: 0, topP: 1, topK: 0 });

/** Continuations drawn by seed, from the whole distribution or its nucleus. */
export const sampled = (model: LoadedModel, prompts: readonly (readonly number[])[], count: number, topP: number): Promise<number[][]> =>
  continued(model, prompts, count, { kind: 'base' }, { temperature: 1, topP, topK: 0 });
