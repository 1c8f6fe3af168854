/**
 * What models there are: bundled ones, folders that were added, downloads, and what the local Hugging Face cache
 * holds. Reads each model's facts through the engine, once per change of its files.
 */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ModelFacts, ModelPlace } from '../../../engine/host/protocol.ts';
import type { ModelDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { ModelRecord, Stores, SvdRecord } from '../../db/index.ts';
import type { EngineHost } from '../../engine/host.ts';
import type { Emitter } from '../basics/emitter.ts';
import { found } from '../basics/found.ts';
import type { LocalLog } from '../basics/log.ts';
import { readSettings } from '../settings.ts';
import type { BundledModel } from './manifest.ts';

export interface CatalogOptions {
  stores: Stores;
  engine: EngineHost;
  events: Emitter;
  log: LocalLog;
  clock: () => number;
  env: Record<string, string | undefined>;
  cacheRoot: string;
  bundled: readonly BundledModel[];
}

export type UsableModel = ModelRecord & { facts: ModelFacts; weightsHash: string };

export class ModelCatalog {
  readonly #options: CatalogOptions;
  #refreshing: Promise<void> | undefined;
  #refreshed = false;
  readonly #building = new Map<string, { jobId: string; done: number; total: number }>();

  constructor(options: CatalogOptions) {
    this.#options = options;
  }

  /** Bundled models, changed folders and the local cache, looked at once; a second call waits for the first. */
  ready(): Promise<void> {
    return this.#refreshed ? Promise.resolve() : this.refresh();
  }

  /** Whether every model was read at some earlier time, so that a list can be shown before the engine is up. */
  isKnown(): boolean {
    const { stores, bundled } = this.#options;
    const records = stores.models.list();
    return this.#refreshed || (records.every((record) => record.facts || record.unusable !== null) && bundled.every((model) => stores.models.get(model.id)));
  }

  /** Looks again. Models whose files did not change cost a few `stat`s. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  list(): ModelDto[] {
    return this.#options.stores.models.list().map((record) => this.dto(record));
  }

  /** The record, even of a model that cannot be used. Throws `not-found`. */
  get(id: string): ModelRecord {
    const record = found(this.#options.stores.models.get(id), `model “${id}”`);
    if (record.removedAt !== null) throw new SingularError('not-found', `The model “${record.name}” was removed.`);
    return record;
  }

  /** Throws `bad-input` with the reason where the model cannot be used here. */
  usable(id: string): UsableModel {
    const { unusable, facts, weightsHash, ...record } = this.get(id);
    if (unusable !== null || !facts || !weightsHash) throw new SingularError('bad-input', unusable ?? `The model “${record.name}” has not been read yet.`);
    return { ...record, unusable, facts, weightsHash };
  }

  /** The usable model, its weights hashed: a model of the local cache is hashed when it is first used, not when it is found. */
  async use(id: string): Promise<UsableModel> {
    await this.ready();
    const record = this.get(id);
    if (record.facts && !record.weightsHash && record.unusable === null) {
      const facts = await this.#options.engine.call('modelFacts', { folder: record.folder, cacheRoot: this.#options.cacheRoot });
      this.#options.stores.models.save({ ...record, facts, weightsHash: facts.weightsHash });
      await this.refreshSvd(id);
      this.#changed();
    }
    return this.usable(id);
  }

  place(record: Pick<ModelRecord, 'folder'>): ModelPlace {
    return { folder: record.folder, cacheRoot: this.#options.cacheRoot, device: readSettings(this.#options.stores.settings, this.#options.env).device };
  }

  /** Adds a checkpoint folder, or finds it again. Throws what the engine says about a folder that is none. */
  async addFolder(folder: string, source: ModelRecord['source'] = 'folder', hubId: string | null = null): Promise<ModelDto> {
    const { stores, engine, clock } = this.#options;
    if (!existsSync(folder)) throw new SingularError('bad-input', `There is no folder ${folder}.`);
    const path = realpathSync(folder);
    if (!statSync(path).isDirectory()) throw new SingularError('bad-input', `${folder} is a file; a model is a folder with config.json, a tokenizer and safetensors.`);
    const known = stores.models.byFolder(path);
    const stamp = folderStamp(path);
    if (known && known.removedAt === null && known.facts && known.stamp === stamp) return this.dto(known);
    const facts = await engine.call('modelFacts', { folder: path, cacheRoot: this.#options.cacheRoot });
    const name = hubId ?? known?.name ?? basename(path);
    const record: ModelRecord = {
      id: known?.id ?? this.#freeId(hubId ?? slug(name)), name, source: known && known.source !== 'cache' ? known.source : source, folder: path,
      hubId: hubId ?? known?.hubId ?? null, license: known?.license ?? null, unusable: null, facts, weightsHash: facts.weightsHash, stamp,
      svd: { state: 'none' }, addedAt: known?.addedAt ?? clock(), removedAt: null,
    };
    stores.models.save(record);
    await this.refreshSvd(record.id);
    this.#changed();
    return this.dto(this.get(record.id));
  }

  /** Asks the engine about the SVD cache of a usable model and remembers the answer. */
  async refreshSvd(id: string): Promise<SvdRecord> {
    const { stores, engine } = this.#options;
    const record = this.usable(id);
    const state = await engine.call('svdState', this.place(record));
    stores.models.setSvd(id, state);
    return state;
  }

  /** A running SVD job shows through its model. */
  building(id: string, progress: { jobId: string; done: number; total: number } | undefined): void {
    if (progress) this.#building.set(id, progress);
    else this.#building.delete(id);
    this.#changed();
  }

  dto(record: ModelRecord): ModelDto {
    const { facts } = record;
    const building = this.#building.get(record.id);
    return {
      id: record.id, name: record.name, source: record.source, folder: record.folder,
      ...(record.unusable !== null && { unusable: record.unusable }),
      ...(facts && {
        architecture: facts.architecture, layers: facts.layers, hiddenSize: facts.hiddenSize, intermediateSize: facts.intermediateSize,
        vocabularySize: facts.vocabularySize, contextLength: facts.contextLength, parameters: facts.parameters, sizeBytes: facts.sizeBytes,
        dtype: facts.dtype, hasChatTemplate: facts.hasChatTemplate, ...(facts.weightsHash && { weightsHash: facts.weightsHash }),
      }),
      svd: building ? { state: 'building', ...building } : record.svd,
    };
  }

  #changed(): void {
    this.#options.events.emit('models.changed', null);
  }

  #freeId(wanted: string): string {
    for (let copy = 1; ; copy++) {
      const id = copy === 1 ? wanted : `${wanted}-${copy}`;
      if (!this.#options.stores.models.get(id)) return id;
    }
  }

  async #refresh(): Promise<void> {
    const { stores, clock, bundled } = this.#options;
    for (const model of bundled) {
      const known = stores.models.get(model.id);
      if (known?.folder === model.folder) continue;
      stores.models.save({
        id: model.id, name: model.id, source: 'bundled', folder: model.folder, hubId: null, license: model.license, unusable: null, facts: null,
        weightsHash: null, stamp: '', svd: { state: 'none' }, addedAt: known?.addedAt ?? clock(), removedAt: known?.removedAt ?? null,
      });
    }
    let changed = false;
    for (const record of stores.models.list()) if (record.source !== 'cache') changed = await this.#reread(record) || changed;
    changed = await this.#scanCache() || changed;
    this.#refreshed = true;
    if (changed) this.#changed();
  }

  /** Reads a model's facts where its files changed; says why where they cannot be read. */
  async #reread(record: ModelRecord): Promise<boolean> {
    const { stores, engine, log } = this.#options;
    const stamp = folderStamp(record.folder);
    if (stamp === record.stamp && (record.facts || record.unusable !== null)) return false;
    try {
      const facts = await engine.call('modelFacts', { folder: record.folder, cacheRoot: this.#options.cacheRoot });
      stores.models.save({ ...record, facts, weightsHash: facts.weightsHash, unusable: null, stamp });
      await this.refreshSvd(record.id);
    } catch (error) {
      if (error instanceof SingularError && (error.code === 'engine-died' || error.code === 'cancelled')) throw error;
      log.error('models.facts', error);
      stores.models.save({ ...record, unusable: (error as Error).message, stamp });
    }
    return true;
  }

  async #scanCache(): Promise<boolean> {
    const { stores, engine, env, clock } = this.#options;
    const hubKeys = ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HOME', 'XDG_CACHE_HOME', 'HOME', 'USERPROFILE'];
    const entries = await engine.call('scanCache', { env: Object.fromEntries(hubKeys.map((key) => [key, env[key]])) });
    const before = stores.models.list().filter((record) => record.source === 'cache');
    let changed = false;
    for (const entry of entries) {
      const known = stores.models.byFolder(entry.folder);
      if (known && (known.source !== 'cache' || known.removedAt !== null)) continue;
      const stamp = folderStamp(entry.folder);
      if (known && known.stamp === stamp && known.unusable === (entry.unusable ?? null)) continue;
      changed = true;
      const id = known?.id ?? this.#freeId(entry.hubId);
      stores.models.save({
        id, name: entry.hubId, source: 'cache', folder: entry.folder, hubId: entry.hubId, license: null, unusable: entry.unusable ?? null,
        facts: entry.facts ?? null, weightsHash: entry.facts?.weightsHash || null, stamp, svd: { state: 'none' },
        addedAt: known?.addedAt ?? clock(), removedAt: null,
      });
    }
    for (const record of before) {
      if (entries.some((entry) => entry.folder === record.folder)) continue;
      stores.models.remove(record.id, clock());
      changed = true;
    }
    return changed;
  }
}

const slug = (name: string): string => name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replaceAll(/^-+|-+$/g, '') || 'model';

/** Names, sizes and times of the files that facts are read from; links (the cache's blobs) are followed. */
function folderStamp(folder: string): string {
  try {
    return readdirSync(folder).filter((name) => /\.(json|safetensors)$/.test(name)).sort()
      .map((name) => {
        const { size, mtimeMs } = statSync(join(folder, name));
        return `${name}:${size}:${Math.trunc(mtimeMs)}`;
      }).join('|');
  } catch {
    return 'missing';
  }
}
