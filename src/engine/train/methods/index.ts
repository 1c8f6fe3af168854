/** The method of a configuration, and the method that made an expert's tensors. */
import { SingularError } from '../../../shared/errors.ts';
import type { MatrixShape, ZVectors } from '../../../shared/matrices.ts';
import type { TrainingConfig } from '../../../shared/training.ts';
import { tunedMatrices } from '../../../shared/tuned.ts';
import type { Tuning } from '../../host/protocol.ts';
import { ia3Name, ia3Shape, loraAName } from '../../model/adapters.ts';
import type { Adaptation, LoadedModel } from '../../runtime/loaded-model.ts';
import { ia3 } from './ia3.ts';
import { lora, loraShapes } from './lora.ts';
import type { Method, Parameters } from './method.ts';
import { svf } from './svf.ts';

export async function methodOf(model: LoadedModel, config: TrainingConfig): Promise<Method> {
  const matrices = tunedMatrices(model.checkpoint.matrices, model.config.layers, config);
  switch (config.method) {
    case 'svf':
      return svf(model, matrices, config);
    case 'lora':
    case 'dora':
      return lora(model, matrices, { ...config, magnitude: config.method === 'dora' });
    case 'ia3':
      return ia3(model, matrices);
  }
}

export type Adapter = Exclude<Tuning, { method: 'svf' }>;

/**
 * The matrices of this model that an adapter tunes, in the house order.
 * @throws SingularError `conflict` naming the tensor that this model has no place for, or whose shape is another
 */
export function adapterMatrices(matrices: readonly MatrixShape[], { method, tensors, rank }: Omit<Adapter, 'alpha'>): MatrixShape[] {
  const nameOf = method === 'ia3' ? ia3Name : loraAName;
  const tuned = matrices.filter(({ name }) => nameOf(name) in tensors);
  const shapes = method === 'ia3' ? new Map(tuned.map((matrix) => [ia3Name(matrix.name), ia3Shape(matrix)])) : loraShapes(tuned, { rank, magnitude: method === 'dora' });
  for (const [name, { shape }] of Object.entries(tensors)) {
    const expected = shapes.get(name);
    if (!expected) throw new SingularError('conflict', `The adapter tunes “${name}”, which this model does not have.`);
    if (expected.join() !== shape.join()) throw new SingularError('conflict', `The adapter's “${name}” has shape [${shape.join(', ')}]; this model takes [${expected.join(', ')}].`);
  }
  const missing = [...shapes.keys()].find((name) => !(name in tensors));
  if (missing !== undefined) throw new SingularError('bad-input', `The adapter lacks “${missing}”.`);
  if (tuned.length === 0) throw new SingularError('bad-input', 'The adapter holds no tensor.');
  return tuned;
}

/** The method and parameters of an adapter's tensors. */
export async function methodOfAdapter(model: LoadedModel, adapter: Adapter): Promise<{ method: Method; parameters: Parameters }> {
  const matrices = adapterMatrices(model.checkpoint.matrices, adapter);
  const parameters = Object.fromEntries(Object.entries(adapter.tensors).map(([name, { data }]) => [name, data]));
  const { rank, alpha } = adapter;
  const method = adapter.method === 'ia3' ? ia3(model, matrices) : await lora(model, matrices, { rank, alpha, dropout: 0, magnitude: adapter.method === 'dora' });
  return { method, parameters };
}

export const isBase = (z: ZVectors): boolean => Object.values(z).every((values) => values.every((value) => value === 1));

/** Weights formed once for many answers; the checkpoint's own where nothing is changed. */
export async function adaptationOf(model: LoadedModel, tuning: Tuning): Promise<Adaptation> {
  if (tuning.method === 'svf') return isBase(tuning.z) ? { kind: 'base' } : { kind: 'merged', weights: await model.merge(tuning.z) };
  const { method, parameters } = await methodOfAdapter(model, tuning);
  return { kind: 'merged', weights: await method.merged(parameters) };
}
