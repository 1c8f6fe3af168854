import { SingularError } from '../../shared/errors.ts';
import { endStates, type JobRecord } from '../db/index.ts';

/** Who waits for jobs to end. */
export class Waiters {
  readonly #waiting = new Map<string, Set<(job: JobRecord) => void>>();

  /** Resolves with the ended job; rejects with its error when it failed or was cancelled. */
  endOf(job: JobRecord): Promise<JobRecord> {
    return new Promise((resolve, reject) => {
      const settle = (ended: JobRecord): void => {
        if (ended.state === 'succeeded') resolve(ended);
        else reject(ended.error ? new SingularError(ended.error.code, ended.error.message, ended.error.detail ? { detail: ended.error.detail } : {}) : new SingularError('cancelled', `${ended.title}: cancelled.`));
      };
      if (endStates.includes(job.state)) settle(job);
      else this.#waiting.set(job.id, (this.#waiting.get(job.id) ?? new Set()).add(settle));
    });
  }

  has(id: string): boolean {
    return this.#waiting.has(id);
  }

  settle(job: JobRecord): void {
    for (const waiter of this.#waiting.get(job.id) ?? []) waiter(job);
    this.#waiting.delete(job.id);
  }
}
