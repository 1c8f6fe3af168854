import { found } from './basics/found.ts';
import type { ServiceContext } from './context.ts';
import type { HandlerGroup } from './handlers.ts';

export function conversationHandlers({ stores }: ServiceContext): HandlerGroup<'conversations'> {
  return {
    'conversations.list': ({ offset, limit }) => stores.conversations.list(offset, limit),
    'conversations.get': ({ id }) => found(stores.conversations.get(id), `conversation ${id}`),
    'conversations.remove': ({ id }) => {
      stores.conversations.remove(id);
      return null;
    },
  };
}
