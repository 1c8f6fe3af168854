/** One search as its page shows it: read whole when the page opens, kept true by events. */
import type { Bridge, Events, SearchDto } from '../../../shared/contract.ts';
import { withGeneration } from './population.ts';

type SearchBridge = Bridge & { onReconnect?: (listener: () => void) => () => void };

export class LiveSearch {
  readonly id: string;
  readonly #bridge: SearchBridge;
  search = $state.raw<SearchDto | null>(null);
  error = $state.raw<unknown>(null);
  /** what events brought while a read was under way: newer than its reply */
  #heard: Events['search.generation'][] = [];
  #reading = 0;

  constructor(bridge: SearchBridge, id: string) {
    this.#bridge = bridge;
    this.id = id;
  }

  /** Reads the search and listens; returns what stops it. */
  open(): () => void {
    const offs = [
      this.#bridge.on('search.generation', (event) => { if (event.searchId === this.id) this.#take(event); }),
      this.#bridge.on('job.changed', (job) => { if (job.searchId === this.id && job.state !== this.search?.state) void this.refresh(); }),
      this.#bridge.on('searches.changed', () => void this.refresh()),
    ];
    const off = this.#bridge.onReconnect?.(() => void this.refresh());
    if (off) offs.push(off);
    void this.refresh();
    return () => offs.forEach((stop) => stop());
  }

  async refresh(): Promise<void> {
    if (this.#reading++ === 0) this.#heard = [];
    try {
      const read = await this.#bridge.call('searches.get', { id: this.id });
      this.search = this.#heard.reduce(withGeneration, read);
      this.error = null;
    } catch (error) {
      this.error = error;
    } finally {
      this.#reading--;
    }
  }

  #take(event: Events['search.generation']): void {
    if (this.#reading > 0) this.#heard.push(event);
    if (this.search) this.search = withGeneration(this.search, event);
    if (this.search && this.search.start === undefined) void this.refresh();
  }
}
