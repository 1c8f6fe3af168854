/**
 * A checkpoint folder in the Hugging Face layout, opened: config.json understood, and every tensor that the
 * architecture needs found in one safetensors file or in the shards that an index names, with the right shape.
 * No weight is read here.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SingularError } from '../../shared/errors.ts';
import { matrixName, projections, type MatrixShape, type Projection } from '../../shared/matrices.ts';
import type { ModelFacts } from '../host/protocol.ts';
import { readConfig, type ModelConfig } from './config.ts';
import { isWeightDtype } from './dtypes.ts';
import { readJsonFile } from './files.ts';
import { openSafetensors, type TensorPlace } from './safetensors.ts';
import { hasChatTemplate } from './tokenizer-files.ts';
import { weightsHash, type HashOptions } from './weights-hash.ts';

export type WeightFormat = 'float32' | 'float16' | 'bfloat16';

export interface Checkpoint {
  folder: string;
  config: ModelConfig;
  /** exactly the tensors that the architecture needs, by name */
  tensors: ReadonlyMap<string, TensorPlace>;
  /** the narrowest format among the weights: `float32` means that graphs can use all of them in place */
  dtype: WeightFormat;
  /** in the house order: layer, then q k v o gate up down */
  matrices: MatrixShape[];
  parameters: number;
  /** bytes of the weights */
  sizeBytes: number;
  hasChatTemplate: boolean;
}

/** Shape of one projection's weight, [out, in]. */
export function projectionShape(config: ModelConfig, projection: Projection): [number, number] {
  const queries = config.heads * config.headDim;
  const keys = config.keyValueHeads * config.headDim;
  switch (projection) {
    case 'q': return [queries, config.hiddenSize];
    case 'k': case 'v': return [keys, config.hiddenSize];
    case 'o': return [config.hiddenSize, queries];
    case 'gate': case 'up': return [config.intermediateSize, config.hiddenSize];
    case 'down': return [config.hiddenSize, config.intermediateSize];
  }
}

export function matrixShapes(config: ModelConfig): MatrixShape[] {
  const shapes: MatrixShape[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    for (const projection of projections) {
      const [rows, columns] = projectionShape(config, projection);
      shapes.push({ name: matrixName(layer, projection), layer, projection, rows, columns, rank: Math.min(rows, columns) });
    }
  }
  return shapes;
}

/** Every tensor that a checkpoint of this configuration holds, with its shape. */
export function* expectedTensors(config: ModelConfig): Generator<[name: string, shape: number[]]> {
  yield ['model.embed_tokens.weight', [config.vocabularySize, config.hiddenSize]];
  for (let layer = 0; layer < config.layers; layer++) {
    yield [`model.layers.${layer}.input_layernorm.weight`, [config.hiddenSize]];
    yield [`model.layers.${layer}.post_attention_layernorm.weight`, [config.hiddenSize]];
    for (const projection of projections) {
      const shape = projectionShape(config, projection);
      const name = matrixName(layer, projection);
      yield [name, shape];
      const isMlp = projection === 'gate' || projection === 'up' || projection === 'down';
      if (isMlp ? config.mlpBias : config.attentionBias) yield [name.replace(/weight$/, 'bias'), [shape[0]]];
    }
  }
  yield ['model.norm.weight', [config.hiddenSize]];
  if (!config.tieWordEmbeddings) yield ['lm_head.weight', [config.vocabularySize, config.hiddenSize]];
}

/**
 * Opens and checks a checkpoint folder.
 * @throws SingularError one sentence naming the file and the key or tensor that cannot be used
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const config = await readConfig(folder);
  const { places, source } = await findTensors(folder);
  const tensors = new Map<string, TensorPlace>();
  let parameters = 0;
  let sizeBytes = 0;
  let dtype: WeightFormat = 'float32';
  for (const [name, shape] of expectedTensors(config)) {
    const place = places.get(name);
    if (!place) throw new SingularError('bad-input', `${source} lacks tensor “${name}”, which config.json calls for.`);
    if (!isWeightDtype(place.dtype)) throw new SingularError('bad-input', `${source} holds tensor “${name}” as ${place.dtype}; only F32, F16 and BF16 weights are known here.`);
    if (place.shape.length !== shape.length || place.shape.some((length, axis) => length !== shape[axis])) {
      throw new SingularError('bad-input', `${source} holds tensor “${name}” with shape [${place.shape.join(', ')}], but config.json calls for [${shape.join(', ')}].`);
    }
    if (place.dtype !== 'F32' && dtype === 'float32') dtype = place.dtype === 'F16' ? 'float16' : 'bfloat16';
    tensors.set(name, place);
    parameters += shape.reduce((product, length) => product * length, 1);
    sizeBytes += place.byteLength;
  }
  return { folder, config, tensors, dtype, matrices: matrixShapes(config), parameters, sizeBytes, hasChatTemplate: await hasChatTemplate(folder) };
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });
const singleName = 'model.safetensors';
const indexName = 'model.safetensors.index.json';

/** All tensors of the folder's safetensors file or shards. `source` is the file that errors name. */
async function findTensors(folder: string): Promise<{ places: ReadonlyMap<string, TensorPlace>; source: string }> {
  const single = join(folder, singleName);
  if (await exists(single)) return { places: (await openSafetensors(single)).tensors, source: single };

  const indexFile = join(folder, indexName);
  if (!(await exists(indexFile))) {
    throw new SingularError('bad-input', `${folder} holds neither ${singleName} nor ${indexName}.`);
  }
  const index = indexSchema.safeParse(await readJsonFile(indexFile));
  if (!index.success) throw new SingularError('bad-input', `${indexFile} has no “weight_map” from tensor names to files.`);
  const places = new Map<string, TensorPlace>();
  const shards = new Map<string, ReadonlyMap<string, TensorPlace>>();
  for (const [name, shard] of Object.entries(index.data.weight_map)) {
    // A shard lies beside its index; a path that leads elsewhere is not followed.
    if (!/^[^/\\]+\.safetensors$/.test(shard)) throw new SingularError('bad-input', `${indexFile} places tensor “${name}” in “${shard}”, which is not a safetensors file of this folder.`);
    let tensors = shards.get(shard);
    if (!tensors) {
      const file = join(folder, shard);
      if (!(await exists(file))) throw new SingularError('bad-input', `${indexFile} names shard ${shard}, which is missing.`);
      tensors = (await openSafetensors(file)).tensors;
      shards.set(shard, tensors);
    }
    const place = tensors.get(name);
    if (!place) throw new SingularError('bad-input', `${join(folder, shard)} lacks tensor “${name}”, which ${indexName} places there.`);
    places.set(name, place);
  }
  return { places, source: indexFile };
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(() => true, () => false);
}

/** What can be said of a model without reading its weights. */
export function describe(checkpoint: Checkpoint): Omit<ModelFacts, 'weightsHash'> {
  const { config } = checkpoint;
  return {
    architecture: config.architecture,
    layers: config.layers,
    hiddenSize: config.hiddenSize,
    intermediateSize: config.intermediateSize,
    vocabularySize: config.vocabularySize,
    contextLength: config.maxPositions,
    parameters: checkpoint.parameters,
    sizeBytes: checkpoint.sizeBytes,
    dtype: checkpoint.dtype,
    hasChatTemplate: checkpoint.hasChatTemplate,
    matrices: checkpoint.matrices,
  };
}

/**
 * What the rest of the application knows of a model. Reads all weights once to hash them, unless `cacheRoot` holds
 * the hash of the same files already.
 */
export async function facts(checkpoint: Checkpoint, options: HashOptions = {}): Promise<ModelFacts> {
  return { ...describe(checkpoint), weightsHash: await weightsHash(checkpoint, options) };
}
