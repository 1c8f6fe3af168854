/** A model under a z or an adapter, written as a checkpoint of its own. */
import { writeMerged } from '../checkpoint/merged.ts';
import { openCheckpoint } from '../checkpoint/open.ts';
import { readTensorF32 } from '../checkpoint/safetensors.ts';
import { openProducts } from '../runtime/products.ts';
import { openSvdCache } from '../svd/cache.ts';
import { methodOfAdapter } from '../train/methods/index.ts';
import { SingularError } from '../../shared/errors.ts';
import type { ModelStore } from './model-store.ts';
import type { EngineCalls } from './protocol.ts';

type Export = EngineCalls['exportMerged'];

export async function exportMerged({ model, tuning, path, metadata }: Export['input'], models: ModelStore, onProgress: (done: number, total: number) => void, signal: AbortSignal): Promise<Export['result']> {
  const checkpoint = await openCheckpoint(model.folder);
  const common = { checkpoint, out: path, metadata, signal, onProgress };
  if (tuning.method !== 'svf') {
    const replaced = await models.using(model, async (loaded) => {
      const { method, parameters } = await methodOfAdapter(loaded, tuning);
      return method.merged(parameters);
    });
    const noFactors = (name: string): never => {
      throw new SingularError('internal', `An adapter has no factors of ${name}.`);
    };
    return writeMerged({ ...common, z: {}, replaced, svd: noFactors });
  }
  const { z } = tuning;
  await models.using(model, (loaded) => loaded.factorsOf(Object.keys(z)));
  const { matrices } = await openSvdCache({ checkpoint, directory: model.cacheRoot });
  const factors = new Map(matrices.map((matrix) => [matrix.name, matrix]));
  const backend = openProducts({ threads: 0 });
  try {
    return await writeMerged({
      ...common,
      z,
      svd: async (name) => {
        const factor = factors.get(name);
        if (!factor) throw new SingularError('conflict', `The SVD cache has no matrix ${name}.`);
        return { u: await readTensorF32(factor.u), sigma: factor.sigma, vt: await readTensorF32(factor.vt) };
      },
      multiply: async (a, b, rows, rank, columns) => {
        const product = await backend.product({ data: Float64Array.from(a), rows, columns: rank }, { data: Float64Array.from(b), rows: rank, columns });
        return Float32Array.from(product.data);
      },
    });
  } finally {
    await backend.release();
  }
}
