import type { Stores } from '../../db/index.ts';
import type { EngineHost } from '../../engine/host.ts';
import type { Emitter } from '../basics/emitter.ts';
import type { LocalLog } from '../basics/log.ts';
import type { VectorCache } from '../mixing/vectors.ts';
import type { ModelCatalog } from '../models/catalog.ts';

/** What the runners work with; the queue itself is not among it. */
export interface RunnerContext {
  stores: Stores;
  engine: EngineHost;
  events: Emitter;
  catalog: ModelCatalog;
  vectors: VectorCache;
  clock: () => number;
  newId: () => string;
  env: Record<string, string | undefined>;
  platform: string;
  log: LocalLog;
  /** name of the bundled dataset whose questions are for no expert */
  others: string | null;
}
