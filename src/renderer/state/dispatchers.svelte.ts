import { bridge } from '../bridge/index.ts';
import type { DispatcherKind } from '../../shared/adaptation.ts';
import type { DispatcherDto, JobDto } from '../../shared/contract.ts';
import type { SingularError } from '../../shared/errors.ts';
import { activeStates, jobs } from './jobs.svelte.ts';

/** Ways to find a question's expert, a list for each model that somebody looks at. */
class DispatchersState {
  #lists = $state.raw<Readonly<Record<string, readonly DispatcherDto[]>>>({});
  #making = $state.raw<Readonly<Record<string, string>>>({});
  error = $state.raw<SingularError | null>(null);
  readonly #wanted = new Set<string>();

  /** Reads a model's dispatchers once; events keep them true. */
  need = (modelId: string): void => {
    if (this.#wanted.has(modelId)) return;
    this.#wanted.add(modelId);
    void this.#read(modelId);
  };

  /** undefined before the first answer */
  of = (modelId: string | undefined): readonly DispatcherDto[] | undefined => (modelId === undefined ? undefined : this.#lists[modelId]);

  /** The one that answers are dispatched with: the newest of its kind. */
  find = (modelId: string | undefined, kind: DispatcherKind): DispatcherDto | undefined => this.of(modelId)?.filter((one) => one.kind === kind).toSorted((a, b) => b.createdAt - a.createdAt)[0];

  /** The job that makes or renews it at present. */
  jobOf = (modelId: string, kind: DispatcherKind): JobDto | undefined => {
    const ids = [this.#making[`${modelId}/${kind}`], this.find(modelId, kind)?.jobId];
    return jobs.active.find((job) => ids.includes(job.id));
  };

  /** The job that failed to make it, the last time somebody asked in this window. */
  failureOf = (modelId: string, kind: DispatcherKind): JobDto | undefined => {
    const job = jobs.byId(this.#making[`${modelId}/${kind}`]);
    return job && !activeStates.includes(job.state) && job.error ? job : undefined;
  };

  /** Queues the making (all of the model's experts where none are named) and returns the new dispatcher's id. Rejects with what the services say. */
  make = async (modelId: string, kind: DispatcherKind, expertIds?: readonly string[]): Promise<string> => {
    const { jobId, dispatcherId } = await bridge.call('dispatchers.make', { modelId, kind, ...(expertIds ? { expertIds: [...expertIds] } : {}) });
    this.#making = { ...this.#making, [`${modelId}/${kind}`]: jobId };
    await jobs.refresh();
    return dispatcherId;
  };

  refresh = async (): Promise<void> => {
    await Promise.all([...this.#wanted].map((modelId) => this.#read(modelId)));
  };

  async #read(modelId: string): Promise<void> {
    try {
      this.#lists = { ...this.#lists, [modelId]: await bridge.call('dispatchers.list', { modelId }) };
      this.error = null;
    } catch (error) {
      this.error = error as SingularError;
    }
  }
}

export const dispatchers = new DispatchersState();
