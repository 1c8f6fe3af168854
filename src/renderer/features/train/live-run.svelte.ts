/**
 * One run as its page shows it: read whole when the page opens, then kept true by events. Closing the page loses
 * nothing, because nothing is kept only here. Steps are held by their number: a resumed run repeats the steps since
 * its last checkpoint, and the repeated ones take the place of the first.
 */
import type { Bridge, JobDto, RunDto, SampleDto, StepMetric, ValidationMetric } from '../../../shared/contract.ts';

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

  latest = $derived(this.steps.at(-1));
  latestValidation = $derived(this.validations.at(-1));
  best = $derived(this.validations.findLast((metric) => metric.best));
  state = $derived(this.job?.state ?? this.run?.state ?? 'queued');
  ended = $derived(['succeeded', 'failed', 'cancelled'].includes(this.state));
  samples = $derived(this.shownStep === null ? this.latestSamples : this.#olderSamples);
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
      const newest = this.latestSamples[0]?.step ?? -1;
      if ((run.lastSamples[0]?.step ?? -1) >= newest) this.latestSamples = run.lastSamples;
      this.run = run;
      if (this.job?.id !== run.jobId) this.job = (await this.#bridge.call('jobs.list', { limit: 500 })).find((job) => job.id === run.jobId) ?? null;
    } catch (error) {
      this.error = error;
    }
  }

  /** Shows the answers of one step; the latest step is followed again when asked for. */
  async showStep(step: number): Promise<void> {
    if (step >= (this.latestSamples[0]?.step ?? 0)) {
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
    const others = metric.best ? this.validations.map((old) => (old.best ? { ...old, best: false } : old)) : this.validations;
    this.validations = put(others, metric);
    if (this.run && this.run.baseScore === undefined) void this.refresh();
  }

  #job(job: JobDto): void {
    const before = this.state;
    this.job = job;
    if (before !== job.state) void this.refresh();
  }
}

function put<T extends { step: number }>(items: readonly T[], item: T): T[] {
  const last = items.at(-1);
  if (!last || last.step < item.step) return [...items, item];
  return [...items.filter((other) => other.step !== item.step), item].sort((a, b) => a.step - b.step);
}

function merged<T extends { step: number }>(read: readonly T[], heard: readonly T[]): T[] {
  const known = new Map(read.map((item) => [item.step, item]));
  const newest = read.at(-1)?.step ?? -1;
  for (const item of heard) if (item.step > newest) known.set(item.step, item);
  return [...known.values()].sort((a, b) => a.step - b.step);
}
