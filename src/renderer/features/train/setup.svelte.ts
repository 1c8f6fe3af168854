/**
 * A training before it starts: where the rows come from, how they are read, what judges them, and the settings.
 * A dropped file is only inspected here; it is imported when the training starts.
 */
import type { Bridge, ColumnMapping, DatasetDto, InspectionDto, ModelDto, RunDto } from '../../../shared/contract.ts';
import { splitCounts, type TaskDto, type TaskSplits } from '../../../shared/task.ts';
import { presets, type PresetName, type TrainingConfig } from '../../../shared/training.ts';
import { TaskDraft } from '../../tasks/task-draft.svelte.ts';
import { estimateCost } from './cost.ts';
import { applies, faultOf, faultsBetween, type SettingKey } from './settings.ts';

export type Source =
  | { kind: 'file'; inspection: InspectionDto }
  | { kind: 'dataset'; dataset: DatasetDto };

/** What is known alike of either source. */
export interface SourceFacts {
  name: string; rows: number; unusable: number; columns: { name: string; type: string; example: string }[]; recognisedAs: string;
  /** as the dataset names them, and as the task divides them */
  named: DatasetDto['splits']; splits: DatasetDto['splits'];
}

export class TrainSetup {
  readonly #bridge: Bridge;
  source = $state.raw<Source | null>(null);
  /** how the rows of the source are read, graded and divided */
  readonly task: TaskDraft;
  name = $state('');
  /** the person typed a name, so that a new file no longer changes it */
  nameTyped = $state(false);
  model = $state.raw<ModelDto | null>(null);
  presetName = $state<PresetName>('quick');
  config = $state<TrainingConfig>({ ...presets.quick });
  /** text in a settings field that is not a value yet, by key */
  drafts = $state<Partial<Record<SettingKey, string>>>({});
  past = $state.raw<Omit<RunDto, 'steps' | 'validations' | 'lastSamples'>[]>([]);
  busy = $state<'inspecting' | 'starting' | null>(null);
  /** what went wrong with the last thing asked for */
  error = $state.raw<unknown>(null);
  /** which file is being read */
  readingName = $state('');
  #turn = 0;

  /** a model without a chat template can only be trained raw */
  isRaw = $derived.by(() => this.task.raw || this.model?.hasChatTemplate === false);
  facts: SourceFacts | null = $derived.by(() => factsOf(this.source, this.task.splits));
  changedKeys = $derived((Object.keys(this.config) as SettingKey[]).filter((key) => JSON.stringify(this.config[key]) !== JSON.stringify(presets[this.presetName][key])));
  faults: Partial<Record<SettingKey, string>> = $derived.by(() => {
    const faults: Partial<Record<SettingKey, string>> = faultsBetween(this.config, { references: hasReferences(this.task.mapping) }, this.model?.hiddenSize);
    for (const key of Object.keys(this.config) as SettingKey[]) {
      if (!applies(key, this.config)) continue;
      const fault = this.drafts[key] !== undefined ? 'A number is needed.' : faultOf(key, $state.snapshot(this.config)[key], this.model?.layers);
      if (fault) faults[key] = fault;
    }
    return faults;
  });
  cost = $derived(this.facts && this.model && Object.keys(this.faults).length === 0 ? estimateCost(this.config, this.facts.splits, this.model.id, this.past) : null);
  /** what still keeps the training from starting, in the order of the page; empty when it can start */
  missing = $derived.by(() => {
    const missing: string[] = [];
    if (!this.facts) missing.push('rows to train on');
    else if (this.facts.rows < 2) missing.push('at least two usable rows');
    if (!this.model) missing.push('a model');
    if (this.facts && this.task.grader.trim() === '') missing.push('a grader');
    if (this.facts && this.name.trim() === '') missing.push('a name');
    const faults = Object.keys(this.faults).length;
    if (faults > 0) missing.push(faults === 1 ? 'one setting to correct' : `${faults} settings to correct`);
    return missing;
  });

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    this.task = new TaskDraft(bridge);
  }

  async takeFile(file: File): Promise<void> {
    const turn = ++this.#turn;
    this.busy = 'inspecting';
    this.readingName = file.name;
    this.error = null;
    try {
      const path = await this.#bridge.pathOf(file);
      const inspection = await this.#bridge.call('datasets.inspect', { path });
      if (turn !== this.#turn) return;
      this.source = { kind: 'file', inspection };
      this.task.takeFile(inspection.fileName, inspection.mapping, inspection.suggestedGrader);
      if (!this.nameTyped) this.name = stemOf(inspection.fileName);
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    } finally {
      if (turn === this.#turn) this.busy = null;
    }
  }

  /** A stored task, or rows that are no task yet. */
  takeDataset(dataset: DatasetDto, task?: TaskDto): void {
    this.#turn++;
    this.busy = null;
    this.error = null;
    this.source = { kind: 'dataset', dataset };
    if (task) this.task.choose(task);
    else this.task.takeDataset(dataset);
    if (!this.nameTyped) this.name = (task ?? dataset).name.replace(/\s*[·(/].*$/, '');
  }

  /** The rows that the task is now made of, once they are known here; a file stays what it is. */
  follow(datasets: readonly DatasetDto[]): void {
    const { source, task } = this;
    if (source?.kind !== 'dataset' || source.dataset.id === task.datasetId) return;
    const dataset = datasets.find(({ id }) => id === task.datasetId);
    if (dataset) this.source = { kind: 'dataset', dataset };
    if (dataset && !this.nameTyped) this.name = task.name;
  }

  forget(): void {
    this.#turn++;
    this.source = null;
    this.task.forget();
    this.busy = null;
    this.error = null;
    if (!this.nameTyped) this.name = '';
  }

  /** Reads the rows with other columns or another template: a file again, stored rows when they are used. */
  async remap(mapping: ColumnMapping): Promise<void> {
    this.task.mapping = mapping;
    if (this.source?.kind !== 'file') return;
    const turn = ++this.#turn;
    const path = this.source.inspection.path;
    this.busy = 'inspecting';
    this.readingName = this.source.inspection.fileName;
    this.error = null;
    try {
      const inspection = await this.#bridge.call('datasets.inspect', { path, mapping });
      if (turn !== this.#turn) return;
      this.source = { kind: 'file', inspection };
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    } finally {
      if (turn === this.#turn) this.busy = null;
    }
  }

  choosePreset(name: PresetName): void {
    this.presetName = name;
    this.config = { ...presets[name], seed: this.config.seed };
    this.drafts = {};
  }

  /** Another method starts with a step of its own size: what suits z is far too large for an adapter. */
  chooseMethod(method: TrainingConfig['method']): void {
    const rateOf = (one: TrainingConfig['method']): number => (one === 'svf' ? presets[this.presetName].learningRate : Math.min(adapterLearningRate, presets[this.presetName].learningRate));
    if (this.config.learningRate === rateOf(this.config.method)) this.config.learningRate = rateOf(method);
    this.set('method', method);
  }

  set<K extends SettingKey>(key: K, value: TrainingConfig[K]): void {
    this.config[key] = value;
    delete this.drafts[key];
  }

  reset(key: SettingKey): void {
    this.set(key, presets[this.presetName][key]);
  }

  async readPast(): Promise<void> {
    this.past = (await this.#bridge.call('runs.list', { kind: 'train', limit: 100 })).runs;
  }

  /** Imports the file where there is one, so that its rows can be used and named. Rejects where it is refused. */
  async keepRows(): Promise<void> {
    const { source, task } = this;
    if (source?.kind !== 'file' || !task.mapping) return;
    const dataset = await this.#bridge.call('datasets.import', { path: source.inspection.path, name: stemOf(source.inspection.fileName), mapping: task.mapping });
    if (this.source !== source) return;
    this.source = { kind: 'dataset', dataset };
    task.datasetId = dataset.id;
    task.datasetName = dataset.name;
  }

  /** Imports the file where there is one, queues the training, and returns its run. */
  async start(): Promise<string | null> {
    const { model } = this;
    if (this.missing.length > 0 || this.busy || !model) return null;
    this.busy = 'starting';
    this.error = null;
    try {
      await this.keepRows();
      const { runId } = await this.#bridge.call('train.start', {
        modelId: model.id, ...this.task.named, raw: this.isRaw, name: this.name.trim(),
        preset: this.changedKeys.length > 0 ? 'custom' : this.presetName, config: $state.snapshot(this.config),
      });
      return runId;
    } catch (error) {
      this.error = error;
      return null;
    } finally {
      this.busy = null;
    }
  }
}

/** AdamW step that adapters are usually trained with. */
const adapterLearningRate = 2e-3;
/** Ways of reading rows whose reference needs no column of its own. */
const hasOwnAnswers: readonly string[] = ['messages', 'sharegpt'];

const hasReferences = (mapping: ColumnMapping | null): boolean => mapping === null || (mapping.answer ?? mapping.demonstration) !== undefined || hasOwnAnswers.includes(mapping.kind);

const stemOf = (fileName: string): string => (fileName.replace(/\.[^.]+$/, '').trim() || fileName).slice(0, 120);

function factsOf(source: Source | null, splits: TaskSplits): SourceFacts | null {
  if (!source) return null;
  if (source.kind === 'file') {
    const { fileName, rows, unusableCount, columns, recognisedAs } = source.inspection;
    const named = { train: 0, validation: 0, test: 0, unassigned: rows };
    return { name: fileName, rows, unusable: unusableCount, columns, recognisedAs, named, splits: splitCounts(named, splits) };
  }
  const { name, rows, unusable, columns, description, splits: named } = source.dataset;
  return { name, rows, unusable, columns: columns.map((column) => ({ name: column, type: '', example: '' })), recognisedAs: description, named, splits: splitCounts(named, splits) };
}
