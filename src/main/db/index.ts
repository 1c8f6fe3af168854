/**
 * The database of a home. Nothing outside this folder sees SQL, drizzle or SQLite's errors: the rest of the
 * application asks these stores, one per concept.
 */
import { fileURLToPath } from 'node:url';
import { createComparisonStore, type ComparisonStore } from './comparisonStore.ts';
import { createConversationStore, type ConversationStore } from './conversationStore.ts';
import { createDatasetStore, type DatasetStore } from './datasetStore.ts';
import { createDispatcherStore, type DispatcherStore } from './dispatcherStore.ts';
import { guarded } from './errors.ts';
import { createExpertStore, type ExpertStore } from './expertStore.ts';
import { createJobStore, type JobStore } from './jobStore.ts';
import { createMixStore, type MixStore } from './mixStore.ts';
import { createModelStore, type ModelStore } from './modelStore.ts';
import { openConnection } from './open.ts';
import { createRunStore, type RunStore } from './runStore.ts';
import { createSearchStore, type SearchStore } from './searchStore.ts';
import { createSettingsStore, type SettingsStore } from './settingsStore.ts';
import { createTaskStore, type TaskStore } from './taskStore.ts';

export interface Stores {
  settings: SettingsStore;
  models: ModelStore;
  datasets: DatasetStore;
  tasks: TaskStore;
  experts: ExpertStore;
  runs: RunStore;
  jobs: JobStore;
  mixes: MixStore;
  conversations: ConversationStore;
  comparisons: ComparisonStore;
  searches: SearchStore;
  dispatchers: DispatcherStore;
  /** the copy made before this opening migrated, if it did */
  backup: string | undefined;
  /** all writes of the function, or none */
  atomically<T>(work: () => T): T;
  close(): void;
}

export interface StoreOptions { file: string; migrationsFolder?: string; busyTimeoutMs?: number }

const defaultMigrations = (): string => fileURLToPath(new URL('../../../drizzle', import.meta.url));

export function openStores(options: StoreOptions): Stores {
  const connection = openConnection({ ...options, migrationsFolder: options.migrationsFolder ?? defaultMigrations() });
  const guard = <T extends object>(store: T): T => guarded(store, connection.file);
  return {
    settings: guard(createSettingsStore(connection)),
    models: guard(createModelStore(connection)),
    datasets: guard(createDatasetStore(connection)),
    tasks: guard(createTaskStore(connection)),
    experts: guard(createExpertStore(connection)),
    runs: guard(createRunStore(connection)),
    jobs: guard(createJobStore(connection)),
    mixes: guard(createMixStore(connection)),
    conversations: guard(createConversationStore(connection)),
    comparisons: guard(createComparisonStore(connection)),
    searches: guard(createSearchStore(connection)),
    dispatchers: guard(createDispatcherStore(connection)),
    backup: connection.backup,
    // drizzle's and better-sqlite3's inner transactions become savepoints of this one
    ...guard({ atomically: <T>(work: () => T): T => connection.client.transaction(work).immediate() }),
    close: () => connection.close(),
  };
}

export type { ComparisonStore, ConversationStore, DatasetStore, DispatcherStore, ExpertStore, JobStore, MixStore, ModelStore, RunStore, SearchStore, SettingsStore, TaskStore };
export type { CellRecord, ComparisonRecord, FrozenStrategy, Machine, NewCell } from './comparisonStore.ts';
export type { DispatcherRecord, NamedExpert } from './dispatcherStore.ts';
export type { ExpertQuery, NewExpert } from './expertStore.ts';
export { endStates } from './jobStore.ts';
export type { JobChanges, JobGlimpse, JobRecord, NewJob } from './jobStore.ts';
export type { ModelRecord, SvdRecord } from './modelStore.ts';
export { storedConfig } from './runStore.ts';
export type { NewRun, RunOutcome, RunSummary } from './runStore.ts';
export type { NewSearch, SearchChanges } from './searchStore.ts';
export type { StoredTask } from './taskStore.ts';
