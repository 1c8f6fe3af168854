/** The models that are measured, opened as the application opens them; their SVD caches stay in .cache/bench between runs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelStore } from '../src/engine/host/model-store.ts';
import type { ModelPlace } from '../src/engine/host/protocol.ts';
import type { LoadedModel } from '../src/engine/runtime/loaded-model.ts';
import type { ZVectors } from '../src/shared/matrices.ts';

export const root = join(import.meta.dirname, '..');
export const tinyLlama = join(root, 'native-models/tiny-llama');
export const tinyMistral = join(root, 'native-models/tiny-mistral');
export const stories = join(root, '../shared/models/stories260K');

export class Workbench {
  /** a folder of this run, removed at its end */
  readonly folder = mkdtempSync(join(tmpdir(), 'singular-bench-'));
  readonly models = new ModelStore((level, message) => process.stderr.write(`${level}: ${message}\n`));

  place(folder: string): ModelPlace {
    return { folder, cacheRoot: join(root, '.cache/bench'), device: 'cpu' };
  }

  using<R>(folder: string, work: (model: LoadedModel) => Promise<R>): Promise<R> {
    return this.models.using(this.place(folder), work);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A z like that of a trained expert: every singular value moved a little, differently for every `phase`. */
export function exampleZ(model: LoadedModel, phase: number): ZVectors {
  return Object.fromEntries(
    model.checkpoint.matrices.map(({ name, rank }, matrix) => [name, Float32Array.from({ length: rank }, (_, i) => 1 + 0.1 * Math.sin(0.7 * matrix + 0.5 * i + phase))]),
  );
}
