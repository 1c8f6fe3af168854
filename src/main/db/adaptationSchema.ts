/** Tables of self-adaptation; the rest is in `schema.ts`, which has the rules for both. */
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { datasets, models } from './schema.ts';

/** Searches for a mix. What is JSON here is only ever read whole. */
export const searches = sqliteTable(
  'searches',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    jobId: text('job_id').notNull(),
    modelId: text('model_id').notNull().references(() => models.id),
    modelName: text('model_name').notNull(),
    datasetId: text('dataset_id').references(() => datasets.id, { onDelete: 'set null' }),
    datasetName: text('dataset_name').notNull(),
    datasetHash: text('dataset_hash').notNull(),
    grader: text('grader').notNull(),
    raw: integer('raw', { mode: 'boolean' }).notNull(),
    /** ids and names in the order of the coordinates, JSON */
    experts: text('experts').notNull(),
    config: text('config').notNull(),
    command: text('command').notNull(),
    createdAt: integer('created_at').notNull(),
    /** the base and each expert alone on the examples, JSON */
    start: text('start'),
    /** SearchCheckpoint, JSON: where it goes on; null once it has ended */
    checkpoint: text('checkpoint'),
    /** SearchOutcome, the rows used for what: JSON */
    outcome: text('outcome'),
    rowsUsed: text('rows_used'),
    mixId: text('mix_id'),
    mixName: text('mix_name'),
    /** how it ended, for when its job has been cleared from the list */
    endState: text('end_state'),
    /** the comparison whose cell it is: it is listed there */
    comparisonId: text('comparison_id'),
    /** as of a run */
    task: text('task'),
    reading: text('reading'),
  },
  (table) => [index('searches_created').on(table.createdAt), index('searches_model').on(table.modelId), index('searches_comparison').on(table.comparisonId)],
);

export const searchGenerations = sqliteTable(
  'search_generations',
  {
    searchId: text('search_id').notNull().references(() => searches.id, { onDelete: 'cascade' }),
    generation: integer('generation').notNull(),
    /** GenerationDto, JSON */
    payload: text('payload').notNull(),
  },
  (table) => [primaryKey({ columns: [table.searchId, table.generation] })],
);

/** Ways to find a question's expert: one of each kind for a model, renewed in its place. */
export const dispatchers = sqliteTable(
  'dispatchers',
  {
    id: text('id').primaryKey(),
    kind: text('kind').notNull(),
    modelId: text('model_id').notNull().references(() => models.id),
    weightsHash: text('weights_hash').notNull(),
    /** ids and names in the order of its decisions, JSON */
    experts: text('experts').notNull(),
    /** ids and names of the model's whole library when it was made, JSON */
    library: text('library').notNull(),
    createdAt: integer('created_at').notNull(),
    jobId: text('job_id').notNull(),
    /** DispatcherState with its typed arrays, serialised (node:v8) */
    state: blob('state', { mode: 'buffer' }).notNull(),
    /** accuracy with its interval, confusion, firstPassMs, seconds: JSON */
    measured: text('measured').notNull(),
  },
  (table) => [uniqueIndex('dispatchers_model_kind').on(table.modelId, table.kind)],
);
