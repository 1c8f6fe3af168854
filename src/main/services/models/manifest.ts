/** `native-models/index.json`: the models and datasets that ship with the application. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { columnMappingSchema, type Split } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';

const filesSchema = z.object({ train: z.string(), validation: z.string().optional(), test: z.string().optional() });
const splits = ['train', 'validation', 'test'] as const satisfies readonly Split[];
const datasetSchema = z.object({
  name: z.string().min(1), description: z.string().default(''), grader: z.string().min(1), mapping: columnMappingSchema.optional(), files: filesSchema,
  harder: z.object({ name: z.string().min(1), files: filesSchema }).optional(),
});
const manifestSchema = z.object({
  others: datasetSchema.omit({ harder: true }).optional(),
  models: z.array(z.object({ id: z.string().min(1), folder: z.string().min(1), license: z.string().optional(), datasets: z.array(datasetSchema).default([]) })),
});

export interface BundledModel { id: string; folder: string; license: string | null }
export interface BundledDataset { name: string; description: string; grader: string; mapping?: z.infer<typeof columnMappingSchema>; files: { split: Split; path: string }[] }

/** Paths are absolute. `others` names the dataset whose questions are for no expert. Each skill is one dataset whose rows know their split, its harder sibling another; models that share one have it once. */
export function readManifest(nativeModels: string): { models: BundledModel[]; datasets: BundledDataset[]; others: string | null } {
  const path = join(nativeModels, 'index.json');
  if (!existsSync(path)) return { models: [], datasets: [], others: null };
  const parsed = manifestSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')) as unknown);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SingularError('bad-input', `${path} is not a list of bundled models: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  const datasets = new Map<string, BundledDataset>();
  const { others } = parsed.data;
  const skills = parsed.data.models.flatMap((model) => model.datasets);
  for (const { name, description, grader, mapping, files, harder } of [...skills, ...(others ? [{ ...others, harder: undefined }] : [])]) {
    const add = (name: string, description: string, named: z.infer<typeof filesSchema>): void => {
      const files = splits.flatMap((split) => (named[split] === undefined ? [] : [{ split, path: resolve(nativeModels, named[split]) }]));
      if (!datasets.has(name)) datasets.set(name, { name, description, grader, ...(mapping && { mapping }), files });
    };
    add(name, description, files);
    if (harder) add(harder.name, `A harder sibling of “${name}” that the bundled models never saw.`, harder.files);
  }
  return {
    models: parsed.data.models.map((model) => ({ id: model.id, folder: resolve(nativeModels, model.folder), license: model.license ?? null })),
    datasets: [...datasets.values()],
    others: others?.name ?? null,
  };
}
