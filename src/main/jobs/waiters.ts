import { SingularError } from '../../shared/errors.ts';
import { endStates, type JobRecord } from '../db/index.ts';

/** Who waits for jobs to end. */
export class Waiters {
  readonly #waiting = new Map<string, Set<{ settle(job: JobRecord): void; lose(): void }>>();

  /** Resolves with the ended job; rejects with its error when it failed or was cancelled. */
  endOf(job: JobRecord): Promise<JobRecord> {
    return new Promise((resolve, reject) => {
      const settle = (ended: JobRecord): void => {
        if (ended.state === 'succeeded') resolve(ended);
        else reject(ended.error ? new SingularError(ended.error.code, ended.error.message, ended.error.detail ? { detail: ended.error.detail } : {}) : new SingularError('cancelled', `${ended.title}: cancelled.`));
      };
      if (endStates.includes(job.state)) settle(job);
      else this.#waiting.set(job.id, (this.#waiting.get(job.id) ?? new Set()).add({ settle, lose: () => reject(lost(job.title)) }));
    });
  }

  has(id: string): boolean {
    return this.#waiting.has(id);
  }

  settle(job: JobRecord): void {
    for (const waiter of this.#waiting.get(job.id) ?? []) waiter.settle(job);
    this.#waiting.delete(job.id);
  }

  /** The job is not there any more, and nobody has said how it ended. */
  lose(id: string): void {
    for (const waiter of this.#waiting.get(id) ?? []) waiter.lose();
    this.#waiting.delete(id);
  }
}

const lost = (title: string): SingularError => new SingularError('not-found', `${title}: how it ended is not known, since it was taken off the list at once.`);
