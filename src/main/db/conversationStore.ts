import { asc, count, desc, eq, sql } from 'drizzle-orm';
import type { CallResult } from '../../shared/contract.ts';
import { conversations, messages } from './deskSchema.ts';
import type { Connection } from './open.ts';

type Summary = CallResult<'conversations.list'>[number];
type Conversation = CallResult<'conversations.get'>;
type Message = Conversation['messages'][number];

export interface ConversationStore {
  list(offset: number, limit: number): Summary[];
  get(id: string): Conversation | undefined;
  /** opens the conversation where it is new, and adds the message */
  append(conversation: { id: string; title: string; modelId: string }, message: Message): void;
  remove(id: string): void;
}

export function createConversationStore({ orm, client }: Connection): ConversationStore {
  const append = client.transaction((conversation: { id: string; title: string; modelId: string }, message: Message) => {
    orm.insert(conversations).values({ ...conversation, createdAt: message.createdAt }).onConflictDoNothing().run();
    orm.insert(messages).values({ ...message, conversationId: conversation.id }).run();
  });
  return {
    list: (offset, limit) => orm.select({
      id: conversations.id, title: conversations.title, modelId: conversations.modelId, createdAt: conversations.createdAt, messages: count(messages.id),
    }).from(conversations).leftJoin(messages, eq(messages.conversationId, conversations.id)).groupBy(conversations.id)
      .orderBy(desc(conversations.createdAt), desc(sql`${conversations.id}`)).limit(limit).offset(offset).all(),
    get: (id) => {
      const row = orm.select().from(conversations).where(eq(conversations.id, id)).get();
      if (!row) return undefined;
      const list = orm.select().from(messages).where(eq(messages.conversationId, id)).orderBy(asc(messages.id)).all();
      return { id, title: row.title, messages: list.map((message) => ({ role: message.role as Message['role'], content: message.content, createdAt: message.createdAt })) };
    },
    append: (conversation, message) => append.immediate(conversation, message),
    remove: (id) => void orm.delete(conversations).where(eq(conversations.id, id)).run(),
  };
}
