/**
 * The queue. Entries are frozen when queued and live in the database; one heavy job (training, SVD, evaluation)
 * runs at a time, over all instances that share the database, light ones overlap.
 *
 *   queued → running → succeeded | failed | cancelled
 *              ↓ ↑ pause, resume           interrupted: the application closed or died under it;
 *            paused                        at the next start it is queued again, at its old place
 *
 * A job whose engine died is run again by itself: a training resumes from its last checkpoint. Three deaths without
 * progress in between and it fails.
 */
import type { JobDto } from '../../shared/contract.ts';
import { SingularError, toErrorDto } from '../../shared/errors.ts';
import { endStates, type JobRecord } from '../db/index.ts';
import { Elsewhere } from './elsewhere.ts';
import { hasEnded, jobDto } from './jobDto.ts';
import type { QueuedJob, QueueOptions } from './options.ts';
import { heartbeatMs, newOwner, ownerIsAlive, retireOwner } from './owner.ts';
import type { JobRunner } from './runner.ts';
import { Running } from './running.ts';
import { Waiters } from './waiters.ts';

/** Light jobs at once. */
const lightAtOnce = 4;
const deathsAllowed = 3;
/** How often a running job's progress reaches listeners and the database, at most. */
const progressEveryMs = 100;
const storeEveryMs = 500;
/** How often a heavy job looks whether another instance's has ended. */
const pollMs = 1000;
/** How often it is looked what other instances do, and want of what runs here. */
const lookMs = 500;

export class JobQueue {
  readonly #options: QueueOptions;
  readonly #owner = newOwner();
  readonly #running = new Map<string, Running>();
  readonly #waiters = new Waiters();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #look: NodeJS.Timeout;
  readonly #elsewhere: Elsewhere;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs).unref();
    this.#elsewhere = new Elsewhere({
      ...options, owner: this.#owner, runsHere: (id) => this.#running.has(id), told: (id) => this.#heard(id), changed: () => options.changedElsewhere?.(), leftBehind: (job) => this.#leftBehind(job),
    });
    this.#look = setInterval(() => this.#lookAround(), lookMs).unref();
  }

  /** Queues again what dead instances left behind (or, where this one takes up nothing, says that it was interrupted), and begins. */
  start(): void {
    const { store, clock, adopts } = this.#options;
    for (const job of store.inStates(['running', 'interrupted', 'queued'])) {
      if (job.state !== 'interrupted' && this.#isAlive(job)) continue;
      if (adopts) this.#changeIf(job, { state: 'queued', owner: this.#owner, heartbeatAt: clock() });
      else if (job.state === 'running') this.#leftBehind(job);
    }
    this.#pump();
  }

  add(job: QueuedJob): JobDto {
    const { store, runners, clock } = this.#options;
    store.add({
      ...job, heavy: runners[job.kind].heavy, owner: this.#owner, createdAt: clock(),
      progress: { done: 0, total: 0, unit: '', ...job.progress },
    });
    // begun on the next turn: whoever queued it sees it queued first, and may be inside a transaction
    setImmediate(() => this.#pump());
    return this.#tell(job.id);
  }

  get(id: string): JobDto { return this.#dto(this.#job(id)); }
  list(offset: number, limit: number): JobDto[] { return this.#options.store.list(offset, limit).map((job) => this.#dto(job)); }

  /** Resolves with the ended job; rejects with its error when it failed or was cancelled. */
  finished(id: string): Promise<JobRecord> {
    return this.#waiters.endOf(this.#job(id));
  }

  /** One that another instance runs goes on until that has heard of it; so do `cancel` and `keep`. */
  pause(id: string): JobDto {
    const job = this.#job(id);
    const running = this.#running.get(id);
    const how = this.#options.runners[job.kind].pause;
    if (job.state === 'running' && how === 'never') throw new SingularError('conflict', `“${job.title}” cannot be paused; it can only be cancelled.`);
    if (running) {
      running.stopFor = 'pause';
      running.pause(how);
    } else if (job.state === 'queued') return this.#changeIf(job, { state: 'paused' }) ? this.get(id) : this.pause(id);
    else if (job.state === 'running') return this.#elsewhere.ask(job, 'pause') ? this.get(id) : this.pause(id);
    else if (job.state !== 'paused') throw hasEnded(job, 'paused');
    return this.get(id);
  }

  /** With what it waits for, where that was stopped too. */
  resume(id: string): JobDto {
    const job = this.#job(id);
    const before = job.dependsOn === null ? undefined : this.#options.store.get(job.dependsOn);
    if (before && before.state !== 'succeeded' && before.state !== 'cancelled') this.resume(before.id);
    if (job.state === 'paused' || job.state === 'interrupted' || (job.state === 'failed' && job.kind !== 'import-dataset')) this.#requeue(job);
    // queued by an instance that is gone: a command line takes up nothing by itself, but does when it is told to
    else if (job.state === 'queued' && !this.#isAlive(job)) this.#requeue(job);
    else if (job.state !== 'queued' && job.state !== 'running') throw hasEnded(job, 'resumed');
    return this.get(id);
  }

  cancel(id: string): JobDto {
    const job = this.#job(id);
    const running = this.#running.get(id);
    if (running) {
      running.stopFor = 'cancel';
      running.abort.abort();
    } else if (job.state === 'queued' || job.state === 'paused' || job.state === 'interrupted') {
      return this.#giveUp(job) ? this.get(id) : this.cancel(id);
    } else if (job.state === 'running' && !this.#elsewhere.ask(job, 'cancel')) return this.cancel(id);
    return this.get(id);
  }

  keep(id: string): JobDto {
    const job = this.#job(id);
    const runner = this.#options.runners[job.kind];
    if (endStates.includes(job.state) || !runner.canKeep?.(job)) throw new SingularError('conflict', `“${job.title}” has nothing to keep yet.`);
    const running = this.#running.get(id);
    this.#options.store.change(id, { keepRequested: true });
    if (running) running.steer('keep');
    else if ((job.state !== 'running' && job.state !== 'queued') || !this.#isAlive(job)) this.#requeue(job);
    return this.get(id);
  }

  clear(): void {
    this.#options.store.clear();
  }

  /** Stops what runs here, so that the next start takes it up again; waits at most `patienceMs` for checkpoints. */
  async close(patienceMs = 3000): Promise<void> {
    this.#closed = true;
    for (const timer of [this.#heartbeat, this.#look, this.#poll]) clearTimeout(timer);
    const running = [...this.#running];
    for (const [id, entry] of running) {
      const job = this.#options.store.get(id); // none where another instance ended it and took it off the list
      entry.stopFor = job ? (entry.stopFor ?? 'close') : 'lost';
      if (job) entry.pause(this.#options.runners[job.kind].pause);
      else entry.abort.abort();
    }
    const allDone = Promise.all(running.map(([, entry]) => entry.done));
    await Promise.race([allDone, new Promise((resolve) => setTimeout(resolve, patienceMs).unref())]);
    for (const [, entry] of running) entry.abort.abort();
    await Promise.race([allDone, new Promise((resolve) => setTimeout(resolve, 500).unref())]);
    for (const [id, { stopFor }] of this.#running) if (stopFor !== 'lost') this.#change(id, { state: 'interrupted' });
    this.#running.clear();
    retireOwner(this.#owner);
  }

  #job(id: string): JobRecord {
    const job = this.#options.store.get(id);
    if (!job) throw new SingularError('not-found', `There is no job ${id}.`);
    return job;
  }

  #isAlive({ owner, heartbeatAt }: JobRecord): boolean {
    return ownerIsAlive(owner, heartbeatAt, this.#options.clock());
  }

  /** Of a job whose owner is gone: what was wanted of it, or it was interrupted, or goes on here where something waits for it. */
  #leftBehind(job: JobRecord): void {
    if (job.asked === 'cancel') this.#giveUp(job);
    else if (this.#waiters.has(job.id)) this.#requeue(job);
    else this.#changeIf(job, { state: job.asked === 'pause' ? 'paused' : 'interrupted', asked: null });
    setImmediate(() => this.#pump()); // what depends on it
  }

  /** Of a job that does not run; false where another instance was faster. */
  #giveUp(job: JobRecord): boolean {
    const isCancelled = this.#changeIf(job, { state: 'cancelled', endedAt: this.#options.clock() });
    if (isCancelled) this.#ended(job.id);
    setImmediate(() => this.#pump()); // what depends on it fails now
    return isCancelled;
  }

  /** Another instance has done something to a job. */
  #heard(id: string): void {
    const job = this.#options.store.get(id);
    if (job) this.#tell(id);
    if (!job) this.#waiters.lose(id); // what depends on it finds out by itself how it ended
    else if (endStates.includes(job.state)) this.#waiters.settle(job);
    if (job?.state !== 'running') this.#pump(); // what waited for it
  }

  /** Does what other instances want of what runs here, and sees what they do. A locked database is looked at again. */
  #lookAround(): void {
    try {
      for (const [id, running] of this.#running) {
        const job = this.#options.store.get(id);
        // taken for dead meanwhile, as by a machine that slept: it is taken back, or another instance has it
        const isOurs = job?.owner === this.#owner && (job.state === 'running' || (job.state === 'interrupted' && this.#changeIf(job, { state: 'running' })));
        if (!isOurs) {
          running.stopFor = 'lost';
          running.abort.abort();
          continue;
        }
        if (job.keepRequested && running.steered !== 'keep') running.steer('keep');
        if (job.asked === null) continue;
        this.#options.store.change(id, { asked: null });
        this[job.asked](id);
      }
      this.#elsewhere.look();
    } catch (error) {
      if (!this.#closed) this.#options.failed?.(undefined, error);
    }
  }

  /** Unless another instance was faster. */
  #requeue(job: JobRecord): void {
    this.#changeIf(job, { state: 'queued', owner: this.#owner, heartbeatAt: this.#options.clock(), asked: null, endedAt: null, error: null, deaths: 0, deathAt: -1 });
    setImmediate(() => this.#pump());
  }

  #beat(): void {
    try {
      this.#options.store.heartbeat(this.#owner, this.#options.clock());
      this.#elsewhere.findLeftBehind();
    } catch {
      // a locked database: the next beat says it
    }
  }

  /** Begins what may begin. A locked database is no end: it is tried again. */
  #pump(): void {
    if (this.#closed) return;
    clearTimeout(this.#poll);
    try {
      this.#beginNext();
    } catch (error) {
      this.#options.failed?.(undefined, error);
      this.#pollSoon();
    }
  }

  #pollSoon(): void {
    clearTimeout(this.#poll);
    this.#poll = setTimeout(() => this.#pump(), pollMs).unref();
  }

  #beginNext(): void {
    const { store, clock } = this.#options;
    const deadOwners = store.inStates(['running']).filter((job) => !this.#isAlive(job)).map((job) => job.owner);
    let heavyBusy = [...this.#running.keys()].some((id) => store.get(id)?.heavy);
    let lightBusy = [...this.#running.keys()].filter((id) => !store.get(id)?.heavy).length;
    for (const job of store.inStates(['queued'])) {
      if (job.owner !== this.#owner || this.#running.has(job.id)) continue;
      if (job.heavy ? heavyBusy : lightBusy >= lightAtOnce) continue;
      const before = job.dependsOn === null ? undefined : store.get(job.dependsOn);
      if (before && (before.state === 'failed' || before.state === 'cancelled')) {
        this.#end(job.id, { state: 'failed', error: { code: before.error?.code ?? 'cancelled', message: `“${before.title}”, which this needs, ${before.state === 'failed' ? `failed: ${before.error?.message ?? ''}` : 'was cancelled.'}` } });
        continue;
      }
      if (before && before.state !== 'succeeded') {
        if (before.state === 'interrupted' || (before.state === 'queued' && !this.#isAlive(before))) this.#requeue(before);
        continue;
      }
      if (!store.claim(job.id, { owner: this.#owner, now: clock(), deadOwners })) {
        this.#pollSoon();
        if (job.heavy) heavyBusy = true;
        continue;
      }
      if (job.heavy) heavyBusy = true;
      else lightBusy++;
      this.#begin(job.id);
    }
  }

  #begin(id: string): void {
    const job = this.#job(id);
    const running = new Running(job.progress, job.keepRequested ? 'keep' : undefined);
    this.#running.set(id, running);
    this.#tell(id);
    running.done = this.#runToEnd(id, this.#options.runners[job.kind], running)
      .catch((error: unknown): Partial<JobRecord> => ({ state: 'failed', error: toErrorDto(error) }))
      .then((end) => this.#leave(id, end))
      .catch((error: unknown) => this.#options.failed?.(job, error));
  }

  /** Runs, and runs again after each death of the engine, until there is an end. */
  async #runToEnd(id: string, runner: JobRunner, running: Running): Promise<Partial<JobRecord>> {
    for (;;) {
      try {
        const result = await runner.run({
          job: this.#job(id),
          signal: running.abort.signal,
          onSteer: (listener) => running.onSteer(listener),
          progress: (progress) => this.#progress(id, running, progress),
          link: (ids) => this.#options.store.change(id, ids),
        });
        return { state: 'succeeded', result: result ?? null };
      } catch (error) {
        running.steerListeners.clear();
        const code = error instanceof SingularError ? error.code : undefined;
        if (running.stopFor && (code === 'cancelled' || code === 'engine-died')) {
          return { state: ({ cancel: 'cancelled', pause: 'paused', close: 'interrupted', lost: 'interrupted' } as const)[running.stopFor] };
        }
        if (code === 'engine-died' && !this.#closed) {
          const before = this.#job(id);
          const at = running.progress.done;
          const deaths = before.deathAt === at ? before.deaths + 1 : 1;
          this.#options.store.change(id, { deaths, deathAt: at });
          if (deaths < deathsAllowed) continue;
          return { state: 'failed', error: {
            code: 'engine-died',
            message: `The engine process ended ${deaths} times at ${running.progress.unit || 'step'} ${at}; “${before.title}” was stopped there.`,
            detail: toErrorDto(error).detail ?? toErrorDto(error).message,
          } };
        }
        if (this.#closed) return { state: 'interrupted' };
        this.#options.failed?.(this.#job(id), error);
        return { state: 'failed', error: toErrorDto(error) };
      }
    }
  }

  async #leave(id: string, end: Partial<JobRecord>): Promise<void> {
    const running = this.#running.get(id);
    if (!running) return; // closed meanwhile
    const progress = { ...running.progress };
    delete progress.secondsLeft;
    for (let attempt = 1; ; attempt++) {
      try {
        this.#running.delete(id);
        if (running.stopFor === 'lost') break;
        if (end.state === 'paused' || end.state === 'interrupted') {
          this.#change(id, { ...end, progress });
          const job = this.#job(id);
          // wanted while it paused
          if (job.asked === 'cancel') this.cancel(id);
          else if (end.state === 'paused' && job.keepRequested) this.#requeue(job);
        }
        else this.#end(id, { ...end, progress });
        break;
      } catch (error) {
        // how a job ended must not be lost to another program's lock
        if (attempt === 5 || this.#closed) throw error;
        this.#running.set(id, running);
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    }
    this.#pump();
  }

  #end(id: string, changes: Partial<JobRecord>): void {
    this.#change(id, { ...changes, endedAt: this.#options.clock() });
    this.#ended(id);
  }

  #ended(id: string): void {
    const job = this.#job(id);
    this.#options.runners[job.kind].ended?.(job);
    this.#waiters.settle(job);
  }

  #progress(id: string, running: Running, progress: Partial<JobDto['progress']>): void {
    running.progress = { ...running.progress, ...progress };
    const now = this.#options.clock();
    if (now - running.toldAt < progressEveryMs) return;
    running.toldAt = now;
    try {
      if (now - running.storedAt >= storeEveryMs) {
        running.storedAt = now;
        this.#options.store.changeIf(id, { state: 'running', owner: this.#owner }, { progress: running.progress });
      }
      this.#tell(id);
    } catch {
      // a progress that could not be stored is followed by the next one
    }
  }

  /** False where the job is no longer as it was read: another instance was faster. */
  #changeIf(job: JobRecord, changes: Partial<JobRecord>): boolean {
    const isChanged = this.#options.store.changeIf(job.id, job, changes);
    if (isChanged) this.#tell(job.id);
    return isChanged;
  }

  #change(id: string, changes: Partial<JobRecord>): void {
    this.#options.store.change(id, changes);
    this.#tell(id);
  }

  #tell(id: string): JobDto {
    const job = this.get(id);
    this.#options.changed(job);
    return job;
  }

  #dto(job: JobRecord): JobDto {
    return jobDto(job, this.#options.runners[job.kind], this.#running.get(job.id)?.progress, job.state === 'queued' ? this.#options.store.queuePosition(job.id) : undefined);
  }
}
