/**
 * Brings the bundled datasets in, each once and each with its task: one that a person removed stays away. What shipped with an earlier version
 * (rows to train on and test rows as two datasets, or other rows) is replaced by what ships now.
 */
import { existsSync, statSync } from 'node:fs';
import { z } from 'zod';
import { jobUsing } from '../basics/jobUse.ts';
import type { ServiceContext } from '../context.ts';
import type { BundledDataset } from '../models/manifest.ts';
import { refreshBundledTask } from '../tasks/ofDatasets.ts';
import { importDataset } from './datasets.ts';

/** Names that were brought in, as the first version kept them, and what each was made of, as this one does. */
const namesKey = 'bundled.datasets';
const stampsKey = 'bundled.stamps';
/** Datasets whose task was made once: one that a person removed stays away. */
const tasksKey = 'bundled.tasks';
const namesSchema = z.array(z.string()).catch([]);
const stampsSchema = z.record(z.string(), z.string()).catch({});

/** Sizes and times of its files and how they are read: while these are the same, nothing is looked at. */
const stampOf = ({ files, mapping, grader, description }: BundledDataset): string =>
  JSON.stringify([files.map(({ path, split }) => [split, statSync(path).size, Math.trunc(statSync(path).mtimeMs)]), mapping, grader, description]);

export async function importBundled(context: ServiceContext, datasets: readonly BundledDataset[]): Promise<void> {
  const { log, events } = context;
  for (const dataset of datasets) {
    const [first] = dataset.files;
    if (!first || !dataset.files.every(({ path }) => existsSync(path))) continue;
    try {
      await refresh(context, dataset, first.path);
      // questions for no expert are nothing to train on
      if (dataset.name !== context.others) refreshTask(context, dataset.name);
    } catch (error) {
      log.error('datasets.bundled', error);
      events.emit('notice', { level: 'warning', message: `The bundled dataset “${dataset.name}” could not be read: ${(error as Error).message}` });
    }
  }
}

async function refresh(context: ServiceContext, dataset: BundledDataset, path: string): Promise<void> {
  const { stores, events } = context;
  const names = namesSchema.parse(stores.settings.get(namesKey));
  const stamps = stampsSchema.parse(stores.settings.get(stampsKey));
  const stamp = stampOf(dataset);
  if (stamps[dataset.name] === stamp) return;
  const outdated = stores.datasets.list().filter(({ source, name }) => source === 'bundled' && (name === dataset.name || name === `${dataset.name} test`));
  const wasRemoved = names.includes(dataset.name) && !outdated.some(({ name }) => name === dataset.name);
  // a job that uses the old rows comes first; they are replaced at a later start
  if (!wasRemoved && outdated.some(({ id }) => jobUsing(stores, { datasetId: id }))) return;
  if (!wasRemoved) {
    const stored = await importDataset(context, { ...dataset, path, source: 'bundled' });
    for (const { id } of outdated) {
      if (id === stored.id) continue;
      stores.tasks.move(id, stored.id);
      stores.datasets.remove(id);
    }
    events.emit('datasets.changed', null);
  }
  stores.settings.set(namesKey, [...new Set([...names, dataset.name])]);
  stores.settings.set(stampsKey, { ...stamps, [dataset.name]: stamp });
}

function refreshTask(context: ServiceContext, name: string): void {
  const { stores } = context;
  const dataset = stores.datasets.list().find((stored) => stored.source === 'bundled' && stored.name === name);
  if (!dataset) return;
  const names = namesSchema.parse(stores.settings.get(tasksKey));
  refreshBundledTask(context, dataset, !names.includes(name));
  if (!names.includes(name)) stores.settings.set(tasksKey, [...names, name]);
}
