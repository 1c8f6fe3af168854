import { existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { ColumnMapping, DatasetDto } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';
import type { TaskRow } from '../../engine/host/protocol.ts';
import type { ServiceContext } from './context.ts';
import { found } from './found.ts';
import { readFileRows } from './fileRows.ts';
import type { HandlerGroup } from './handlers.ts';
import type { BundledDataset } from './manifest.ts';
import type { ImportInput } from './runners/importDataset.ts';

export function requireFile(path: string): void {
  if (!existsSync(path)) throw new SingularError('bad-input', `There is no file ${path}.`);
  if (!statSync(path).isFile()) throw new SingularError('bad-input', `${path} is not a file.`);
}

/** Reads a file into the database as a job, and waits for it; the same file read the same way is not stored twice. */
export async function importDataset(
  context: ServiceContext,
  request: { path: string; name: string; mapping?: ColumnMapping; source?: DatasetDto['source']; description?: string; grader?: string },
): Promise<DatasetDto> {
  const { engine, stores, queue, newId } = context;
  requireFile(request.path);
  const inspection = await engine.call('inspectDataset', { path: request.path, ...(request.mapping && { mapping: request.mapping }) });
  const mapping = request.mapping ?? inspection.mapping;
  const same = stores.datasets.same({ hash: inspection.hash, name: request.name, mapping });
  if (same) return same;
  const datasetId = newId();
  const input: ImportInput = {
    datasetId, path: request.path, name: request.name, mapping, source: request.source ?? 'file', description: request.description ?? '',
    columns: inspection.columns.map((column) => column.name), suggestedGrader: request.grader ?? inspection.suggestedGrader,
    fileName: basename(request.path), expectedHash: inspection.hash,
  };
  const job = queue.add({ id: newId(), kind: 'import-dataset', title: `Read ${input.fileName}`, runId: null, modelId: null, dependsOn: null, input, progress: { total: inspection.rows, unit: 'rows' } });
  await queue.finished(job.id);
  return found(stores.datasets.get(datasetId), `dataset “${request.name}”`);
}

const importedKey = 'bundled.datasets';

/** Brings the bundled datasets in, each once: one that a person removed stays away. */
export async function importBundled(context: ServiceContext, datasets: readonly BundledDataset[]): Promise<void> {
  const { stores, log, events } = context;
  for (const dataset of datasets) {
    const done = new Set((stores.settings.get(importedKey) ?? []) as string[]);
    if (done.has(dataset.name) || !existsSync(dataset.path)) continue;
    try {
      await importDataset(context, { ...dataset, source: 'bundled' });
      stores.settings.set(importedKey, [...done, dataset.name]);
    } catch (error) {
      log.error('datasets.bundled', error);
      events.emit('notice', { level: 'warning', message: `The bundled dataset “${dataset.name}” could not be read: ${(error as Error).message}` });
    }
  }
}

export function datasetHandlers(context: ServiceContext & { bundledReady: () => Promise<void> }): HandlerGroup<'datasets'> {
  const { engine, stores, catalog, events, bundledReady } = context;
  const dataset = (id: string): DatasetDto => found(stores.datasets.get(id), `dataset ${id}`);
  const preview = async (input: { modelId: string; raw: boolean }, rows: TaskRow[]) => {
    await catalog.ready();
    return rows.length === 0 ? [] : engine.call('preview', { folder: catalog.usable(input.modelId).folder, raw: input.raw, rows });
  };
  return {
    'datasets.inspect': async ({ path, mapping }) => {
      requireFile(path);
      const { hash: _hash, ...inspection } = await engine.call('inspectDataset', { path, ...(mapping && { mapping }) });
      return inspection;
    },
    'datasets.import': (input) => importDataset(context, input),
    'datasets.list': async () => {
      await bundledReady();
      return stores.datasets.list();
    },
    'datasets.preview': async (input) => {
      const { rows: total } = dataset(input.datasetId);
      return { rows: await preview(input, stores.datasets.page(input.datasetId, input.offset, input.limit)), total };
    },
    'datasets.previewFile': async (input) => {
      requireFile(input.path);
      const { rows, total } = await readFileRows(engine, input.path, input.mapping, input.offset, input.limit);
      return { rows: await preview(input, rows), total };
    },
    'datasets.unusable': ({ datasetId, offset, limit }) => {
      const { unusable } = dataset(datasetId);
      return { rows: stores.datasets.unusable(datasetId, offset, limit), total: unusable };
    },
    'datasets.remove': ({ id }) => {
      const { name } = dataset(id);
      const user = stores.jobs.inStates(['queued', 'running', 'paused', 'interrupted']).find((job) => (job.input as { datasetId?: string }).datasetId === id);
      if (user) throw new SingularError('conflict', `“${name}” is used by the job “${user.title}”; cancel that first.`);
      stores.datasets.remove(id);
      events.emit('datasets.changed', null);
      return null;
    },
  };
}
