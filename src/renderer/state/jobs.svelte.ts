import { bridge } from '../bridge/index.ts';
import type { JobDto, JobState } from '../../shared/contract.ts';
import { Resource } from './resource.svelte.ts';

export const activeStates: readonly JobState[] = ['running', 'paused', 'queued'];

/** Reading a small dataset is a job too, and nothing that anybody wants to read about once it went well. */
const passedUnnoticed = (job: JobDto): boolean => job.kind === 'import-dataset' && job.state === 'succeeded' && (job.endedAt ?? 0) - (job.startedAt ?? 0) < 3000;

/** Everything long. `job.changed` carries the whole job, so a change needs no further read. */
class JobsState extends Resource<JobDto[]> {
  readonly running = $derived(this.value.filter((job) => job.state === 'running'));
  readonly waiting = $derived(this.value.filter((job) => job.state === 'queued' || job.state === 'paused').toSorted((a, b) => (a.queuePosition ?? 0) - (b.queuePosition ?? 0)));
  readonly ended = $derived(this.value.filter((job) => !activeStates.includes(job.state) && !passedUnnoticed(job)).toSorted((a, b) => (b.endedAt ?? b.createdAt) - (a.endedAt ?? a.createdAt)));
  readonly active = $derived([...this.running, ...this.waiting]);

  constructor() {
    super([], () => bridge.call('jobs.list', { limit: 500 }));
  }

  byId = (id: string | undefined): JobDto | undefined => this.value.find((job) => job.id === id);

  /** Takes the newer picture of one job. */
  put = (job: JobDto): void => {
    const known = this.value.some((other) => other.id === job.id);
    this.value = known ? this.value.map((other) => (other.id === job.id ? job : other)) : [job, ...this.value];
  };

  pause = async (id: string): Promise<void> => this.put(await bridge.call('jobs.pause', { id }));
  resume = async (id: string): Promise<void> => this.put(await bridge.call('jobs.resume', { id }));
  cancel = async (id: string): Promise<void> => this.put(await bridge.call('jobs.cancel', { id }));
  keep = async (id: string): Promise<void> => this.put(await bridge.call('jobs.keep', { id }));
  clear = async (): Promise<void> => {
    await bridge.call('jobs.clear', {});
    await this.refresh();
  };
}

export const jobs = new JobsState();
