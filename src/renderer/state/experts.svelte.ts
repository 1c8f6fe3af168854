import { bridge } from '../bridge/index.ts';
import type { CallInput, ExpertDto } from '../../shared/contract.ts';
import type { SingularError } from '../../shared/errors.ts';

const pageSize = 100;
export type ExpertFilter = Omit<CallInput<'experts.list'>, 'offset' | 'limit'>;

/**
 * A filtered, sorted view of the library that may hold ten thousand experts: pages are read when they come into view.
 * The previous rows stay until the first page of a new filter is here, so that typing in the search does not flicker.
 */
export class ExpertList {
  filter = $state.raw<ExpertFilter>({});
  total = $state(0);
  tags = $state.raw<string[]>([]);
  status = $state<'loading' | 'ready' | 'failed'>('loading');
  error = $state.raw<SingularError | null>(null);
  #pages = $state.raw(new Map<number, ExpertDto[]>());
  #asked = new Set<number>();
  #generation = 0;

  /** All rows read so far, in order. */
  readonly loaded = $derived([...this.#pages.entries()].toSorted(([a], [b]) => a - b).flatMap(([, rows]) => rows));

  setFilter = (filter: ExpertFilter): Promise<void> => {
    this.filter = filter;
    return this.refresh();
  };

  refresh = async (): Promise<void> => {
    const generation = ++this.#generation;
    this.#asked = new Set([0]);
    await this.#load(0, generation, true);
  };

  /** The expert in one row, or undefined while its page is being read. */
  at = (index: number): ExpertDto | undefined => this.#pages.get(Math.floor(index / pageSize))?.[index % pageSize];

  /** Asks for the pages of these rows. */
  need = (first: number, last: number): void => {
    for (let page = Math.floor(first / pageSize); page <= Math.floor(last / pageSize); page++) {
      if (this.#asked.has(page) || page * pageSize >= this.total) continue;
      this.#asked.add(page);
      void this.#load(page, this.#generation, false);
    }
  };

  async #load(page: number, generation: number, replace: boolean): Promise<void> {
    try {
      const answer = await bridge.call('experts.list', { ...this.filter, offset: page * pageSize, limit: pageSize });
      if (generation !== this.#generation) return;
      this.total = answer.total;
      this.tags = answer.tags;
      this.#pages = new Map(replace ? [[page, answer.experts]] : [...this.#pages, [page, answer.experts]]);
      this.status = 'ready';
      this.error = null;
    } catch (error) {
      if (generation !== this.#generation) return;
      this.error = error as SingularError;
      if (this.status !== 'ready') this.status = 'failed';
      this.#asked.delete(page);
    }
  }
}

/** Counts changes of the library, so that views and pickers know when to read again. */
class ExpertsState {
  version = $state(0);
  /** how many experts there are in all; null until first read */
  total = $state<number | null>(null);

  changed = async (): Promise<void> => {
    this.version++;
    await this.count();
  };

  count = async (): Promise<void> => {
    try {
      this.total = (await bridge.call('experts.list', { limit: 1 })).total;
    } catch {
      // the screens that need the library show the failure themselves
    }
  };

  get = (id: string): Promise<ExpertDto> => bridge.call('experts.get', { id });
}

export const experts = new ExpertsState();
