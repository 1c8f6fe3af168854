import type { JobRecord } from '../../db/index.ts';
import type { JobRunner } from '../../jobs/runner.ts';
import { searchedExperts } from '../adaptation/searches.ts';
import { partsOf } from '../mixing/alphas.ts';
import type { RunnerContext } from './context.ts';
import { modelOfJob } from './model.ts';
import { runSearch, searchInputSchema } from './searching.ts';

/** A search of its own; what it chose becomes a saved mix. */
export function searchRunner(context: RunnerContext): JobRunner {
  const { stores, catalog, events, clock, newId } = context;
  return {
    heavy: true,
    pause: 'steer',
    canKeep: (job) => job.searchId !== null && stores.searches.hasGenerations(job.searchId),
    ended: (job) => endOfSearch(context, job),
    async run(run) {
      const input = searchInputSchema.parse(run.job.input);
      const model = modelOfJob(catalog, run.job, input);
      // one may have been removed while the search waited
      searchedExperts(context, input.expertIds, model);
      const outcome = await runSearch(context, run, { model, input, onSteer: run.onSteer, onProgress: (progress) => run.progress({ unit: 'generations', ...progress }) });
      const mix = stores.atomically(() => {
        const now = clock();
        const saved = { id: newId(), name: freeMixName(context, model.id, input.name), modelId: model.id, parts: partsOf(input.expertIds, outcome.chosen.alphas), form: input.config.form, createdAt: now, updatedAt: now, searchId: input.searchId };
        stores.mixes.save(saved);
        stores.searches.change(input.searchId, { outcome, mixId: saved.id, mixName: saved.name });
        return saved;
      });
      events.emit('mixes.changed', null);
      return { searchId: input.searchId, mixId: mix.id, mix: mix.name };
    },
  };
}

function freeMixName({ stores }: Pick<RunnerContext, 'stores'>, modelId: string, wanted: string): string {
  for (let copy = 1; ; copy++) {
    const name = copy === 1 ? wanted : `${wanted} ${copy}`;
    if (!stores.mixes.byName(modelId, name)) return name;
  }
}

function endOfSearch({ stores, events }: RunnerContext, job: JobRecord): void {
  if (job.searchId === null) return;
  stores.searches.change(job.searchId, { endState: job.state });
  // a failed search may be taken up again from its last generation
  if (job.state === 'succeeded') stores.searches.deleteCheckpoint(job.searchId);
  events.emit('searches.changed', null);
}
