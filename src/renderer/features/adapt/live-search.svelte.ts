/** One search as its page shows it: read whole when the page opens, kept true by events. */
import type { Bridge, Events, SearchDto } from '../../../shared/contract.ts';
import { withGeneration } from './population.ts';

type SearchBridge = Bridge & { onReconnect?: (listener: () => void) => () => void };

/** All generations are drawn anew with each: of a long search therefore less often, so that drawing keeps its small part of the time. */
const drawnAtOnce = 100;
const restMs = (generations: number): number => (generations < drawnAtOnce ? 0 : Math.min(3000, 8 * generations));

export class LiveSearch {
  readonly id: string;
  readonly #bridge: SearchBridge;
  search = $state.raw<SearchDto | null>(null);
  error = $state.raw<unknown>(null);
  /** what events brought while a read was under way: newer than its reply */
  #heard: Events['search.generation'][] = [];
  #reading = 0;
  /** what came since the last drawing */
  #waiting: Events['search.generation'][] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(bridge: SearchBridge, id: string) {
    this.#bridge = bridge;
    this.id = id;
  }

  /** Reads the search and listens; returns what stops it. */
  open(): () => void {
    const offs = [
      this.#bridge.on('search.generation', (event) => { if (event.searchId === this.id) this.#take(event); }),
      // another instance tells its generations to nobody here: they are read
      this.#bridge.on('job.changed', (job) => { if (job.searchId === this.id && (job.elsewhere || job.state !== this.search?.state)) void this.refresh(); }),
      this.#bridge.on('searches.changed', () => void this.refresh()),
    ];
    const off = this.#bridge.onReconnect?.(() => void this.refresh());
    if (off) offs.push(off);
    void this.refresh();
    return () => {
      offs.forEach((stop) => stop());
      clearTimeout(this.#timer);
    };
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
    this.#waiting.push(event);
    const rest = restMs(this.search?.generations.length ?? 0);
    if (rest === 0) this.#draw();
    else this.#timer ??= setTimeout(() => this.#draw(), rest);
    if (this.search && this.search.start === undefined) void this.refresh();
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (this.search) this.search = waiting.reduce(withGeneration, this.search);
  }
}
