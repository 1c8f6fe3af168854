/**
 * The services: what each call of the contract does, over one home (database, caches, engine). Every shell and the
 * command line hold exactly this.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { AppInfoDto, CallName, CallParsed, CallResult, EventName, Events, MixContent } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';
import type { ZVectors } from '../../shared/matrices.ts';
import { openStores } from '../db/index.ts';
import { EngineHost, type EngineHostOptions } from '../engine/host.ts';
import { JobQueue } from '../jobs/queue.ts';
import { adaptHandlers } from './adaptation/adapt.ts';
import { dispatcherHandlers } from './adaptation/dispatchers.ts';
import { searchHandlers } from './adaptation/searches.ts';
import { appHandlers } from './app.ts';
import { Emitter } from './basics/emitter.ts';
import { defaultHome, homeLayout } from './basics/home.ts';
import { LocalLog } from './basics/log.ts';
import { comparisonHandlers } from './comparisons/comparisons.ts';
import type { ServiceContext } from './context.ts';
import { conversationHandlers } from './conversations.ts';
import { importBundled } from './datasets/bundled.ts';
import { datasetHandlers } from './datasets/datasets.ts';
import { evaluationHandlers } from './evaluations/evaluations.ts';
import { expertHandlers } from './experts/experts.ts';
import type { Handlers } from './handlers.ts';
import { jobHandlers } from './jobs.ts';
import { deskHandlers } from './mixing/desk.ts';
import { mixHandlers } from './mixing/mixes.ts';
import { VectorCache } from './mixing/vectors.ts';
import { ModelCatalog } from './models/catalog.ts';
import { readManifest } from './models/manifest.ts';
import { modelHandlers } from './models/models.ts';
import { createRunners } from './runners/index.ts';
import { readSettings, settingsHandlers } from './settings.ts';
import { graderHandlers } from './tasks/graders.ts';
import { taskHandlers } from './tasks/tasks.ts';
import { trainingHandlers } from './training/training.ts';
import { isCallName, parseInput } from './validate.ts';

export interface ServiceOptions {
  shell: AppInfoDto['shell'];
  /** where database, caches, exports and logs lie; the platform's data folder, or `SINGULAR_HOME`, by default */
  home?: string;
  /** the engine's entry file */
  engineEntry?: string;
  engine?: Omit<EngineHostOptions, 'entry' | 'threads'>;
  /** folder with the bundled models and their `index.json` */
  nativeModels?: string;
  migrationsFolder?: string;
  version?: string;
  env?: Record<string, string | undefined>;
  platform?: string;
  clock?: () => number;
  newId?: () => string;
  busyTimeoutMs?: number;
}

export interface Services {
  handlers: Handlers;
  /** a call whose input is already parsed */
  call<N extends CallName>(name: N, input: CallParsed<N>): Promise<CallResult<N>>;
  /** the door for everything from outside: unknown names and bad inputs are refused with code `bad-input` */
  dispatch(name: string, rawInput: unknown): Promise<unknown>;
  on<E extends EventName>(event: E, listener: (payload: Events[E]) => void): () => void;
  /** bundled models and datasets have been looked at; a command line that needs them waits for it */
  ready(): Promise<void>;
  /** for what the contract does not carry (the command line's `objective`) */
  engine: EngineHost;
  catalog: ModelCatalog;
  /** z′ of a mix for a model; undefined is the base */
  mixed(content: MixContent, modelId: string): ZVectors | undefined;
  close(): Promise<void>;
}

const day = 24 * 3600 * 1000;
/** A removed expert can be brought back for so long. */
const restorableDays = 30;

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

function applicationVersion(): string {
  try {
    return (createRequire(import.meta.url)('../../../package.json') as { version: string }).version;
  } catch {
    return 'unknown';
  }
}

/** Throws `busy`, `conflict` (a newer database), `bad-input` or `disk-full` where the home cannot be opened. */
export function createServices(options: ServiceOptions): Services {
  const { shell, env = process.env, clock = Date.now, newId = randomUUID, platform = process.platform } = options;
  const layout = homeLayout(options.home ?? defaultHome(env));
  const stores = openStores({
    file: layout.database,
    ...(options.migrationsFolder !== undefined && { migrationsFolder: options.migrationsFolder }),
    ...(options.busyTimeoutMs !== undefined && { busyTimeoutMs: options.busyTimeoutMs }),
  });
  mkdirSync(layout.cache, { recursive: true });
  const log = new LocalLog(layout.logs, clock);
  const events = new Emitter((error) => log.error('listener', error));
  const manifest = readManifest(options.nativeModels ?? fromRoot('native-models'));
  const engine = new EngineHost({
    ...options.engine,
    entry: options.engineEntry ?? fromRoot('src/engine/host/main.ts'),
    threads: () => readSettings(stores.settings, env).threads,
  });
  const catalog = new ModelCatalog({ stores, engine, events, log, clock, env, cacheRoot: layout.cache, bundled: manifest.models });
  const vectors = new VectorCache(stores.experts);
  const isCommandLine = shell === 'cli';
  const queue = new JobQueue({
    store: stores.jobs,
    runners: createRunners({ stores, engine, events, catalog, vectors, clock, newId, env, platform, log, others: manifest.others }),
    clock,
    adopts: !isCommandLine,
    changed: (job) => {
      events.emit('job.changed', job);
      // its cells are told where it runs only
      if (job.comparisonId !== undefined && (job.elsewhere || job.endedAt !== undefined)) events.emit('comparison.changed', { id: job.comparisonId });
    },
    changedElsewhere: () => {
      for (const what of ['models.changed', 'datasets.changed', 'tasks.changed', 'experts.changed', 'mixes.changed', 'searches.changed', 'dispatchers.changed'] as const) events.emit(what, null);
      events.emit('settings.changed', readSettings(stores.settings, env));
    },
    failed: (job, error) => log.error(job ? `job.${job.kind}` : 'queue', error),
  });
  const context: ServiceContext = {
    layout, shell, version: options.version ?? applicationVersion(), stores, engine, queue, events, log, catalog, vectors, clock, newId, env, platform, others: manifest.others,
  };

  engine.onChange((state) => events.emit('engine.changed', state));
  engine.onNotice((notice) => {
    if (notice.level !== 'info') log.error('engine', new SingularError('engine-died', notice.message));
    events.emit('notice', notice);
  });

  let bundled: Promise<void> | undefined;
  const bundledReady = (): Promise<void> => (bundled ??= importBundled(context, manifest.datasets));
  const { state: desk, ...deskCalls } = deskHandlers(context);
  const handlers: Handlers = {
    ...appHandlers(context),
    ...settingsHandlers(context),
    ...modelHandlers(context),
    ...datasetHandlers({ ...context, bundledReady }),
    ...taskHandlers({ ...context, bundledReady }),
    ...graderHandlers(context),
    ...trainingHandlers(context),
    ...evaluationHandlers(context),
    ...comparisonHandlers({ ...context, bundledReady }),
    ...jobHandlers(context),
    ...expertHandlers(context),
    ...mixHandlers(context),
    ...searchHandlers(context),
    ...dispatcherHandlers(context),
    ...adaptHandlers(context),
    ...deskCalls,
    ...conversationHandlers(context),
  };

  const call = async <N extends CallName>(name: N, input: CallParsed<N>): Promise<CallResult<N>> => {
    try {
      return await handlers[name](input);
    } catch (error) {
      log.error(name, error);
      throw error;
    }
  };
  const ready = async (): Promise<void> => {
    await catalog.ready();
    await bundledReady();
  };

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    desk.cancelAll();
    await queue.close();
    await engine.stop();
    await log.close();
    stores.close();
  };

  queue.start();
  if (!isCommandLine) {
    stores.datasets.sweep(clock() - day);
    stores.experts.purge(clock() - restorableDays * day);
    engine.start();
    ready().catch((error: unknown) => log.error('start', error));
  }
  return {
    handlers,
    call,
    dispatch: async (name, rawInput) => {
      if (!isCallName(name)) throw new SingularError('bad-input', `There is no call “${name.slice(0, 80)}”.`);
      return call(name, parseInput(name, rawInput));
    },
    on: (event, listener) => events.on(event, listener),
    ready,
    engine,
    catalog,
    mixed: (content, modelId) => vectors.mixed(content, catalog.usable(modelId)),
    close: () => (closing ??= close()),
  };
}

export type { Handlers } from './handlers.ts';
export { defaultHome, homeLayout, type HomeLayout } from './basics/home.ts';
