import { existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { TaskRow } from '../../../engine/host/protocol.ts';
import type { ColumnMapping, DatasetDto, InspectionDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { found } from '../basics/found.ts';
import { jobUsing } from '../basics/jobUse.ts';
import type { ServiceContext } from '../context.ts';
import type { HandlerGroup } from '../handlers.ts';
import type { BundledDataset } from '../models/manifest.ts';
import { combinedHash, type ImportInput } from '../runners/importDataset.ts';
import { addRecognisedTask } from '../tasks/ofDatasets.ts';
import { readAgain } from '../tasks/rows.ts';
import { readFileRows } from './fileRows.ts';

export function requireFile(path: string): void {
  if (!existsSync(path)) throw new SingularError('bad-input', `There is no file ${path}.`);
  if (!statSync(path).isFile()) throw new SingularError('bad-input', `${path} is not a file.`);
}

export interface ImportRequest {
  path: string; name: string; mapping?: ColumnMapping; source?: DatasetDto['source']; description?: string; grader?: string;
  /** one for each split; `path` is the first of them */
  files?: BundledDataset['files'];
}

/** Reads a file (or one for each split) into the database as a job, and waits for it; the same read the same way is not stored twice. */
export async function importDataset(context: ServiceContext, request: ImportRequest): Promise<DatasetDto> {
  const { engine, stores, queue, newId } = context;
  const paths = request.files?.map(({ path }) => path) ?? [request.path];
  const hashes: string[] = [];
  let inspection: InspectionDto | undefined;
  let rows = 0;
  for (const path of paths) {
    requireFile(path);
    const { hash, ...inspected } = await engine.call('inspectDataset', { path, ...(request.mapping && { mapping: request.mapping }) });
    inspection ??= inspected;
    hashes.push(hash);
    rows += inspected.rows;
  }
  const { mapping: recognised, columns, suggestedGrader, recognisedAs } = found(inspection, 'file to import');
  const mapping = request.mapping ?? recognised;
  const [hash, grader] = [combinedHash(hashes), request.grader ?? suggestedGrader];
  const same = stores.datasets.same({ hash, name: request.name, mapping });
  if (same && same.suggestedGrader === grader && (request.source !== 'bundled' || same.source === 'bundled')) return same;
  const datasetId = newId();
  const input: ImportInput = {
    datasetId, path: request.path, name: request.name, mapping, source: request.source ?? 'file', description: request.description ?? '',
    columns: columns.map((column) => column.name), suggestedGrader: grader, fileName: paths.map((path) => basename(path)).join(', '), expectedHash: hash,
    ...(request.files && { files: request.files }),
  };
  const job = queue.add({ id: newId(), kind: 'import-dataset', title: `Read ${request.files ? `“${request.name}”` : input.fileName}`, runId: null, modelId: null, dependsOn: null, input, progress: { total: rows, unit: 'rows' } });
  await queue.finished(job.id);
  const dataset = found(stores.datasets.get(datasetId), `dataset “${request.name}”`);
  if (dataset.source === 'file') addRecognisedTask(context, dataset, recognisedAs);
  return dataset;
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
      const stored = stores.datasets.page(input.datasetId, input.offset, input.limit);
      const { rows } = await readAgain(context, { datasetId: input.datasetId, ...(input.mapping && { reading: { mapping: input.mapping, splits: { by: 'dataset' } } }) }, stored);
      return { rows: await preview(input, rows), total };
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
      const user = jobUsing(stores, { datasetId: id });
      if (user) throw new SingularError('conflict', `“${name}” is used by the job “${user.title}”; cancel that first.`);
      const tasks = stores.tasks.ofDataset(id);
      const made = tasks.filter(({ source }) => source === 'saved').map((task) => `“${task.name}”`);
      if (made.length > 0) throw new SingularError('conflict', `“${name}” is what the ${made.length === 1 ? 'task' : 'tasks'} ${made.join(', ')} ${made.length === 1 ? 'is' : 'are'} made of; remove ${made.length === 1 ? 'that' : 'those'} first.`);
      // what came with the dataset goes with it
      stores.atomically(() => {
        for (const task of tasks) stores.tasks.remove(task.id);
        stores.datasets.remove(id);
      });
      if (tasks.length > 0) events.emit('tasks.changed', null);
      events.emit('datasets.changed', null);
      return null;
    },
  };
}
