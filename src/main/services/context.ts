import type { AppInfoDto } from '../../shared/contract.ts';
import type { Stores } from '../db/index.ts';
import type { EngineHost } from '../engine/host.ts';
import type { JobQueue } from '../jobs/queue.ts';
import type { Emitter } from './emitter.ts';
import type { HomeLayout } from './home.ts';
import type { LocalLog } from './log.ts';
import type { ModelCatalog } from './modelCatalog.ts';
import type { VectorCache } from './vectors.ts';

/** What every group of handlers works with. */
export interface ServiceContext {
  layout: HomeLayout;
  shell: AppInfoDto['shell'];
  version: string;
  stores: Stores;
  engine: EngineHost;
  queue: JobQueue;
  events: Emitter;
  log: LocalLog;
  catalog: ModelCatalog;
  vectors: VectorCache;
  clock: () => number;
  newId: () => string;
  env: Record<string, string | undefined>;
  platform: string;
}
