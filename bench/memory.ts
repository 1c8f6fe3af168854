/**
 * Memory of one gradient step on tiny-llama by sequence length: with every inner value kept, and with layers made
 * again. Each figure is the peak of a process of its own (`bench/memory-step.ts`), less what it held before the step.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptBytes, recomputedBytes } from '../src/engine/model/activations.ts';
import { tinyLlama, type Workbench } from './models.ts';

export interface MemoryStep {
  rows: number;
  tokens: number;
  kept: Measured;
  recomputed: Measured;
  /** one layer's inner values while it is differentiated, and a hidden state per layer */
  predictedBytes: number;
  /** every layer's inner values */
  predictedKeptBytes: number;
  sameGradient: boolean;
}
export interface Measured {
  bytes: number;
  seconds: number;
  /** a digest of the gradient's bytes */
  gradient: string;
}

const lengths = [128, 512, 2048] as const;
const rowCounts = [1, 4] as const;

export async function benchGradientMemory(bench: Workbench): Promise<MemoryStep[]> {
  // the same weights with room for 2,048 tokens
  const folder = join(bench.folder, 'tiny-llama-long');
  cpSync(tinyLlama, folder, { recursive: true });
  const path = join(folder, 'config.json');
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), max_position_embeddings: Math.max(...lengths) }));
  const config = await bench.using(folder, async (model) => {
    await model.factorsOf([]); // makes the SVD cache, so that no measured process does
    return model.config;
  });
  const step = (rows: number, tokens: number, recompute: boolean): Measured =>
    JSON.parse(execFileSync(process.execPath, [join(import.meta.dirname, 'memory-step.ts'), folder, String(rows), String(tokens), String(recompute)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as Measured;
  return rowCounts.flatMap((rows) =>
    lengths.map((tokens) => {
      const [kept, recomputed] = [step(rows, tokens, false), step(rows, tokens, true)];
      return {
        rows, tokens, kept, recomputed,
        predictedBytes: recomputedBytes(config, rows, tokens),
        predictedKeptBytes: keptBytes(config, rows, tokens),
        sameGradient: kept.gradient === recomputed.gradient,
      };
    }),
  );
}
