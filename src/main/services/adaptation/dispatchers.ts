/** Dispatchers: one of each kind for a model, made and measured as a job, renewed when the library has changed. */
import { isDeepStrictEqual } from 'node:util';
import { classifierSteps } from '../../../shared/adaptation.ts';
import type { CallParsed, DatasetDto, DispatcherDto, ExpertDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { DispatcherRecord, NamedExpert, Stores } from '../../db/index.ts';
import { found } from '../basics/found.ts';
import type { ServiceContext } from '../context.ts';
import type { HandlerGroup } from '../handlers.ts';
import type { UsableModel } from '../models/catalog.ts';
import { svdJobBefore } from '../models/prepare.ts';
import type { DispatcherInput } from '../runners/dispatcher.ts';
import { divisionOf, foreignDatasets, questionsOf, type TaughtExpert } from './dispatching.ts';
import { searchedExperts } from './searches.ts';

const expertsListed = 500;

/** What can be mixed on a model, the oldest first. */
export const libraryOf = ({ experts }: Pick<Stores, 'experts'>, model: Pick<UsableModel, 'id' | 'weightsHash'>): ExpertDto[] =>
  experts.list({ search: '', tags: [], modelId: model.id, method: 'svf', sort: 'created', offset: 0, limit: expertsListed }).experts.filter(({ weightsHash }) => weightsHash === model.weightsHash).toReversed();

export const named = (experts: readonly NamedExpert[]): NamedExpert[] => experts.map(({ id, name }) => ({ id, name }));

export function datasetOf({ datasets }: Pick<Stores, 'datasets'>, { provenance }: Pick<ExpertDto, 'provenance'>): DatasetDto | undefined {
  return provenance.datasetHash === undefined ? undefined : datasets.list().find(({ hash }) => hash === provenance.datasetHash);
}

/** The experts that a dispatcher can be made for, and those that it cannot know, each with a reason. */
function teachable(stores: Pick<Stores, 'datasets' | 'runs'>, experts: readonly ExpertDto[]): { taught: TaughtExpert[]; left: string[] } {
  const taught: (TaughtExpert & { expert: ExpertDto })[] = [];
  const left: string[] = [];
  // no choice between experts is made by test rows
  const validated = ({ provenance: { runId } }: ExpertDto): number => (runId === undefined ? undefined : stores.runs.summary(runId)?.bestScore) ?? -Infinity;
  for (const expert of experts) {
    const dataset = datasetOf(stores, expert);
    if (!dataset) {
      left.push(`“${expert.name}”: the dataset that it was trained on is not here, so there is no question to learn from`);
      continue;
    }
    const rival = taught.findIndex((other) => other.dataset.id === dataset.id);
    if (rival < 0) taught.push({ expert, dataset, reading: expert.provenance.reading, config: divisionOf(expert) });
    else {
      // one question cannot be for two experts: the better of them on its validation rows stands for the dataset
      const [better, worse] = validated(expert) > validated(taught[rival].expert) ? [expert, taught[rival].expert] : [taught[rival].expert, expert];
      taught[rival] = { expert: better, dataset, reading: better.provenance.reading, config: divisionOf(better) };
      left.push(`“${worse.name}”: it was trained on the same dataset as “${better.name}”`);
    }
  }
  return { taught, left };
}

/**
 * As the last one took, measuring included where its job is still listed; names to choose from and questions both grow
 * with the experts. Undefined where none was made.
 */
function secondsOf({ jobs }: Pick<Stores, 'jobs'>, last: DispatcherRecord | undefined, experts: number): number | undefined {
  if (last?.measured.seconds === undefined) return undefined;
  const job = jobs.get(last.jobId);
  const seconds = job?.startedAt && job.endedAt ? (job.endedAt - job.startedAt) / 1000 : last.measured.seconds;
  return seconds * (experts + 1) / (last.experts.length + 1);
}

export function dispatcherHandlers(context: ServiceContext): HandlerGroup<'dispatchers'> {
  const { stores, catalog, events, queue, newId } = context;
  const toDto = ({ id, kind, modelId, experts, createdAt, jobId, measured, ...record }: DispatcherRecord): DispatcherDto => ({
    id, kind, modelId, experts, createdAt, jobId, ...measured,
    stale: !isDeepStrictEqual(record.library, named(libraryOf(stores, { id: modelId, weightsHash: record.weightsHash }))) || stores.models.get(modelId)?.weightsHash !== record.weightsHash,
  });
  /** What a dispatcher is to be made of. Throws `conflict` where that cannot be. */
  const making = async ({ modelId, expertIds, othersIds }: Omit<CallParsed<'dispatchers.make'>, 'kind' | 'seed'>) => {
    const model = await catalog.use(modelId);
    const { taught, left } = teachable(stores, expertIds === undefined ? libraryOf(stores, model) : searchedExperts(context, expertIds, model));
    if (expertIds !== undefined && left.length > 0) throw new SingularError('conflict', `A dispatcher cannot be made for these experts. ${left.join('; ')}.`);
    if (taught.length === 0) throw new SingularError('conflict', `${model.name} has no expert whose dataset is here; train one first.${left.length > 0 ? ` ${left.join('; ')}.` : ''}`);
    return { model, taught, left, foreign: foreignDatasets(context, taught, othersIds) };
  };
  return {
    'dispatchers.list': ({ modelId }) => stores.dispatchers.list(modelId).map(toDto),
    'dispatchers.cost': async ({ kind, seed, ...wish }) => {
      const { model, taught, foreign } = await making(wish);
      const { training, validation, asked } = await questionsOf(context, { kind, taught, foreign, seed });
      const seconds = secondsOf(stores, stores.dispatchers.ofKind(model.id, kind), taught.length);
      return { training: training.length, validation: validation.length, heldOut: asked.length, steps: kind === 'classifier' ? classifierSteps : 0, ...(seconds !== undefined && { secondsEstimated: seconds }) };
    },
    'dispatchers.make': async ({ kind, seed, ...wish }) => {
      const { model, taught, left, foreign } = await making(wish);
      const dependsOn = kind === 'classifier' ? await svdJobBefore(context, model) ?? null : null;
      const [jobId, dispatcherId] = [newId(), stores.dispatchers.ofKind(model.id, kind)?.id ?? newId()];
      const input: DispatcherInput = {
        dispatcherId, modelId: model.id, weightsHash: model.weightsHash, kind, seed, expertIds: taught.map(({ expert }) => expert.id),
        datasetIds: [...new Set([...taught.map(({ dataset }) => dataset.id), ...foreign.map(({ id }) => id)])], foreignIds: foreign.map(({ id }) => id),
      };
      queue.add({ id: jobId, kind: 'dispatcher', title: `Dispatcher by ${kind} for ${model.name}`, runId: null, modelId: model.id, dependsOn, input, progress: { unit: 'steps' } });
      if (left.length > 0) events.emit('notice', { level: 'info', message: `Left out: ${left.join('; ')}.` });
      return { jobId, dispatcherId };
    },
    'dispatchers.remove': ({ id }) => {
      found(stores.dispatchers.get(id), `dispatcher ${id}`);
      stores.dispatchers.remove(id);
      events.emit('dispatchers.changed', null);
      return null;
    },
  };
}
