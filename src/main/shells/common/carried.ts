import type { CallName, EventName, Events } from '../../../shared/contract.ts';

/** What a shell needs of the services: calls by name (the services parse the input), and every event. */
export interface Carried {
  dispatch(name: CallName, input: unknown): Promise<unknown>;
  onEvent(listener: (event: EventName, payload: unknown) => void): () => void;
}

/** Every event of the contract; a new one that is missing here does not compile. */
const eventNames = Object.keys({
  'models.changed': true, 'datasets.changed': true, 'tasks.changed': true, 'experts.changed': true, 'comparison.changed': true, 'mixes.changed': true, 'settings.changed': true,
  'job.changed': true, 'run.step': true, 'run.validation': true, 'run.samples': true,
  'search.generation': true, 'searches.changed': true, 'dispatchers.changed': true,
  'answer.decided': true, 'answer.tokens': true, 'answer.done': true, 'answer.compared': true, 'answer.failed': true,
  'engine.changed': true, notice: true,
} satisfies Record<EventName, true>) as EventName[];

interface EventSource { on<E extends EventName>(event: E, listener: (payload: Events[E]) => void): () => void }

/** One listener for all events of a source that has a listener per event. */
function onEveryEvent(source: EventSource, listener: (event: EventName, payload: unknown) => void): () => void {
  const stops = eventNames.map((event) => source.on(event, (payload) => listener(event, payload)));
  return () => { for (const stop of stops) stop(); };
}

/** The services as a shell carries them. */
export function carried(services: EventSource & { dispatch(name: string, input: unknown): Promise<unknown> }): Carried {
  return {
    dispatch: (name, input) => services.dispatch(name, input),
    onEvent: (listener) => onEveryEvent(services, listener),
  };
}
