/** `native-models/index.json`: the models and datasets that ship with the application. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { columnMappingSchema } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';

const filesSchema = z.object({ train: z.string(), validation: z.string().optional(), test: z.string().optional() });
const datasetSchema = z.object({
  name: z.string().min(1), description: z.string().default(''), grader: z.string().min(1), mapping: columnMappingSchema.optional(), files: filesSchema,
  harder: z.object({ name: z.string().min(1), files: filesSchema }).optional(),
});
const manifestSchema = z.object({
  models: z.array(z.object({ id: z.string().min(1), folder: z.string().min(1), license: z.string().optional(), datasets: z.array(datasetSchema).default([]) })),
});

export interface BundledModel { id: string; folder: string; license: string | null }
export interface BundledDataset { name: string; description: string; grader: string; mapping?: z.infer<typeof columnMappingSchema>; path: string }

/** Paths are absolute. Each skill gives its rows to train on and its test rows, and the same of its harder sibling. */
export function readManifest(nativeModels: string): { models: BundledModel[]; datasets: BundledDataset[] } {
  const path = join(nativeModels, 'index.json');
  if (!existsSync(path)) return { models: [], datasets: [] };
  const parsed = manifestSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')) as unknown);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SingularError('bad-input', `${path} is not a list of bundled models: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  const datasets: BundledDataset[] = [];
  for (const model of parsed.data.models) {
    for (const dataset of model.datasets) {
      const add = (name: string, description: string, file: string | undefined): void => {
        if (file) datasets.push({ name, description, grader: dataset.grader, ...(dataset.mapping && { mapping: dataset.mapping }), path: resolve(nativeModels, file) });
      };
      add(dataset.name, dataset.description, dataset.files.train);
      add(`${dataset.name} test`, `Held-out rows of “${dataset.name}”, for evaluation.`, dataset.files.test);
      add(dataset.harder?.name ?? '', `A harder sibling of “${dataset.name}” that the bundled model never saw.`, dataset.harder?.files.train);
      add(`${dataset.harder?.name ?? ''} test`, `Held-out rows of “${dataset.harder?.name ?? ''}”, for evaluation.`, dataset.harder?.files.test);
    }
  }
  return { models: parsed.data.models.map((model) => ({ id: model.id, folder: resolve(nativeModels, model.folder), license: model.license ?? null })), datasets };
}
