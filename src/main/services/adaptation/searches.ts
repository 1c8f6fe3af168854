/** Searches for a mix: what one would take, its start as a job, and what earlier ones found. */
import { searchPresets, type SearchConfig } from '../../../shared/adaptation.ts';
import type { CallParsed, ExpertDto, SearchSummaryDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { found } from '../basics/found.ts';
import { commandLine, withValues } from '../basics/quote.ts';
import { takenUp } from '../basics/takenUp.ts';
import type { ServiceContext } from '../context.ts';
import { cannotBeMixed, requireZ } from '../experts/tuning.ts';
import type { HandlerGroup } from '../handlers.ts';
import type { UsableModel } from '../models/catalog.ts';
import { svdJobBefore } from '../models/prepare.ts';
import { searchRows, type SearchInput } from '../runners/searching.ts';
import { frozenTask, prepareTask, taskOptions, usedTask, type UsedTask } from '../tasks/tasks.ts';

const finalistsBesideExperts = 10; // the base, the centre and the best eight candidates (`adapt/search.ts`)

export function searchHandlers(context: ServiceContext): HandlerGroup<'searches'> {
  const { stores, catalog, engine, queue, events, clock, newId, platform } = context;
  const findable = ({ id, name }: { id: string; name: string }): string => {
    const expert = stores.experts.get(id);
    return expert?.name === name && expert.deletedAt === undefined ? name : id;
  };
  /** Experts are renamed, and their names taken by others: the command names each such that it is still found, by its id where the name is no longer its own. */
  const shown = <S extends SearchSummaryDto>(search: S): S => ({ ...search, command: withValues(search.command, 'expert', search.experts.map((expert) => [expert.name, findable(expert)]), platform) });
  return {
    'searches.cost': async ({ modelId, expertIds, config, ...wish }) => {
      const model = await catalog.use(modelId);
      const { dataset, raw, reading } = usedTask(stores, wish);
      const rows = await searchRows(context, { datasetId: dataset.id, reading, config, expertIds }, { folder: model.folder, raw, quiet: true });
      const tokens = async (of: typeof rows.test): Promise<number> =>
        (await engine.call('preview', { folder: model.folder, raw, rows: of })).reduce((sum, { promptTokens }) => sum + promptTokens, 0);
      const candidates = config.population * config.generations;
      const finalists = finalistsBesideExperts + expertIds.length;
      const times = { examples: 1 + expertIds.length + candidates + finalists, selection: finalists, test: 2 };
      const answers = times.examples * rows.examples.length + times.selection * rows.selection.length + times.test * rows.test.length;
      const promptTokens = times.examples * await tokens(rows.examples) + times.selection * await tokens(rows.selection) + times.test * await tokens(rows.test);
      const seconds = secondsOf(context, model.id, answers, config);
      return { generations: config.generations, candidates, answers, promptTokens, ...(seconds !== undefined && { secondsEstimated: seconds }) };
    },
    'searches.start': async (input) => {
      const { model, task } = await prepareTask(context, input);
      const { dataset } = task;
      const experts = searchedExperts(context, input.expertIds, model);
      refuseUnusable(input.config);
      const [jobId, searchId] = [newId(), newId()];
      const { expertIds, name, config } = input;
      const frozen: SearchInput = { searchId, modelId: model.id, weightsHash: model.weightsHash, datasetId: dataset.id, ...frozenTask(task), expertIds, name, config };
      const earlier = input.takeUp ? takenUp(context, 'search', frozen, ['searchId']) : undefined;
      if (earlier?.searchId) return { jobId: earlier.id, searchId: earlier.searchId, takenUp: true };
      const dependsOn = await svdJobBefore(context, model) ?? null;
      stores.atomically(() => {
        stores.searches.add({
          id: searchId, name, jobId, modelId: model.id, modelName: model.name, datasetId: dataset.id, datasetName: dataset.name, datasetHash: dataset.hash, ...frozenTask(task),
          experts: experts.map((expert) => ({ id: expert.id, name: expert.name })), config, createdAt: clock(), command: searchCommand(context, input, task, experts),
        });
        queue.add({ id: jobId, kind: 'search', title: `Search “${name}”`, runId: null, modelId: model.id, searchId, dependsOn, input: frozen, progress: { total: config.generations, unit: 'generations' } });
      });
      events.emit('searches.changed', null);
      return { jobId, searchId };
    },
    'searches.list': ({ offset, limit }) => {
      const { searches, total } = stores.searches.list(offset, limit);
      return { searches: searches.map(shown), total };
    },
    'searches.get': ({ id }) => shown(found(stores.searches.get(id), `search ${id}`)),
    'searches.remove': ({ id }) => {
      const { name, state } = found(stores.searches.get(id), `search ${id}`);
      if (state === 'queued' || state === 'running' || state === 'paused' || state === 'interrupted') throw new SingularError('conflict', `The search “${name}” has not ended; cancel it first.`);
      stores.searches.remove(id);
      events.emit('searches.changed', null);
      return null;
    },
  };
}

/** Experts that can be mixed on this model, each once. Throws `not-found`, `conflict` or `bad-input`. */
export function searchedExperts({ stores }: Pick<ServiceContext, 'stores'>, ids: readonly string[], model: UsableModel): ExpertDto[] {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new SingularError('bad-input', `The expert “${stores.experts.get(twice)?.name ?? twice}” is named twice.`);
  return ids.map((id) => {
    const expert = found(stores.experts.get(id), `expert ${id}`);
    if (expert.deletedAt !== undefined) throw new SingularError('not-found', `The expert “${expert.name}” was removed; restore it first.`);
    requireZ(expert, cannotBeMixed);
    if (expert.weightsHash !== model.weightsHash) throw new SingularError('conflict', `The expert “${expert.name}” belongs to ${expert.modelName} and does not fit the weights of ${model.name}.`);
    if (expert.comparisonId !== undefined) throw new SingularError('conflict', `“${expert.name}” belongs to a comparison; keep it in the library before it is mixed.`);
    return expert;
  });
}

function refuseUnusable({ normalised, low, high }: SearchConfig): void {
  if (normalised && low < 0) throw new SingularError('bad-input', '“normalised” shares out one whole, so “low” must not be below 0.');
  if (normalised && high <= 0) throw new SingularError('bad-input', '“normalised” shares out one whole, so “high” must be above 0.');
}

/** At the pace of earlier searches of this model; undefined where there was none. */
function secondsOf({ stores }: Pick<ServiceContext, 'stores'>, modelId: string, answers: number, { maxTokens }: SearchConfig): number | undefined {
  const earlier = stores.searches.pace(modelId);
  const sum = (key: 'answers' | 'answerTokens' | 'seconds'): number => earlier.reduce((total, budget) => total + budget[key], 0);
  if (sum('answerTokens') === 0) return undefined;
  return answers * Math.min(maxTokens, sum('answerTokens') / sum('answers')) * (sum('seconds') / sum('answerTokens'));
}

/** The command that repeats a search: every setting that differs from the preset that it is nearest to. */
function searchCommand({ stores, platform }: Pick<ServiceContext, 'stores' | 'platform'>, { modelId, name, config }: CallParsed<'searches.start'>, task: UsedTask, experts: readonly ExpertDto[]): string {
  const changes = (preset: keyof typeof searchPresets): [string, unknown][] => Object.entries(config).filter(([key, value]) => value !== searchPresets[preset][key as keyof SearchConfig]);
  const preset = changes('paper').length < changes('quick').length ? 'paper' : 'quick';
  return commandLine('adapt', [
    ['model', modelId], ...taskOptions(stores, task),
    // a name may hold a comma, so each has its own option
    ...experts.map((expert) => ['expert', expert.name] as const),
    ['name', name], ...(task.raw ? [['raw', true] as const] : []), ['preset', preset],
    ...changes(preset).map(([key, value]) => ['set', `${key}=${String(value)}`] as const),
  ], platform);
}
