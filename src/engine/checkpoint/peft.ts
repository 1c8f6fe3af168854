/**
 * An adapter as PEFT reads it: a folder with adapter_config.json and adapter_model.safetensors, whose tensors carry
 * PEFT's own names (`base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`).
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SingularError } from '../../shared/errors.ts';
import type { TrainedTensor } from '../host/protocol.ts';
import { fileError, writeAtomically, writeFully } from './files.ts';
import { writeSafetensors } from './safetensors-write.ts';

export interface PeftAdapter {
  method: 'lora' | 'dora' | 'ia3';
  tensors: Readonly<Record<string, TrainedTensor>>;
  rank: number;
  alpha: number;
  dropout: number;
  /** what PEFT loads the adapter onto: a hub id or a folder */
  baseModel: string;
  /** decoder layers of that model: an adapter of all of them names projections, another every module in full */
  layers: number;
}

const modulePattern = /^base_model\.model\.(model\.layers\.(\d+)\.(?:self_attn|mlp)\.(\w+_proj))\./;

/** Values as PEFT's LoraConfig and IA3Config know them; what is left out is their default. */
export function peftConfig({ method, tensors, rank, alpha, dropout, baseModel, layers }: PeftAdapter): Record<string, unknown> {
  const modules = targetModules(Object.keys(tensors), layers);
  const common = { base_model_name_or_path: baseModel, task_type: 'CAUSAL_LM', inference_mode: true, fan_in_fan_out: false, modules_to_save: null, target_modules: modules };
  if (method === 'ia3') {
    const feedforward = modules.filter((name) => /(?:gate|up|down)_proj$/.test(name));
    return { peft_type: 'IA3', ...common, feedforward_modules: feedforward, init_ia3_weights: true };
  }
  return { peft_type: 'LORA', ...common, r: rank, lora_alpha: alpha, lora_dropout: dropout, bias: 'none', use_dora: method === 'dora', use_rslora: false, init_lora_weights: true };
}

function targetModules(names: readonly string[], layers: number): string[] {
  const found = names.map((name) => {
    const [, module, layer, projection] = modulePattern.exec(name) ?? [];
    if (!module) throw new SingularError('bad-input', `“${name}” is not the name of an adapter's tensor.`);
    return { module, layer, projection };
  });
  const projections = [...new Set(found.map(({ projection }) => projection))];
  const modules = [...new Set(found.map(({ module }) => module))];
  return modules.length === projections.length * layers ? projections : modules;
}

/**
 * Writes the folder `path`, which does not exist or is empty.
 * @returns the folder and the bytes of its tensors' file
 */
export async function writePeftAdapter(path: string, adapter: PeftAdapter, metadata: Readonly<Record<string, string>>): Promise<{ path: string; sizeBytes: number }> {
  const config = peftConfig(adapter);
  await refuseUsed(path);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  try {
    await mkdir(temporary, { recursive: true });
    const file = join(temporary, 'adapter_model.safetensors');
    const tensors = Object.entries(adapter.tensors).map(([name, { shape, data }]) => ({ name, dtype: 'F32' as const, shape, data }));
    await writeSafetensors(file, tensors, { ...metadata, format: 'pt' });
    await writeAtomically(join(temporary, 'adapter_config.json'), (handle) => writeFully(handle, new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`)));
    const { size } = await stat(file);
    await refuseUsed(path);
    await rmdir(path).catch(() => undefined);
    await rename(temporary, path);
    return { path, sizeBytes: size };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw fileError(error, path);
  }
}

async function refuseUsed(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isDirectory()) throw new SingularError('conflict', `${path} is a file; an adapter is a folder.`);
  if ((await readdir(path)).length > 0) throw new SingularError('conflict', `${path} is not empty; an adapter is written to a new or empty folder.`);
}
