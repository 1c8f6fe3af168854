/**
 * A comparison before it starts: which models, tasks and methods, how often, and what they share. Checked by the
 * services while it is put together; can be opened from and saved as the file that `singular compare` takes.
 */
import type { Bridge, CallResult } from '../../../shared/contract.ts';
import { comparisonPlanSchema, isStrategy, type ComparisonPlan } from '../../../shared/comparison.ts';
import { SingularError } from '../../../shared/errors.ts';
import { methodPresets, planMethod, type PlanMethod } from './presets.ts';

interface Known { id: string; name: string }
export type PlanTask = ComparisonPlan['tasks'][number];
export type Checked = CallResult<'comparisons.check'>;
export interface Shared { /** null: each method its own, as an opened plan may have it */ preset: 'quick' | 'paper' | null; steps: number | null; batchSize: number | null; maxTokens: number | null; testRows: number | null }
const nothingShared: Shared = { preset: 'quick', steps: null, batchSize: null, maxTokens: null, testRows: null };

export class ComparisonDraft {
  readonly #bridge: Bridge;
  name = $state('');
  description = $state('');
  models = $state.raw<string[]>([]);
  tasks = $state.raw<ComparisonPlan['tasks']>([]);
  methods = $state.raw<PlanMethod[]>(methodPresets.filter(({ usual }) => usual).map(planMethod));
  /** whose experts the strategies use */
  experts = $state.raw<ComparisonPlan['experts']>(undefined);
  seeds = $state(3);
  firstSeed = $state(0);
  shared = $state<Shared>({ ...nothingShared });
  /** settings of an opened plan that the screen has no field for */
  #otherSet = $state.raw<ComparisonPlan['set']>({});
  /** seeds of an opened plan that do not follow each other */
  #oddSeeds = $state.raw<number[] | null>(null);

  checked = $state.raw<Checked | null>(null);
  checkError = $state.raw<unknown>(null);
  checking = $state(false);
  busy = $state(false);
  error = $state.raw<unknown>(null);
  #turn = 0;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** whether experts are put to use, beside or instead of training */
  adapts = $derived(this.methods.some(isStrategy));
  missing = $derived.by(() => {
    const missing: string[] = [];
    if (this.models.length === 0) missing.push('a model');
    if (this.tasks.length === 0) missing.push('a task');
    if (this.methods.length === 0) missing.push('a method');
    if (this.adapts && !this.experts) missing.push('whose experts the strategies use');
    if (this.name.trim() === '') missing.push('a name');
    return missing;
  });

  plan: ComparisonPlan | null = $derived.by(() => {
    if (this.missing.length > 0) return null;
    const { steps, batchSize, maxTokens, testRows, preset } = this.shared;
    return {
      name: this.name.trim(), description: this.description, models: this.models, tasks: this.tasks,
      methods: this.methods.map((method) => (isStrategy(method) ? method : { ...method, preset: preset ?? method.preset })),
      ...(this.adapts && this.experts ? { experts: this.experts } : {}),
      seeds: this.#oddSeeds ?? Array.from({ length: this.seeds }, (_, index) => this.firstSeed + index),
      set: { ...this.#otherSet, ...(steps === null ? {} : { steps }), ...(batchSize === null ? {} : { batchSize }), ...(maxTokens === null ? {} : { maxTokens }), ...(testRows === null ? {} : { testRows }) },
    };
  });

  get oddSeeds(): number[] | null {
    return this.#oddSeeds;
  }

  setSeeds(count: number): void {
    this.#oddSeeds = null;
    this.seeds = count;
  }

  toggleModel(id: string): void {
    this.models = this.models.includes(id) ? this.models.filter((other) => other !== id) : [...this.models, id];
  }
  /** A stored task by its name, or an entry of an opened plan. */
  toggleTask(task: PlanTask): void {
    const isIt = (other: PlanTask): boolean => JSON.stringify(other) === JSON.stringify(task);
    this.tasks = this.tasks.some(isIt) ? this.tasks.filter((other) => !isIt(other)) : [...this.tasks, task];
  }
  toggleMethod(method: PlanMethod): void {
    this.methods = this.methods.some(({ name }) => name === method.name) ? this.methods.filter(({ name }) => name !== method.name) : [...this.methods, method];
  }

  /** Takes the text of a plan file. What is no plan is bad input: the sentence names the file and the place of the first fault. */
  open(file: string, text: string, known: { models: readonly Known[]; datasets: readonly Known[]; tasks: readonly Known[] }): void {
    const plan = planOf(file, text);
    const { steps = null, batchSize = null, maxTokens = null, testRows = null, ...others } = plan.set;
    const idOf = (list: readonly Known[], wanted: string): string => list.find(({ id, name }) => id === wanted || name === wanted)?.id ?? wanted;
    this.name = plan.name;
    this.description = plan.description;
    this.models = plan.models.map((model) => idOf(known.models, model));
    this.tasks = plan.tasks.map((task) => (typeof task === 'string' ? known.tasks.find(({ id }) => id === task)?.name ?? task : { ...task, dataset: idOf(known.datasets, task.dataset) }));
    this.methods = plan.methods;
    this.experts = plan.experts;
    const presets = [...new Set(plan.methods.flatMap((method) => (isStrategy(method) ? [] : [method.preset])))];
    this.shared = { preset: presets.length === 1 ? presets[0] : null, steps, batchSize, maxTokens, testRows };
    this.#otherSet = others;
    const [first] = plan.seeds;
    this.firstSeed = first;
    this.seeds = plan.seeds.length;
    this.#oddSeeds = plan.seeds.every((seed, index) => seed === first + index) ? null : plan.seeds;
  }

  /** Asks what the present plan would take; the answer to an older plan is dropped. */
  async check(): Promise<void> {
    const turn = ++this.#turn;
    const plan = $state.snapshot(this.plan);
    this.checked = null;
    this.checkError = null;
    this.checking = plan !== null;
    if (!plan) return;
    try {
      const checked = await this.#bridge.call('comparisons.check', { plan });
      if (turn === this.#turn) this.checked = checked;
    } catch (error) {
      if (turn === this.#turn) this.checkError = error;
    } finally {
      if (turn === this.#turn) this.checking = false;
    }
  }

  /** Queues it and returns its id. */
  async start(): Promise<string | null> {
    const plan = $state.snapshot(this.plan);
    if (!plan || this.busy) return null;
    this.busy = true;
    this.error = null;
    try {
      return (await this.#bridge.call('comparisons.start', { plan })).id;
    } catch (error) {
      this.error = error;
      return null;
    } finally {
      this.busy = false;
    }
  }
}

function planOf(file: string, text: string): ComparisonPlan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SingularError('bad-input', `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = comparisonPlanSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SingularError('bad-input', `${file} is no plan of a comparison: ${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${issue.message}`);
}
