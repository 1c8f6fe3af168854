import { z } from 'zod';
import { dispatcherKinds } from '../../../shared/adaptation.ts';
import type { ZVectors } from '../../../shared/matrices.ts';
import type { JobRunner } from '../../jobs/runner.ts';
import { datasetOf, libraryOf, named } from '../adaptation/dispatchers.ts';
import { divisionOf, makeDispatcher } from '../adaptation/dispatching.ts';
import { found } from '../basics/found.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';
import { modelOfJob } from './model.ts';

const inputSchema = z.object({
  dispatcherId: z.string(), modelId: z.string(), weightsHash: z.string(), kind: z.enum(dispatcherKinds), seed: z.int(), expertIds: z.array(z.string()), datasetIds: z.array(z.string()), foreignIds: z.array(z.string()),
});
export type DispatcherInput = z.infer<typeof inputSchema>;

/** Makes and measures a dispatcher. A pause ends its request, and it begins anew: it takes a minute or two. */
export function dispatcherRunner(context: RunnerContext): JobRunner {
  const { stores, catalog, events, clock } = context;
  return {
    heavy: true,
    pause: 'abort',
    async run(run) {
      const { dispatcherId: id, kind, seed, ...input } = inputSchema.parse(run.job.input);
      const model = modelOfJob(catalog, run.job, input);
      const taught = input.expertIds.map((expertId) => {
        const expert = found(stores.experts.get(expertId), `expert ${expertId} any more`);
        return { expert, dataset: found(datasetOf(stores, expert), `dataset of “${expert.name}” any more`), reading: expert.provenance.reading, config: divisionOf(expert) };
      });
      const foreign = input.foreignIds.flatMap((datasetId) => stores.datasets.get(datasetId) ?? []);
      const library = named(libraryOf(stores, model));
      const start = kind === 'classifier' ? formerZ(context, model, input.expertIds) : undefined;
      const { state, measured } = await makeDispatcher(context, {
        model, kind, taught, foreign, seed, ...(start && { start }),
        follow: (request) => follow(run, request),
        onProgress: (progress) => run.progress({ unit: 'steps', secondsLeft: undefined, ...progress }),
      });
      stores.dispatchers.put({ id, kind, modelId: model.id, weightsHash: model.weightsHash, experts: named(taught.map(({ expert }) => expert)), library, createdAt: clock(), jobId: run.job.id, state, measured });
      events.emit('dispatchers.changed', null);
      return { dispatcherId: id, ...measured };
    },
  };
}

/** Where experts were only added, the classifier of the others is gone on from. */
function formerZ({ stores }: RunnerContext, model: { id: string; weightsHash: string }, expertIds: readonly string[]): ZVectors | undefined {
  const former = stores.dispatchers.ofKind(model.id, 'classifier');
  if (former?.state.kind !== 'classifier' || former.weightsHash !== model.weightsHash) return undefined;
  const wasAdded = former.experts.length < expertIds.length && former.experts.every(({ id }) => expertIds.includes(id));
  return wasAdded ? former.state.z : undefined;
}
