/**
 * Jobs of other instances that share the database (a command line beside the window): what they do is read from the
 * database and told on here. What is asked of one lies in its row, where its owner looks (`queue.ts`).
 */
import type { JobRecord, JobStore } from '../db/index.ts';
import { endStates } from './jobDto.ts';

export interface ElsewhereOptions {
  store: JobStore;
  owner: string;
  /** a job of another instance is new, went on, or ended */
  told(job: JobRecord): void;
  /** something else was written by another instance; not told while one of its jobs runs, but when that has ended */
  changed(): void;
}

/** Of the list of jobs, what runs and waits, and what ended last. */
const looked = 50;

export class Elsewhere {
  readonly #options: ElsewhereOptions;
  /** what was last seen of each, by its id */
  #known: ReadonlyMap<string, string>;
  #version: number;

  constructor(options: ElsewhereOptions) {
    this.#options = options;
    this.#version = options.store.writtenElsewhere();
    this.#known = seenOf(this.#theirs());
  }

  look(): void {
    const { store, told, changed } = this.#options;
    const version = store.writtenElsewhere();
    if (version === this.#version) return;
    const theirs = this.#theirs();
    const known = seenOf(theirs);
    const news = theirs.filter(({ id }) => this.#known.get(id) !== known.get(id));
    this.#known = known;
    this.#version = version;
    news.forEach(told);
    if (news.some(({ state }) => endStates.includes(state)) || !theirs.some(({ state }) => state === 'running')) changed();
  }

  #theirs(): JobRecord[] {
    return this.#options.store.list(0, looked).filter(({ owner }) => owner !== this.#options.owner);
  }
}

const seenOf = (jobs: readonly JobRecord[]): ReadonlyMap<string, string> => new Map(jobs.map(({ id, state, progress }) => [id, JSON.stringify([state, progress])]));
