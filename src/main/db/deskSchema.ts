/** Tables of the desk: mixes, and what was asked and answered; `schema.ts` has the rules for all tables. */
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { mixForms } from '../../shared/mix.ts';
import { experts, models } from './schema.ts';

export const mixes = sqliteTable(
  'mixes',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    modelId: text('model_id').notNull().references(() => models.id),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    form: text('form', { enum: mixForms }).notNull().default('base-anchored'),
    /** the search that found it */
    searchId: text('search_id'),
  },
  (table) => [uniqueIndex('mixes_name').on(table.modelId, table.name)],
);

export const mixParts = sqliteTable(
  'mix_parts',
  {
    mixId: text('mix_id').notNull().references(() => mixes.id, { onDelete: 'cascade' }),
    position: integer('position').notNull(),
    expertId: text('expert_id').notNull().references(() => experts.id),
    /** one number, or a JSON array with one per layer */
    alpha: text('alpha').notNull(),
    muted: integer('muted', { mode: 'boolean' }).notNull(),
    solo: integer('solo', { mode: 'boolean' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.mixId, table.position] })],
);

export const conversations = sqliteTable(
  'conversations',
  {
    id: text('id').primaryKey(),
    title: text('title').notNull(),
    modelId: text('model_id').notNull().references(() => models.id),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [index('conversations_created').on(table.createdAt)],
);

export const messages = sqliteTable(
  'messages',
  {
    id: integer('id').primaryKey(),
    conversationId: text('conversation_id').notNull().references(() => conversations.id, { onDelete: 'cascade' }),
    role: text('role').notNull(),
    content: text('content').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [index('messages_conversation').on(table.conversationId, table.id)],
);
