/**
 * Models that this process holds open. A model stays while it is in use and a little beyond; sessions refer to files
 * in place, so opening one again is cheap. A device that fails is left for the CPU, with a message.
 */
import { availableParallelism } from 'node:os';
import type { Device } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';
import { fp32Copy } from '../checkpoint/fp32-copy.ts';
import { openCheckpoint } from '../checkpoint/open.ts';
import { loadTokenizer } from '../checkpoint/tokenizer.ts';
import { weightsHash } from '../checkpoint/weights-hash.ts';
import { chooseDevice } from '../runtime/devices.ts';
import { LoadedModel } from '../runtime/loaded-model.ts';
import { openProducts } from '../runtime/products.ts';
import { buildSvdCache, openSvdCache, type SvdMatrix, type SvdProgress } from '../svd/cache.ts';
import type { ModelPlace } from './protocol.ts';

export type Notify = (level: 'info' | 'warning' | 'error', message: string) => void;

interface Entry {
  model: Promise<LoadedModel>;
  users: number;
  usedAt: number;
}

const modelsKept = 2;

/** Beyond four, half of the logical processors: matrix products gain nothing from hyper-threads. */
const defaultThreads = (): number => (availableParallelism() <= 4 ? availableParallelism() : Math.ceil(availableParallelism() / 2));

export class ModelStore {
  private readonly notify: Notify;
  private readonly entries = new Map<string, Entry>();
  private readonly failedDevices = new Set<Device>();
  private readonly building = new Map<string, Promise<readonly SvdMatrix[]>>();
  private threads = defaultThreads();
  private uses = 0;

  constructor(notify: Notify) {
    this.notify = notify;
  }

  setThreads(threads: number): void {
    this.threads = threads > 0 ? threads : defaultThreads();
  }

  /** Runs `work` with the model; once more on the CPU where its device fails. */
  async using<R>(place: ModelPlace, work: (model: LoadedModel) => Promise<R>): Promise<R> {
    const device = await this.deviceFor(place.device);
    try {
      return await this.withEntry(place, device, work);
    } catch (error) {
      if (device === 'cpu' || error instanceof SingularError || (error instanceof Error && error.name === 'Paused')) throw error;
      this.failedDevices.add(device);
      const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
      this.notify('warning', `${device} failed (${reason}); the CPU is used instead.`);
      return this.withEntry(place, 'cpu', work);
    }
  }

  /**
   * Closes a model's sessions where nothing uses them just now: after a training, whose sessions are the largest of all,
   * so that the next one's peak of memory is its own.
   */
  async rest({ folder }: ModelPlace): Promise<void> {
    for (const [key, entry] of this.entries) {
      if (!key.endsWith(`:${folder}`)) continue;
      const model = await entry.model;
      if (entry.users === 0) await model.release();
    }
  }

  private async deviceFor(wish: Device | 'auto'): Promise<Device> {
    const { device, notice } = await chooseDevice(wish);
    if (notice) this.notify('warning', notice);
    return this.failedDevices.has(device) ? 'cpu' : device;
  }

  private async withEntry<R>(place: ModelPlace, device: Device, work: (model: LoadedModel) => Promise<R>): Promise<R> {
    const key = `${device}:${this.threads}:${place.folder}`;
    const { users = 0, model = this.open(place, device) } = this.entries.get(key) ?? {};
    const entry: Entry = this.entries.get(key) ?? { model, users, usedAt: 0 };
    this.entries.set(key, entry);
    entry.users++;
    entry.usedAt = ++this.uses;
    try {
      return await work(await entry.model);
    } catch (error) {
      // a model that could not be opened is tried afresh next time
      await entry.model.catch(() => this.entries.delete(key));
      throw error;
    } finally {
      entry.users--;
      await this.evict();
    }
  }

  private async evict(): Promise<void> {
    const idle = [...this.entries].filter(([, { users }]) => users === 0).sort(([, a], [, b]) => b.usedAt - a.usedAt);
    for (const [key, { model }] of idle.slice(modelsKept)) {
      this.entries.delete(key);
      await (await model).release();
    }
  }

  /** Opens a checkpoint, in single precision, with its tokenizer; its factors are opened when a z is first used. */
  private async open({ folder, cacheRoot }: ModelPlace, device: Device): Promise<LoadedModel> {
    const stored = await openCheckpoint(folder);
    const hash = await weightsHash(stored, { cacheRoot });
    const checkpoint = await fp32Copy(stored, cacheRoot);
    const tokenizer = await loadTokenizer(folder);
    return new LoadedModel({ checkpoint, tokenizer, device, threads: this.threads, factors: () => this.factors({ ...checkpoint, hash }, cacheRoot) });
  }

  private async factors(checkpoint: Awaited<ReturnType<typeof openCheckpoint>> & { hash: string }, cacheRoot: string): Promise<readonly SvdMatrix[]> {
    const opened = await openSvdCache({ checkpoint, directory: cacheRoot, hash: checkpoint.hash });
    if (opened.state === 'ready') return opened.matrices;
    return this.buildSvd({ folder: checkpoint.folder, cacheRoot, device: 'cpu' });
  }

  /** Makes the SVD cache; whoever asks meanwhile waits for the same one. */
  buildSvd(place: ModelPlace, onProgress?: (progress: SvdProgress) => void, signal?: AbortSignal): Promise<readonly SvdMatrix[]> {
    const running = this.building.get(place.folder);
    if (running) return running;
    const build = (async () => {
      const stored = await openCheckpoint(place.folder);
      const hash = await weightsHash(stored, { cacheRoot: place.cacheRoot, ...(signal && { signal }) });
      const checkpoint = await fp32Copy(stored, place.cacheRoot);
      const backend = openProducts({ threads: this.threads });
      try {
        const { matrices } = await buildSvdCache({ checkpoint, directory: place.cacheRoot, hash, backend, ...(onProgress && { onProgress }), ...(signal && { signal }) });
        return matrices;
      } finally {
        await backend.release();
      }
    })();
    const settled = build.finally(() => this.building.delete(place.folder));
    this.building.set(place.folder, settled);
    return settled;
  }
}
