/**
 * An adapter as PEFT reads it: a folder with adapter_config.json and adapter_model.safetensors, whose tensors carry
 * PEFT's own names (`base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`).
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SingularError } from '../../shared/errors.ts';
import type { TrainedTensor } from '../host/protocol.ts';
import { writeAtomically, writeFully } from './files.ts';
import { writeFolder } from './new-folder.ts';
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

const tensorsFile = 'adapter_model.safetensors';

/**
 * Writes the folder `path`, which does not exist or is empty.
 * @returns the folder and the bytes of its tensors' file
 */
export async function writePeftAdapter(path: string, adapter: PeftAdapter, metadata: Readonly<Record<string, string>>): Promise<{ path: string; sizeBytes: number }> {
  const config = peftConfig(adapter);
  const tensors = Object.entries(adapter.tensors).map(([name, { shape, data }]) => ({ name, dtype: 'F32' as const, shape, data }));
  await writeFolder(path, 'an adapter', async (folder) => {
    await writeSafetensors(join(folder, tensorsFile), tensors, { ...metadata, format: 'pt' });
    await writeAtomically(join(folder, 'adapter_config.json'), (handle) => writeFully(handle, new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`)));
  });
  return { path, sizeBytes: (await stat(join(path, tensorsFile))).size };
}
