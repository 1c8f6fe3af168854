/** One command's hold on the services: opened for it, closed after it, with the look-ups that every command needs. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { CallInput, CallName, CallResult, ExpertDto, JobDto, ModelDto } from '../../shared/contract.ts';
import { fromErrorDto, SingularError } from '../../shared/errors.ts';
import type { TaskDto } from '../../shared/task.ts';
import { createServices, type Services } from '../services/index.ts';
import { Output } from './output.ts';

export interface GlobalOptions {
  home?: string;
  json?: boolean;
}

/** A job that is waited for says itself what becomes of it, unless it is taken off the list at once. */
const lookEveryMs = 2000;

export class CommandSession {
  readonly services: Services;
  readonly output: Output;

  private constructor(services: Services, output: Output) {
    this.services = services;
    this.output = output;
  }

  static async run(options: GlobalOptions, work: (session: CommandSession) => Promise<void>): Promise<void> {
    const services = createServices({ shell: 'cli', ...(options.home !== undefined && { home: options.home }) });
    const session = new CommandSession(services, new Output(options.json ?? false));
    services.on('notice', ({ message }) => process.stderr.write(`${message}\n`));
    try {
      await work(session);
    } finally {
      await services.close();
    }
  }

  async call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallResult<N>> {
    return (await this.services.dispatch(name, input)) as CallResult<N>;
  }

  /** A model by id, or by its folder, which is added where it is new. Without a word, the first bundled one. */
  async model(wish: string | undefined): Promise<ModelDto> {
    const models = await this.call('models.list', {});
    const known = wish === undefined ? models.find(({ source }) => source === 'bundled') : models.find(({ id }) => id === wish);
    if (known) {
      if (known.unusable !== undefined) throw new SingularError('bad-input', known.unusable);
      return known;
    }
    if (wish === undefined) throw new SingularError('usage', 'Name a model with --model: an id of `singular model list`, or a folder.');
    if (existsSync(wish)) return this.call('models.addFolder', { folder: wish });
    throw new SingularError('not-found', `There is no model “${wish}”: it is neither an id of \`singular model list\` nor a folder.`);
  }

  async expert(nameOrId: string): Promise<ExpertDto> {
    const { experts } = await this.call('experts.list', { search: nameOrId, limit: 500 });
    const found = experts.find(({ name, id }) => name === nameOrId || id === nameOrId);
    if (found) return found;
    try {
      return await this.call('experts.get', { id: nameOrId });
    } catch {
      throw new SingularError('not-found', `There is no expert “${nameOrId}”; \`singular expert list\` shows those there are.`);
    }
  }

  async mix(name: string): Promise<CallResult<'mixes.list'>[number]> {
    const found = (await this.call('mixes.list', {})).find((mix) => mix.name === name || mix.id === name);
    if (!found) throw new SingularError('not-found', `There is no saved mix “${name}”; an expert is mixed with NAME=α.`);
    return found;
  }

  async task(nameOrId: string): Promise<TaskDto> {
    const found = (await this.call('tasks.list', {})).find(({ name, id }) => name === nameOrId || id === nameOrId);
    if (!found) throw new SingularError('not-found', `There is no task “${nameOrId}”; \`singular tasks list\` shows those there are.`);
    return found;
  }

  /** The rows of a file as a stored dataset, which the same file becomes once; or a stored dataset by its name. */
  async dataset(path: string): Promise<CallResult<'datasets.import'>> {
    const stored = existsSync(path) ? undefined : (await this.call('datasets.list', {})).find(({ name, id }) => name === path || id === path);
    if (stored) return stored;
    // of the first version: rows to evaluate on lay in a dataset beside the one to train on, and are now a split of it
    const split = existsSync(path) || !path.endsWith(' test') ? undefined : (await this.call('datasets.list', {})).find(({ name, splits }) => `${name} test` === path && splits.test > 0);
    if (split) return split;
    const { mapping } = await this.call('datasets.inspect', { path });
    return this.call('datasets.import', { path, name: basename(path), mapping });
  }

  /** Waits for a job to end, telling its progress; throws what it failed with. A Ctrl-C cancels it, or pauses one that is taken up again; of one that another instance runs it ends the waiting alone. */
  async finish(jobId: string, onChange: (job: JobDto) => void = () => {}, onInterrupt: 'cancel' | 'pause' = 'cancel'): Promise<JobDto> {
    const waiting = new AbortController();
    const cancel = async (): Promise<void> => {
      const job = await this.call('jobs.get', { id: jobId });
      if (job.elsewhere) waiting.abort(new SingularError('cancelled', `“${job.title}” goes on in another instance of Singular; \`singular jobs\` pauses or cancels it.`));
      else await this.call(onInterrupt === 'pause' ? 'jobs.pause' : 'jobs.cancel', { id: jobId });
    };
    const onSigint = (): void => void cancel().catch((error: unknown) => waiting.abort(error));
    process.once('SIGINT', onSigint);
    const stop = this.services.on('job.changed', (job) => {
      if (job.id === jobId) onChange(job);
    });
    try {
      return await this.ended(jobId, onInterrupt === 'pause', waiting.signal);
    } finally {
      stop();
      process.off('SIGINT', onSigint);
    }
  }

  /** Waits until a job no longer runs, which another instance may have to hear of first. */
  stopped(jobId: string): Promise<JobDto> {
    return this.once(jobId, ({ state }) => state !== 'running');
  }

  /** The job as soon as it is so; rejects with the signal's reason where that comes first. */
  private once(jobId: string, isSo: (job: JobDto) => boolean, signal?: AbortSignal): Promise<JobDto> {
    // where another instance runs it, nothing else keeps this process waiting
    let waiting: NodeJS.Timeout | undefined;
    return new Promise<JobDto>((resolve, reject) => {
      const look = (job: JobDto): void => {
        if (job.id !== jobId || !isSo(job)) return;
        stop();
        resolve(job);
      };
      signal?.addEventListener('abort', () => {
        stop();
        reject(signal.reason as Error);
      });
      const stop = this.services.on('job.changed', look);
      const lookForIt = (): Promise<void> => this.call('jobs.get', { id: jobId }).then(look, (error: unknown) => {
        if (error instanceof SingularError && error.code === 'busy') return; // a database that is locked for a moment
        stop();
        const isGone = error instanceof SingularError && error.code === 'not-found';
        reject(isGone ? new SingularError('not-found', 'How the job ended is not known, since it was taken off the list at once; `singular runs` shows what it made.') : error);
      });
      waiting = setInterval(() => void lookForIt(), lookEveryMs);
      void lookForIt();
    }).finally(() => clearInterval(waiting));
  }

  private async ended(jobId: string, orPaused: boolean, signal: AbortSignal): Promise<JobDto> {
    const job = await this.once(jobId, ({ state }) => state === 'succeeded' || state === 'failed' || state === 'cancelled' || state === 'interrupted' || (orPaused && state === 'paused'), signal);
    if (job.state === 'succeeded') return job;
    if (job.state === 'failed') throw job.error ? fromErrorDto(job.error) : new SingularError('internal', `“${job.title}” failed.`);
    throw new SingularError('cancelled', job.state === 'paused' ? `“${job.title}” is paused; the same command takes it up again.` : `“${job.title}” was stopped.`);
  }
}
