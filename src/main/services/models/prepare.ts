import type { ServiceContext } from '../context.ts';
import type { UsableModel } from './catalog.ts';

/** The job that makes a model's SVD cache: the one that is already waiting or running, or a new one. */
export function queueSvd(context: Pick<ServiceContext, 'stores' | 'queue' | 'newId'>, model: UsableModel): string {
  const { stores, queue, newId } = context;
  const existing = stores.jobs.inStates(['queued', 'running', 'paused', 'interrupted']).find((job) => job.kind === 'svd' && job.modelId === model.id);
  if (existing) {
    // one that waits for an instance which is gone is taken up too
    if (existing.state !== 'running') queue.resume(existing.id);
    return existing.id;
  }
  return queue.add({
    id: newId(), kind: 'svd', title: `SVD of ${model.name}`, runId: null, modelId: model.id, dependsOn: null,
    input: { modelId: model.id }, progress: { total: model.facts.matrices.length, unit: 'matrices' },
  }).id;
}

/** Undefined where the cache is there already; else the job that will have made it. */
export async function svdJobBefore(context: Pick<ServiceContext, 'stores' | 'queue' | 'newId' | 'catalog'>, model: UsableModel): Promise<string | undefined> {
  const { state } = await context.catalog.refreshSvd(model.id);
  return state === 'ready' ? undefined : queueSvd(context, model);
}

/** Resolves when the cache is there, made now where it was not. Asking the engine each time would cost more than moving a fader may; a cache that vanished is made anew there. */
export async function svdReady(context: Pick<ServiceContext, 'stores' | 'queue' | 'newId' | 'catalog' | 'events'>, model: UsableModel): Promise<void> {
  const { events, queue, catalog } = context;
  if (catalog.get(model.id).svd.state === 'ready') return;
  const jobId = await svdJobBefore(context, model);
  if (jobId === undefined) return;
  events.emit('notice', { level: 'info', message: `The SVD cache of ${model.name} is being made; the answer follows when it is there.` });
  await queue.finished(jobId);
}
