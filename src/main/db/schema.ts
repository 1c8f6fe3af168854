/**
 * Everything a person makes, in one SQLite file. Large opaque payloads (metrics of a row, frozen job inputs) are
 * JSON text; z-vectors and training checkpoints are blobs. Times are milliseconds since 1970.
 *
 * Migrations are generated from this file: `npm run migrations`.
 */
import { sql } from 'drizzle-orm';
import { blob, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

export const settings = sqliteTable('settings', {
  key: text('key').primaryKey(),
  value: text('value').notNull(),
});

export const models = sqliteTable(
  'models',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    source: text('source').notNull(),
    folder: text('folder').notNull(),
    hubId: text('hub_id'),
    license: text('license'),
    unusable: text('unusable'),
    /** ModelFacts, as the engine read them */
    facts: text('facts'),
    weightsHash: text('weights_hash'),
    /** sizes and times of the folder's files when the facts were read: other ones, and they are read again */
    stamp: text('stamp').notNull().default(''),
    svd: text('svd').notNull().default('{"state":"none"}'),
    addedAt: integer('added_at').notNull(),
    /** forgotten, but experts and runs still name it */
    removedAt: integer('removed_at'),
  },
  (table) => [uniqueIndex('models_folder').on(table.folder), index('models_weights').on(table.weightsHash)],
);

export const datasets = sqliteTable(
  'datasets',
  {
    id: text('id').primaryKey(),
    /** its rows have the keys number·2³² + position */
    number: integer('number').notNull(),
    name: text('name').notNull(),
    source: text('source').notNull(),
    fileName: text('file_name').notNull(),
    /** where the file lay when it was read */
    path: text('path').notNull(),
    rows: integer('rows').notNull().default(0),
    unusable: integer('unusable').notNull().default(0),
    hash: text('hash').notNull().default(''),
    columns: text('columns').notNull(),
    mapping: text('mapping').notNull(),
    suggestedGrader: text('suggested_grader').notNull(),
    description: text('description').notNull().default(''),
    /** usable rows by the split that the dataset names, JSON; empty where it names none */
    splits: text('splits').notNull().default('{}'),
    createdAt: integer('created_at').notNull(),
    /** false while its rows are still being read; such a dataset is invisible, and swept at the next start */
    complete: integer('complete', { mode: 'boolean' }).notNull().default(false),
  },
  (table) => [uniqueIndex('datasets_number').on(table.number)],
);

/**
 * One integer key instead of (dataset, position): rows of one dataset lie next to each other in the table's own tree,
 * so a page is one range scan, and a million rows append without a second index.
 */
export const datasetRows = sqliteTable(
  'dataset_rows',
  {
    key: integer('key').primaryKey(),
    /** row number in the file (unusable rows leave gaps) */
    row: integer('row').notNull(),
    payload: text('payload').notNull(),
    /** train, validation or test, where the dataset says so; the payload says it too */
    split: text('split'),
  },
  // rows that are held out are few and are asked for alone; the others cost no index
  (table) => [index('dataset_rows_held').on(table.key).where(sql`split in ('validation', 'test')`)],
);

export const unusableRows = sqliteTable(
  'unusable_rows',
  {
    datasetId: text('dataset_id').notNull().references(() => datasets.id, { onDelete: 'cascade' }),
    row: integer('row').notNull(),
    reason: text('reason').notNull(),
  },
  (table) => [primaryKey({ columns: [table.datasetId, table.row] })],
);

/** A dataset with a way to read and grade it, under a name. Runs freeze what they used of it, so it may be changed and removed. */
export const tasks = sqliteTable(
  'tasks',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    source: text('source').notNull(),
    datasetId: text('dataset_id').notNull().references(() => datasets.id),
    grader: text('grader').notNull(),
    raw: integer('raw', { mode: 'boolean' }).notNull(),
    /** TaskReading, JSON */
    reading: text('reading').notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [uniqueIndex('tasks_name').on(table.name), index('tasks_dataset').on(table.datasetId)],
);

const inLibrary = sql`deleted_at is null and comparison_id is null`;

export const experts = sqliteTable(
  'experts',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    modelId: text('model_id').notNull().references(() => models.id),
    weightsHash: text('weights_hash').notNull(),
    description: text('description').notNull().default(''),
    source: text('source').notNull(),
    createdAt: integer('created_at').notNull(),
    deletedAt: integer('deleted_at'),
    parameters: integer('parameters').notNull(),
    matrices: integer('matrices').notNull(),
    baseScore: real('base_score'),
    score: real('score'),
    gainMean: real('gain_mean'),
    gainLow: real('gain_low'),
    gainHigh: real('gain_high'),
    provenance: text('provenance').notNull(),
    /** name, description and tags in lower case: what the search field looks in */
    searchText: text('search_text').notNull(),
    method: text('method').notNull().default('svf'),
    /** TestScoreDto, the same with shuffled z, and the rows used for what: JSON */
    test: text('test'),
    control: text('control'),
    rowsUsed: text('rows_used'),
    /** the comparison whose cell it is: it is not in the library then */
    comparisonId: text('comparison_id'),
  },
  (table) => [
    uniqueIndex('experts_live_name').on(table.name).where(inLibrary),
    // the orders of the library's list
    index('experts_by_name').on(sql`name collate nocase`, table.id).where(inLibrary),
    index('experts_by_creation').on(sql`created_at desc`, table.id).where(inLibrary),
    index('experts_by_gain').on(sql`gain_mean desc`, table.id).where(inLibrary),
    // not of the others: it would seem to SQLite the way to the library, and none of the orders above were used
    index('experts_comparison').on(table.comparisonId).where(sql`comparison_id is not null`),
    index('experts_model').on(table.modelId),
  ],
);

export const expertTags = sqliteTable(
  'expert_tags',
  {
    expertId: text('expert_id').notNull().references(() => experts.id, { onDelete: 'cascade' }),
    tag: text('tag').notNull(),
  },
  (table) => [primaryKey({ columns: [table.expertId, table.tag] }), index('expert_tags_tag').on(table.tag)],
);

/** The picture of z at the default number of bins, computed once. Apart from its expert: at 200 kB for a large model it would slow every list of them. */
export const expertZMaps = sqliteTable('expert_z_maps', {
  expertId: text('expert_id').primaryKey().references(() => experts.id, { onDelete: 'cascade' }),
  zMap: text('z_map').notNull(),
});

/** What was trained: z of each matrix, or the tensors of an adapter. The names of the columns are those of the first version. */
export const expertTensors = sqliteTable(
  'expert_vectors',
  {
    expertId: text('expert_id').notNull().references(() => experts.id, { onDelete: 'cascade' }),
    position: integer('position').notNull(),
    /** of the matrix for z, PEFT's for an adapter */
    name: text('matrix').notNull(),
    /** little-endian fp32, row by row */
    data: blob('z', { mode: 'buffer' }).notNull(),
    /** JSON; null is one dimension, as long as the data */
    shape: text('shape'),
  },
  (table) => [primaryKey({ columns: [table.expertId, table.position] })],
);

export const runs = sqliteTable(
  'runs',
  {
    id: text('id').primaryKey(),
    kind: text('kind').notNull(),
    name: text('name').notNull(),
    jobId: text('job_id').notNull(),
    modelId: text('model_id').notNull().references(() => models.id),
    modelName: text('model_name').notNull(),
    datasetId: text('dataset_id').references(() => datasets.id, { onDelete: 'set null' }),
    datasetName: text('dataset_name').notNull(),
    datasetHash: text('dataset_hash').notNull(),
    grader: text('grader').notNull(),
    raw: integer('raw', { mode: 'boolean' }).notNull(),
    preset: text('preset').notNull(),
    config: text('config').notNull(),
    command: text('command').notNull(),
    createdAt: integer('created_at').notNull(),
    baseScore: real('base_score'),
    bestScore: real('best_score'),
    bestStep: integer('best_step'),
    gainMean: real('gain_mean'),
    gainLow: real('gain_low'),
    gainHigh: real('gain_high'),
    expertId: text('expert_id').references(() => experts.id),
    seconds: real('seconds'),
    /** how it ended, for when its job has been cleared from the list */
    endState: text('end_state'),
    /** TestScoreDto, TrialDto[], CostDto, the rows used for what: JSON */
    test: text('test'),
    /** EvaluatedDto of an evaluation: JSON */
    evaluated: text('evaluated'),
    trials: text('trials').notNull().default('[]'),
    cost: text('cost'),
    rowsUsed: text('rows_used'),
    /** the comparison whose cell it is: it is listed there */
    comparisonId: text('comparison_id'),
    /** name of the stored task, and TaskReading as it was then (JSON; null: as the dataset reads and names its rows) */
    task: text('task'),
    reading: text('reading'),
  },
  (table) => [index('runs_created').on(table.createdAt), index('runs_dataset').on(table.datasetId), index('runs_comparison').on(table.comparisonId)],
);

export const runSteps = sqliteTable(
  'run_steps',
  {
    runId: text('run_id').notNull().references(() => runs.id, { onDelete: 'cascade' }),
    trial: integer('trial').notNull().default(0),
    step: integer('step').notNull(),
    metric: text('metric').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.trial, table.step] })],
);

export const runValidations = sqliteTable(
  'run_validations',
  {
    runId: text('run_id').notNull().references(() => runs.id, { onDelete: 'cascade' }),
    trial: integer('trial').notNull().default(0),
    step: integer('step').notNull(),
    metric: text('metric').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.trial, table.step] })],
);

export const runSamples = sqliteTable(
  'run_samples',
  {
    runId: text('run_id').notNull().references(() => runs.id, { onDelete: 'cascade' }),
    trial: integer('trial').notNull().default(0),
    step: integer('step').notNull(),
    /** every sample of the step, one JSON array: they are only ever read together */
    samples: text('samples').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.trial, table.step] })],
);

export const runCheckpoints = sqliteTable(
  'run_checkpoints',
  {
    runId: text('run_id').notNull().references(() => runs.id, { onDelete: 'cascade' }),
    /** `latest` is where a training resumes, `best` the state at its best validation */
    slot: text('slot').notNull(),
    step: integer('step').notNull(),
    /** what was recorded after `step` of `trial` is forgotten when the training is taken up: it comes again */
    trial: integer('trial').notNull().default(0),
    state: blob('state', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.slot] })],
);

export const jobs = sqliteTable(
  'jobs',
  {
    id: text('id').primaryKey(),
    kind: text('kind').notNull(),
    title: text('title').notNull(),
    state: text('state').notNull(),
    /** order in the queue; a job that is taken up again keeps its place */
    position: integer('position').notNull(),
    heavy: integer('heavy', { mode: 'boolean' }).notNull(),
    /** frozen when queued */
    input: text('input').notNull(),
    result: text('result'),
    createdAt: integer('created_at').notNull(),
    startedAt: integer('started_at'),
    endedAt: integer('ended_at'),
    progress: text('progress').notNull(),
    error: text('error'),
    runId: text('run_id'),
    modelId: text('model_id'),
    expertId: text('expert_id'),
    comparisonId: text('comparison_id'),
    searchId: text('search_id'),
    /** a job that must have succeeded first (the SVD cache before a training) */
    dependsOn: text('depends_on'),
    /** the instance of the application that queued or runs it (`pid:token`), and when that was last seen alive */
    owner: text('owner').notNull(),
    heartbeatAt: integer('heartbeat_at').notNull(),
    /** engine deaths without a step in between, and the step (or unit) at which it died */
    deaths: integer('deaths').notNull().default(0),
    deathAt: integer('death_at').notNull().default(-1),
    keepRequested: integer('keep_requested', { mode: 'boolean' }).notNull().default(false),
    /** `pause` or `cancel`, where another instance than the one that runs it wants that */
    asked: text('asked'),
  },
  (table) => [index('jobs_state').on(table.state, table.position), index('jobs_run').on(table.runId), index('jobs_created').on(table.createdAt)],
);

export const comparisons = sqliteTable(
  'comparisons',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    jobId: text('job_id').notNull(),
    plan: text('plan').notNull(),
    command: text('command').notNull(),
    /** versions, platform, processor and memory when it was started, JSON */
    machine: text('machine').notNull(),
    createdAt: integer('created_at').notNull(),
    /** how it ended, for when its job has been cleared from the list */
    endState: text('end_state'),
  },
  (table) => [index('comparisons_created').on(table.createdAt), index('comparisons_name').on(table.name)],
);

/** The trainings of a comparison in the order in which they run, frozen when it was started. */
export const comparisonCells = sqliteTable(
  'comparison_cells',
  {
    comparisonId: text('comparison_id').notNull().references(() => comparisons.id, { onDelete: 'cascade' }),
    position: integer('position').notNull(),
    modelId: text('model_id').notNull().references(() => models.id),
    modelName: text('model_name').notNull(),
    weightsHash: text('weights_hash').notNull(),
    task: text('task').notNull(),
    datasetId: text('dataset_id').notNull(),
    grader: text('grader').notNull(),
    raw: integer('raw', { mode: 'boolean' }).notNull(),
    method: text('method').notNull(),
    seed: integer('seed').notNull(),
    preset: text('preset').notNull(),
    config: text('config').notNull(),
    state: text('state').notNull(),
    runId: text('run_id'),
    expertId: text('expert_id'),
    error: text('error'),
    /** of a cell that trains nothing: its strategy, what it scored and took, and the particulars of its kind, JSON */
    strategy: text('strategy'),
    test: text('test'),
    cost: text('cost'),
    detail: text('detail'),
    searchId: text('search_id'),
    /** TaskReading, frozen; null is the dataset's own */
    reading: text('reading'),
  },
  (table) => [primaryKey({ columns: [table.comparisonId, table.position] })],
);
