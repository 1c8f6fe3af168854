/** An adaptation before it starts: the task, the experts, the way, and what it would take. */
import { quickSearch, searchPresets, type DispatcherKind, type SearchConfig } from '../../../shared/adaptation.ts';
import type { Bridge, DatasetDto, DispatcherCostDto, ExpertDto, SearchCostDto, SearchSummaryDto } from '../../../shared/contract.ts';
import type { TaskDto } from '../../../shared/task.ts';
import { TaskDraft } from '../../tasks/task-draft.svelte.ts';
import { defaultName, faultsOf, type SearchKey } from './settings.ts';

export type Way = 'few-shot' | DispatcherKind;

export class AdaptDraft {
  readonly #bridge: Bridge;
  readonly task: TaskDraft;
  way = $state<Way>('few-shot');
  modelId = $state('');
  expertIds = $state.raw<readonly string[]>([]);
  /** what can be mixed with this model; null while it is read */
  experts = $state.raw<readonly ExpertDto[] | null>(null);
  /** experts of the search that is taken up again which are no longer there, by name */
  dropped = $state.raw<readonly string[]>([]);
  #takenUp: Pick<SearchSummaryDto, 'modelId' | 'experts'> | null = null;
  config = $state.raw<SearchConfig>(quickSearch);
  /** empty: made from the task */
  #name = $state('');

  /** of the search, or of making the dispatcher */
  cost = $state.raw<SearchCostDto | null>(null);
  making = $state.raw<DispatcherCostDto | null>(null);
  costError = $state.raw<unknown>(null);
  error = $state.raw<unknown>(null);
  busy = $state(false);
  #turn = 0;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    this.task = new TaskDraft(bridge);
  }

  get name(): string {
    return this.#name !== '' || this.task.name === '' ? this.#name : defaultName(this.task.name, this.config);
  }
  set name(name: string) {
    this.#name = name;
  }

  preset = $derived((Object.entries(searchPresets) as ['quick' | 'paper', SearchConfig][]).find(([, preset]) => JSON.stringify({ ...preset, seed: 0 }) === JSON.stringify({ ...preset, ...this.config, seed: 0 }))?.[0] ?? null);
  faults = $derived(faultsOf(this.config));
  missing = $derived.by(() => {
    const missing: string[] = [];
    if (this.modelId === '') missing.push('a model');
    if (this.expertIds.length === 0) missing.push(this.experts?.length === 0 ? 'an expert of this model' : 'an expert');
    if (this.way === 'few-shot') {
      if (!this.task.named) missing.push('a task');
      else if (this.task.grader.trim() === '') missing.push('a grader');
      if (this.name.trim() === '') missing.push('a name');
      if (Object.keys(this.faults).length > 0) missing.push('settings that can be used');
    }
    return missing;
  });

  set<K extends SearchKey>(key: K, value: SearchConfig[K]): void {
    this.config = { ...this.config, [key]: value };
  }
  /** A preset keeps the seed. */
  usePreset(preset: 'quick' | 'paper'): void {
    this.config = { ...searchPresets[preset], seed: this.config.seed };
  }
  toggleExpert(id: string): void {
    this.expertIds = this.expertIds.includes(id) ? this.expertIds.filter((other) => other !== id) : [...this.expertIds, id];
  }

  /** Reads what the model's library holds; all of a small one are chosen at first. */
  async readExperts(): Promise<void> {
    const modelId = this.modelId;
    const { experts } = await this.#bridge.call('experts.list', { modelId, method: 'svf', sort: 'name', limit: 500 });
    if (modelId !== this.modelId) return;
    this.experts = experts;
    this.#choose(experts);
  }

  /** Of what was chosen, that which is there; with nothing left, the first of the library. */
  #choose(experts: readonly ExpertDto[]): void {
    const wanted = this.#takenUp?.modelId === this.modelId ? this.#takenUp.experts : [];
    this.dropped = wanted.filter(({ id }) => !experts.some((expert) => expert.id === id)).map(({ name }) => name);
    const kept = this.expertIds.filter((id) => experts.some((expert) => expert.id === id));
    this.expertIds = kept.length > 0 ? kept : experts.slice(0, 8).map(({ id }) => id);
  }

  /** The settings of an earlier search, to be changed. */
  takeUp(search: SearchSummaryDto, known: { datasets: readonly DatasetDto[]; tasks: readonly TaskDto[] }): void {
    this.way = 'few-shot';
    if (this.modelId !== search.modelId) this.experts = null;
    this.modelId = search.modelId;
    const dataset = known.datasets.find(({ id }) => id === search.datasetId);
    // a removed dataset leaves a task to be chosen
    if (dataset) {
      const { grader, raw, reading = { mapping: dataset.mapping, splits: { by: 'dataset' } } } = search;
      this.task.takeUp({ datasetId: dataset.id, datasetName: dataset.name, grader, raw }, reading, known.tasks.find(({ name }) => name === search.task));
    } else this.task.forget();
    this.expertIds = search.experts.map(({ id }) => id);
    this.#takenUp = search;
    if (this.experts) this.#choose(this.experts);
    this.config = search.config;
    this.#name = '';
  }

  /** Asks what it would take; the answer to an older question is dropped. */
  async estimate(): Promise<void> {
    const turn = ++this.#turn;
    this.costError = null;
    const { way, modelId, task: { named }, config } = this;
    const expertIds = [...this.expertIds];
    const complete = modelId !== '' && expertIds.length > 0 && (way !== 'few-shot' || (named !== null && Object.keys(this.faults).length === 0));
    try {
      const cost = complete && way === 'few-shot' ? await this.#bridge.call('searches.cost', { modelId, ...named, expertIds, config }) : null;
      const making = complete && way !== 'few-shot' ? await this.#bridge.call('dispatchers.cost', { modelId, kind: way, expertIds }) : null;
      if (turn === this.#turn) [this.cost, this.making] = [cost, making];
    } catch (error) {
      if (turn === this.#turn) [this.cost, this.making, this.costError] = [null, null, error];
    }
  }

  /** Queues the search and returns its id, or null where it was refused. */
  async start(): Promise<string | null> {
    if (this.busy || this.missing.length > 0) return null;
    this.busy = true;
    this.error = null;
    try {
      const { searchId } = await this.#bridge.call('searches.start', { modelId: this.modelId, ...this.task.named, expertIds: [...this.expertIds], name: this.name.trim(), config: this.config });
      this.#name = '';
      [this.#takenUp, this.dropped] = [null, []];
      return searchId;
    } catch (error) {
      this.error = error;
      return null;
    } finally {
      this.busy = false;
    }
  }
}
