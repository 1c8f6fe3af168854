import type { SingularError } from '../../shared/errors.ts';

/**
 * Something read from the services and read again when an event says that it changed. Bursts of events cause one
 * read: while a read is under way, further requests wait for one more at its end.
 */
export class Resource<T> {
  value = $state.raw<T>() as T;
  status = $state<'loading' | 'ready' | 'failed'>('loading');
  error = $state.raw<SingularError | null>(null);
  readonly #read: () => Promise<T>;
  #underWay: Promise<void> | null = null;
  #again = false;

  constructor(initial: T, read: () => Promise<T>) {
    this.value = initial;
    this.#read = read;
  }

  /** Never rejects; a failure is in `error`. */
  refresh = (): Promise<void> => {
    if (this.#underWay) {
      this.#again = true;
      return this.#underWay;
    }
    this.#underWay = this.#run().finally(() => (this.#underWay = null));
    return this.#underWay;
  };

  async #run(): Promise<void> {
    do {
      this.#again = false;
      try {
        this.value = await this.#read();
        this.status = 'ready';
        this.error = null;
      } catch (error) {
        this.error = error as SingularError;
        if (this.status !== 'ready') this.status = 'failed';
      }
    } while (this.#again);
  }
}
