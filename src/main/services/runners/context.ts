import type { Stores } from '../../db/index.ts';
import type { EngineHost } from '../../engine/host.ts';
import type { Emitter } from '../emitter.ts';
import type { LocalLog } from '../log.ts';
import type { ModelCatalog } from '../modelCatalog.ts';
import type { VectorCache } from '../vectors.ts';

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
}
