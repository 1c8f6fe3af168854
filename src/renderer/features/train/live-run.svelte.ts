/**
 * One run as its page shows it: read whole when the page opens, then kept true by events. Closing the page loses
 * nothing, because nothing is kept only here. Steps are held by trial and number: a resumed run repeats the steps
 * since its last checkpoint, and the repeated ones take the place of the first.
 */
import type { Bridge, JobDto, RunDto, SampleDto, StepMetric, ValidationMetric } from '../../../shared/contract.ts';
import { trialCurves } from './trials.ts';

type RunBridge = Bridge & { onReconnect?: (listener: () => void) => () => void };

export class LiveRun {
  readonly id: string;
  readonly #bridge: RunBridge;
  run = $state.raw<RunDto | null>(null);
  job = $state.raw<JobDto | null>(null);
  steps = $state.raw<StepMetric[]>([]);
  validations = $state.raw<ValidationMetric[]>([]);
  latestSamples = $state.raw<SampleDto[]>([]);
  error = $state.raw<unknown>(null);
  /** a sentence when the engine was restarted while this page was open */
  restarted = $state(false);

  /** step whose samples are shown; null follows the latest */
  shownStep = $state<number | null>(null);
  #olderSamples = $state.raw<SampleDto[] | null>(null);

  /** the trial that the person looks at; null follows the one under way, and at the end the kept one */
  wantedTrial = $state<number | null>(null);
  curves = $derived(trialCurves(this.steps, this.validations, this.run?.trials ?? [], this.run?.baseScore));
  trial = $derived(this.wantedTrial ?? this.run?.trials.find((one) => one.chosen)?.trial ?? this.steps.at(-1)?.trial ?? 0);
  trialSteps = $derived(this.steps.filter((metric) => metric.trial === this.trial));
  trialValidations = $derived(this.validations.filter((metric) => metric.trial === this.trial));

  latest = $derived(this.steps.at(-1));
  latestValidation = $derived(this.validations.at(-1));
  /** what would be kept if it stopped now: of several trials the best */
  best = $derived(this.validations.filter((metric) => metric.best).toSorted((a, b) => a.score - b.score).at(-1));
  state = $derived(this.job?.state ?? this.run?.state ?? 'queued');
  ended = $derived(['succeeded', 'failed', 'cancelled'].includes(this.state));
  samples = $derived(this.shownStep === null ? this.latestSamples : (this.#olderSamples?.filter((sample) => sample.trial === this.trial) ?? null));
  /** the base's validation score: the zero line */
  base = $derived(this.run?.baseScore ?? this.validations.find((metric) => metric.step === 0)?.score);

  constructor(bridge: RunBridge, id: string) {
    this.#bridge = bridge;
    this.id = id;
  }

  /** Reads the run and listens; returns what stops it. */
  open(): () => void {
    const offs = [
      this.#bridge.on('run.step', ({ runId, metric }) => { if (runId === this.id) this.#step(metric); }),
      this.#bridge.on('run.validation', ({ runId, metric }) => { if (runId === this.id) this.#validation(metric); }),
      this.#bridge.on('run.samples', ({ runId, samples }) => { if (runId === this.id) this.latestSamples = samples; }),
      this.#bridge.on('job.changed', (job) => { if (job.runId === this.id || job.id === this.run?.jobId) this.#job(job); }),
      this.#bridge.on('engine.changed', (engine) => {
        if (engine.state === 'restarting' && !this.ended) this.restarted = true;
      }),
    ];
    const off = this.#bridge.onReconnect?.(() => void this.refresh());
    if (off) offs.push(off);
    void this.refresh();
    return () => offs.forEach((stop) => stop());
  }

  async refresh(): Promise<void> {
    try {
      const run = await this.#bridge.call('runs.get', { id: this.id });
      this.error = null;
      // what events brought while the call was under way is newer than the reply
      this.steps = merged(run.steps, this.steps);
      this.validations = merged(run.validations, this.validations);
      const [heard, read] = [this.latestSamples[0], run.lastSamples[0]];
      if (read && (!heard || inOrder(read, heard) >= 0)) this.latestSamples = run.lastSamples;
      this.run = run;
      if (this.job?.id !== run.jobId) this.job = (await this.#bridge.call('jobs.list', { limit: 500 })).find((job) => job.id === run.jobId) ?? null;
    } catch (error) {
      this.error = error;
    }
  }

  /** Shows the answers of one step; the latest step is followed again when asked for. */
  async showStep(step: number): Promise<void> {
    const latest = this.latestSamples[0];
    if (!latest || (latest.trial === this.trial && step >= latest.step)) {
      this.shownStep = null;
      return;
    }
    this.shownStep = step;
    this.#olderSamples = null;
    const samples = await this.#bridge.call('runs.samples', { id: this.id, step }).catch(() => []);
    if (this.shownStep === step) this.#olderSamples = samples;
  }

  #step(metric: StepMetric): void {
    this.steps = put(this.steps, metric);
    if (this.run && this.run.baseScore === undefined && this.steps.length === 1) void this.refresh();
  }

  #validation(metric: ValidationMetric): void {
    const others = metric.best ? this.validations.map((old) => (old.best && old.trial === metric.trial ? { ...old, best: false } : old)) : this.validations;
    this.validations = put(others, metric);
    if (this.run && this.run.baseScore === undefined) void this.refresh();
  }

  #job(job: JobDto): void {
    const before = this.state;
    this.job = job;
    // another instance tells its steps to nobody here: they are read
    if (job.elsewhere || before !== job.state) void this.refresh();
  }
}

interface Metric { trial: number; step: number }
const inOrder = (a: Metric, b: Metric): number => a.trial - b.trial || a.step - b.step;

function put<T extends Metric>(items: readonly T[], item: T): T[] {
  const last = items.at(-1);
  if (!last || inOrder(last, item) < 0) return [...items, item];
  return [...items.filter((other) => inOrder(other, item) !== 0), item].sort(inOrder);
}

function merged<T extends Metric>(read: readonly T[], heard: readonly T[]): T[] {
  const newest = read.at(-1);
  return [...read, ...heard.filter((item) => !newest || inOrder(item, newest) > 0)].sort(inOrder);
}
