/**
 * Jobs of other instances that share the database (a command line beside the window): what they do is read from the
 * database and told on here. What is asked of one lies in its row, where its owner looks (`queue.ts`).
 */
import { endStates, type JobGlimpse, type JobRecord, type JobStore } from '../db/index.ts';
import { ownerIsAlive } from './owner.ts';

export interface ElsewhereOptions {
  store: JobStore;
  owner: string;
  clock: () => number;
  /** whether a job runs here: then nothing of it is news */
  runsHere(id: string): boolean;
  /** a job is new, went on, changed its state or left the list, and not by this instance's running it */
  told(id: string): void;
  /** something else may have been written: at once where another instance has no job under way or one has ended, else now and then */
  changed(): void;
  /** the owner of a job that ran is gone; the job says what was wanted of it */
  leftBehind(job: JobRecord): void;
}

/** While another instance's job runs or waits, its progress and its heartbeat are written all the time. */
const changedEveryMs = 10_000;
/** An owner is gone that was silent for so many beats: behind a sleeping machine the first may come before its own. */
const silentBeats = 3;

export class Elsewhere {
  readonly #options: ElsewhereOptions;
  #known: ReadonlyMap<string, JobGlimpse>;
  #version: number;
  #changedAt = 0;
  /** something may have been written that was not told yet */
  #isPending = false;
  /** jobs whose owner is not to be seen: for how many beats */
  #silent: ReadonlyMap<string, number> = new Map();

  constructor(options: ElsewhereOptions) {
    this.#options = options;
    this.#version = options.store.writtenElsewhere();
    this.#known = this.#glimpses();
  }

  /** Wants something of a job that another instance runs; where that one is gone, nothing is in the way. False where it runs no longer so. */
  ask(job: JobRecord, asked: 'pause' | 'cancel'): boolean {
    if (this.#isAlive(job)) return this.#options.store.changeIf(job.id, job, { asked });
    this.#options.leftBehind({ ...job, asked });
    return true;
  }

  /** Once a heartbeat. */
  findLeftBehind(): void {
    const { store, runsHere, leftBehind } = this.#options;
    const silent = store.inStates(['running']).filter((job) => !runsHere(job.id) && !this.#isAlive(job));
    const before = this.#silent;
    this.#silent = new Map(silent.map(({ id }) => [id, (before.get(id) ?? 0) + 1]));
    silent.filter(({ id }) => (this.#silent.get(id) ?? 0) >= silentBeats).forEach(leftBehind);
  }

  look(): void {
    const { store, owner, clock, runsHere, told, changed } = this.#options;
    const version = store.writtenElsewhere();
    const mayTell = clock() - this.#changedAt >= changedEveryMs;
    if (version === this.#version && !(this.#isPending && mayTell)) return;
    const before = this.#known;
    const now = this.#glimpses();
    const news = [...now.values()].filter(({ id, state, progress }) => !runsHere(id) && (before.get(id)?.state !== state || before.get(id)?.progress !== progress));
    const left = [...before.values()].filter(({ id, state }) => !now.has(id) && !runsHere(id) && !endStates.includes(state));
    for (const { id } of [...news, ...left]) told(id);
    this.#version = version;
    this.#known = now;
    const isUnderWay = [...now.values()].some((job) => job.owner !== owner && (job.state === 'running' || job.state === 'queued'));
    const oneEnded = left.length > 0 || news.some(({ state }) => endStates.includes(state));
    this.#isPending = isUnderWay && !oneEnded && !mayTell;
    if (this.#isPending) return;
    this.#changedAt = clock();
    changed();
  }

  #isAlive({ owner, heartbeatAt }: JobRecord): boolean {
    return ownerIsAlive(owner, heartbeatAt, this.#options.clock());
  }

  #glimpses(): ReadonlyMap<string, JobGlimpse> {
    return new Map(this.#options.store.glimpses().map((job) => [job.id, job]));
  }
}
