import type { ServiceContext } from './context.ts';
import type { HandlerGroup } from './handlers.ts';

export function jobHandlers({ queue }: ServiceContext): HandlerGroup<'jobs'> {
  return {
    'jobs.list': ({ offset, limit }) => queue.list(offset, limit),
    'jobs.get': ({ id }) => queue.get(id),
    'jobs.pause': ({ id }) => queue.pause(id),
    'jobs.resume': ({ id }) => queue.resume(id),
    'jobs.cancel': ({ id }) => queue.cancel(id),
    'jobs.keep': ({ id }) => queue.keep(id),
    'jobs.clear': () => {
      queue.clear();
      return null;
    },
  };
}
