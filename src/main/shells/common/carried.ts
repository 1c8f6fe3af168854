import type { CallName, EventName } from '../../../shared/contract.ts';

/** What a shell needs of the services: calls by name (the services parse the input), and every event. */
export interface Carried {
  dispatch(name: CallName, input: unknown): Promise<unknown>;
  onEvent(listener: (event: EventName, payload: unknown) => void): () => void;
}
