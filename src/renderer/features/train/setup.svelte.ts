/**
 * A training before it starts: where the rows come from, how they are read, what judges them, and the settings.
 * A dropped file is only inspected here; it is imported when the training starts.
 */
import type { Bridge, ColumnMapping, DatasetDto, InspectionDto, ModelDto, RunDto } from '../../../shared/contract.ts';
import { presets, type PresetName, type TrainingConfig } from '../../../shared/training.ts';
import { estimateCost } from './cost.ts';
import { applies, faultOf, faultsBetween, type SettingKey } from './settings.ts';

export type Source =
  | { kind: 'file'; inspection: InspectionDto }
  | { kind: 'dataset'; dataset: DatasetDto };

/** Data sets that are mapped alike from either source. */
export interface SourceFacts { name: string; rows: number; unusable: number; columns: { name: string; type: string; example: string }[]; recognisedAs: string; remappable: boolean; splits: DatasetDto['splits'] }

export class TrainSetup {
  readonly #bridge: Bridge;
  source = $state.raw<Source | null>(null);
  mapping = $state.raw<ColumnMapping | null>(null);
  grader = $state('');
  name = $state('');
  /** the person typed a name, so that a new file no longer changes it */
  nameTyped = $state(false);
  model = $state.raw<ModelDto | null>(null);
  raw = $state(false);
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
  isRaw = $derived(this.raw || this.model?.hasChatTemplate === false);
  facts: SourceFacts | null = $derived.by(() => factsOf(this.source));
  changedKeys = $derived((Object.keys(this.config) as SettingKey[]).filter((key) => JSON.stringify(this.config[key]) !== JSON.stringify(presets[this.presetName][key])));
  faults: Partial<Record<SettingKey, string>> = $derived.by(() => {
    const faults: Partial<Record<SettingKey, string>> = faultsBetween(this.config, { references: this.mapping === null || (this.mapping.answer ?? this.mapping.demonstration) !== undefined || hasOwnAnswers.includes(this.mapping.kind) }, this.model?.hiddenSize);
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
    if (this.facts && this.grader.trim() === '') missing.push('a grader');
    if (this.facts && this.name.trim() === '') missing.push('a name');
    const faults = Object.keys(this.faults).length;
    if (faults > 0) missing.push(faults === 1 ? 'one setting to correct' : `${faults} settings to correct`);
    return missing;
  });

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
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
      this.mapping = inspection.mapping;
      this.grader = inspection.suggestedGrader;
      if (!this.nameTyped) this.name = stemOf(inspection.fileName);
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    } finally {
      if (turn === this.#turn) this.busy = null;
    }
  }

  takeDataset(dataset: DatasetDto): void {
    this.#turn++;
    this.busy = null;
    this.error = null;
    this.source = { kind: 'dataset', dataset };
    this.mapping = dataset.mapping;
    this.grader = dataset.suggestedGrader;
    if (!this.nameTyped) this.name = dataset.name.replace(/\s*[·(/].*$/, '');
  }

  forget(): void {
    this.#turn++;
    this.source = null;
    this.mapping = null;
    this.grader = '';
    this.busy = null;
    this.error = null;
    if (!this.nameTyped) this.name = '';
  }

  /** Reads the file again with other columns. */
  async remap(mapping: ColumnMapping): Promise<void> {
    if (this.source?.kind !== 'file') return;
    const turn = ++this.#turn;
    const path = this.source.inspection.path;
    this.mapping = mapping;
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
    this.past = (await this.#bridge.call('runs.list', { limit: 100 })).runs.filter((run) => run.kind === 'train');
  }

  /** Imports the file where there is one, queues the training, and returns its run. */
  async start(): Promise<string | null> {
    const { source, mapping, model } = this;
    if (this.missing.length > 0 || this.busy || !source || !mapping || !model) return null;
    this.busy = 'starting';
    this.error = null;
    try {
      const dataset = source.kind === 'dataset' ? source.dataset
        : await this.#bridge.call('datasets.import', { path: source.inspection.path, name: stemOf(source.inspection.fileName), mapping });
      const { runId } = await this.#bridge.call('train.start', {
        modelId: model.id, raw: this.isRaw, datasetId: dataset.id, grader: this.grader, name: this.name.trim(),
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

const stemOf = (fileName: string): string => (fileName.replace(/\.[^.]+$/, '').trim() || fileName).slice(0, 120);

function factsOf(source: Source | null): SourceFacts | null {
  if (!source) return null;
  if (source.kind === 'file') {
    const { fileName, rows, unusableCount, columns, recognisedAs } = source.inspection;
    return { name: fileName, rows, unusable: unusableCount, columns, recognisedAs, remappable: true, splits: { train: 0, validation: 0, test: 0, unassigned: rows } };
  }
  const { name, rows, unusable, columns, description, splits } = source.dataset;
  return { name, rows, unusable, columns: columns.map((column) => ({ name: column, type: '', example: '' })), recognisedAs: description, remappable: false, splits };
}
