/**
 * An expert or a mix as one safetensors file: an fp32 vector z per matrix, named as the matrix is, and metadata
 * that say where it came from, all strings.
 */
import { SingularError } from '../../shared/errors.ts';
import type { ZVectors } from '../../shared/matrices.ts';
import type { ModelFacts } from '../host/protocol.ts';
import { openSafetensors, readTensorF32 } from './safetensors.ts';
import { writeSafetensors } from './safetensors-write.ts';

export const expertFormat = 'singular-expert';
export const expertVersion = '1';

const matrixPattern = /^model\.layers\.\d+\.(self_attn\.[qkvo]|mlp\.(gate|up|down))_proj\.weight$/;

/**
 * Writes z under `path`; `format`, `version` and `matrices` are set here. Of the other keys, readers here understand
 * `base_model`, `weights_hash`, `dataset_hash`, `seed`, `name`, and `parts` of a mix, a JSON list of `{name, alpha,
 * weights_hash?, dataset_hash?, seed?}` that come together as `mix_form` says.
 */
export async function writeExpertFile(path: string, z: ZVectors, metadata: Readonly<Record<string, string>>): Promise<void> {
  const names = Object.keys(z);
  if (names.length === 0) throw new SingularError('bad-input', `${path} would hold no z-vector: this mix is the base model.`);
  const tensors = Object.entries(z).map(([name, values]) => ({ name, dtype: 'F32' as const, shape: [values.length], data: values }));
  await writeSafetensors(path, tensors, { ...metadata, format: expertFormat, version: expertVersion, matrices: JSON.stringify(names) });
}

/**
 * Reads an expert file; with `against`, also whether it belongs to that model: weights hash, names and ranks.
 * @throws SingularError `bad-input` for a file that is no expert, `conflict` for an expert of another model
 */
export async function readExpertFile(path: string, against?: Pick<ModelFacts, 'matrices' | 'weightsHash'>): Promise<{ z: ZVectors; metadata: Record<string, string> }> {
  const { tensors, metadata } = await openSafetensors(path);
  if (metadata['format'] !== expertFormat) throw new SingularError('bad-input', `${path} is not an expert: its metadata lack format “${expertFormat}”.`);
  if (metadata['version'] !== expertVersion) throw new SingularError('bad-input', `${path} has version “${metadata['version'] ?? ''}” of the expert format; version ${expertVersion} is read here.`);
  if (tensors.size === 0) throw new SingularError('bad-input', `${path} holds no z-vector.`);

  const matrices = against && new Map(against.matrices.map((matrix) => [matrix.name, matrix]));
  const isSame = against && metadata['weights_hash'] === against.weightsHash;
  const z: ZVectors = {};
  for (const [name, place] of tensors) {
    if (!matrixPattern.test(name)) throw new SingularError('bad-input', `${path} holds “${name}”, which is not the name of a matrix.`);
    if (place.dtype !== 'F32' || place.shape.length !== 1) throw new SingularError('bad-input', `${path} holds “${name}” as ${place.dtype} of shape [${place.shape.join(', ')}]; a z-vector is a list of F32.`);
    const matrix = matrices?.get(name);
    if (matrices && !matrix) throw new SingularError('conflict', `${path} tunes “${name}”, which this model does not have.`);
    if (matrix && matrix.rank !== place.shape[0]) throw new SingularError('conflict', `${path} tunes “${name}” with ${place.shape[0]} values, but its rank in this model is ${matrix.rank}.`);
    const values = await readTensorF32(place);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new SingularError('bad-input', `${path} has a value that is not a number in “${name}”, at ${bad}.`);
    z[name] = values;
  }
  if (against && !isSame) {
    const base = metadata['base_model'];
    throw new SingularError('conflict', `${path} belongs to other weights${base ? ` (${base})` : ''}: its weights hash is ${short(metadata['weights_hash'])}, this model's ${short(against.weightsHash)}.`);
  }
  return { z, metadata };
}

const short = (hash: string | undefined): string => (hash ? `${hash.slice(0, 12)}…` : 'missing');
