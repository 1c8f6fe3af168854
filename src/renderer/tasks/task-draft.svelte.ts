/**
 * A task as it stands on a set-up screen: a stored one, one that was changed, or one that was never stored. What is
 * started takes it as it stands; only saving it changes what is stored.
 */
import type { Bridge, ColumnMapping, DatasetDto } from '../../shared/contract.ts';
import type { TaskDto, TaskReading, TaskSplits } from '../../shared/task.ts';

interface Named { taskId?: string; datasetId: string; mapping: ColumnMapping; grader: string; raw: boolean; splits: TaskSplits }

const columnsOf = (mapping: ColumnMapping): string => JSON.stringify(Object.entries(mapping).filter(([, column]) => column !== undefined).sort(([a], [b]) => a.localeCompare(b)));

export class TaskDraft {
  readonly #bridge: Bridge;
  /** the stored task that it began as; null where it never was one */
  stored = $state.raw<TaskDto | null>(null);
  /** empty while the rows are a file that is not imported yet */
  datasetId = $state('');
  datasetName = $state('');
  mapping = $state.raw<ColumnMapping | null>(null);
  grader = $state('');
  raw = $state(false);
  splits = $state.raw<TaskSplits>({ by: 'dataset' });

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** whether it is something else than what is stored */
  changed = $derived.by(() => {
    const { stored, mapping } = this;
    return stored === null || mapping === null || stored.datasetId !== this.datasetId || stored.grader !== this.grader || stored.raw !== this.raw
      || columnsOf(stored.mapping) !== columnsOf(mapping) || JSON.stringify(stored.splits) !== JSON.stringify(this.splits);
  });
  /** of the stored task as long as it is that, else of its rows */
  name = $derived(this.stored && !this.changed ? this.stored.name : this.datasetName);

  choose(task: TaskDto): void {
    this.stored = task;
    this.#take(task, task);
  }

  /** Rows without a stored task, read and graded as they were recognised. */
  takeDataset(dataset: DatasetDto): void {
    this.stored = null;
    this.#take({ datasetId: dataset.id, datasetName: dataset.name, grader: dataset.suggestedGrader, raw: this.raw }, { mapping: dataset.mapping, splits: { by: 'dataset' } });
  }

  /** A file that is not imported yet. */
  takeFile(name: string, mapping: ColumnMapping, grader: string): void {
    this.stored = null;
    this.#take({ datasetId: '', datasetName: name, grader, raw: this.raw }, { mapping, splits: { by: 'dataset' } });
  }

  /** Other rows for the same task: they have columns of their own; the template and the grader stay. */
  chooseDataset(dataset: DatasetDto): void {
    const template = this.mapping?.template;
    const fits = Object.entries(this.mapping ?? {}).every(([role, column]) => role === 'kind' || role === 'template' || dataset.columns.includes(column));
    this.datasetId = dataset.id;
    this.datasetName = dataset.name;
    if (!fits || !this.mapping) this.mapping = { ...dataset.mapping, ...(template !== undefined && { template }) };
  }

  /** What earlier work used of a task, to be used again: of `stored` where that is still what it was. */
  takeUp(used: { datasetId: string; datasetName: string; grader: string; raw: boolean }, reading: TaskReading, stored: TaskDto | undefined): void {
    this.stored = stored ?? null;
    this.#take(used, reading);
  }

  /** The stored task as it is now: it may have been renamed, changed or removed elsewhere. */
  follow(tasks: readonly TaskDto[]): void {
    if (!this.stored) return;
    const now = tasks.find(({ id }) => id === this.stored?.id);
    const wasChanged = this.changed;
    this.stored = now ?? null;
    if (now && !wasChanged) this.#take(now, now);
  }

  forget(): void {
    this.stored = null;
    this.#take({ datasetId: '', datasetName: '', grader: '', raw: this.raw }, { mapping: null, splits: { by: 'dataset' } });
  }

  /** As calls take it; null while the rows are not a dataset. */
  get named(): Named | null {
    const { mapping } = this;
    if (mapping === null || this.datasetId === '') return null;
    return { ...(this.stored && { taskId: this.stored.id }), datasetId: this.datasetId, mapping, grader: this.grader, raw: this.raw, splits: this.splits };
  }

  /** Stores it under a name: the task that it began as keeps its place where it keeps its name. Rejects where it is refused. */
  async save(name: string): Promise<TaskDto> {
    if (!this.named) throw new Error('There are no stored rows to make a task of.');
    const { taskId, ...parts } = this.named;
    const saved = await this.#bridge.call('tasks.save', { ...(this.stored?.name === name && taskId !== undefined && { id: taskId }), name, ...parts });
    this.choose(saved);
    return saved;
  }

  #take({ datasetId, datasetName, grader, raw }: Pick<TaskDraft, 'datasetId' | 'datasetName' | 'grader' | 'raw'>, { mapping, splits }: Pick<TaskDraft, 'mapping' | 'splits'>): void {
    this.datasetId = datasetId;
    this.datasetName = datasetName;
    this.grader = grader;
    this.raw = raw;
    this.mapping = mapping;
    this.splits = splits;
  }
}
