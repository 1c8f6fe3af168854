/**
 * The SVD cache of a model: a folder named by the hash of the model's weights, with one file per matrix. A file takes
 * its name only when it is whole and on disk, so a build that is killed keeps what it finished and goes on from there.
 *
 * A file is believed after its checksum and a probabilistic check against the weights; that is remembered, with the
 * file's size and time, so that the next opening reads headers only.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { SingularError } from '../../shared/errors.ts';
import type { MatrixShape } from '../../shared/matrices.ts';
import { errorCode, readJsonFile, writeAtomically, writeFully } from '../checkpoint/files.ts';
import type { Checkpoint } from '../checkpoint/open.ts';
import { readTensorF32 } from '../checkpoint/safetensors.ts';
import { weightsHash } from '../checkpoint/weights-hash.ts';
import type { MatrixBackend } from '../runtime/products.ts';
import { cacheFileName, matrixOf, openCacheFile, readCacheFile, writeCacheFile, type CachedMatrix, type SvdMatrix } from './cache-file.ts';
import { decompose } from './decompose.ts';
import { isSound, residuals } from './verify.ts';

export type { SvdMatrix } from './cache-file.ts';

export interface SvdCacheRequest {
  checkpoint: Pick<Checkpoint, 'folder' | 'tensors' | 'matrices'>;
  /** root of all caches; this one lies in `<directory>/svd/<weights hash>` */
  directory: string;
  /** where the caller knows it already; otherwise it is computed and remembered under `directory` */
  hash?: string;
  signal?: AbortSignal;
}

export interface SvdProgress { done: number; total: number; name: string; secondsLeft: number }

export interface SvdState {
  state: 'none' | 'ready' | 'damaged';
  done: number;
  total: number;
  sizeBytes: number;
  folder: string;
  /** one sentence on the first file that cannot be used */
  damage?: string;
}

export interface SvdCache extends SvdState {
  /** all matrices in the house order when `ready`, otherwise empty */
  matrices: SvdMatrix[];
}

type Found = { shape: MatrixShape; file: string } & ({ state: 'ready'; cached: CachedMatrix } | { state: 'none' } | { state: 'damaged'; reason: string });

const verifiedSchema = z.record(z.string(), z.object({ size: z.number(), mtimeMs: z.number() }));
type Verified = z.infer<typeof verifiedSchema>;

const checkSeed = 20_250_106;

export async function svdFolder({ checkpoint, directory, hash, signal }: SvdCacheRequest): Promise<{ folder: string; hash: string }> {
  const known = hash ?? (await weightsHash(checkpoint, { cacheRoot: directory, ...(signal ? { signal } : {}) }));
  return { folder: join(directory, 'svd', known), hash: known };
}

/** What is there, verified as far as it is not remembered as such. */
export async function svdState(request: SvdCacheRequest): Promise<SvdState> {
  const { folder, hash } = await svdFolder(request);
  return summarise(await findAll(request, folder, hash), folder);
}

/** The cache, for graphs to refer to. @param request.full reads and checks every number again, remembered or not */
export async function openSvdCache(request: SvdCacheRequest & { full?: boolean }): Promise<SvdCache> {
  const { folder, hash } = await svdFolder(request);
  const found = await findAll(request, folder, hash, request.full);
  const state = summarise(found, folder);
  if (state.state !== 'ready') return { ...state, matrices: [] };
  const matrices: SvdMatrix[] = [];
  for (const entry of found) if (entry.state === 'ready') matrices.push(await matrixOf(entry.shape, entry.cached));
  return { ...state, matrices };
}

/**
 * Makes what is missing or damaged, one matrix after the other.
 * @throws SingularError `cancelled` between two matrices once `signal` is aborted; finished ones are kept
 */
export async function buildSvdCache(
  request: SvdCacheRequest & { backend: MatrixBackend; onProgress?: (progress: SvdProgress) => void; now?: () => number },
): Promise<SvdCache> {
  const { checkpoint, backend, onProgress, signal, now = () => performance.now() } = request;
  refuseWhenCancelled(signal);
  const { folder, hash } = await svdFolder(request);
  await removeLeftovers(folder);
  const found = await findAll(request, folder, hash);
  const missing = found.filter(({ state }) => state !== 'ready');
  const total = found.length;
  const work = missing.reduce((sum, { shape }) => sum + workOf(shape), 0);
  const begin = now();
  let workDone = 0;
  for (const [index, { shape, file }] of missing.entries()) {
    refuseWhenCancelled(signal);
    const secondsLeft = workDone === 0 ? work / assumedRate : (((now() - begin) / 1000) * (work - workDone)) / workDone;
    onProgress?.({ done: total - missing.length + index, total, name: shape.name, secondsLeft });
    await buildMatrix(checkpoint, shape, file, hash, backend);
    workDone += workOf(shape);
  }
  if (missing.length > 0) {
    await remember(folder, found.map(({ file }) => file));
    onProgress?.({ done: total, total, name: missing[missing.length - 1].shape.name, secondsLeft: 0 });
  }
  return openSvdCache({ ...request, hash });
}

async function buildMatrix(checkpoint: SvdCacheRequest['checkpoint'], shape: MatrixShape, file: string, hash: string, backend: MatrixBackend): Promise<void> {
  const weight = await readWeight(checkpoint, shape);
  const svd = await decompose(weight, shape.rows, shape.columns, backend).catch((error: unknown) => {
    if (error instanceof SingularError) throw new SingularError(error.code, `${checkpoint.folder}: “${shape.name}”: ${error.message}`, { cause: error });
    throw error;
  });
  const quality = residuals(weight, shape.rows, shape.columns, svd, checkSeed);
  if (!isSound(quality)) throw new Error(`the SVD of ${shape.name} failed its check: ${JSON.stringify(quality)}`);
  await writeCacheFile(file, shape, hash, svd);
}

async function readWeight(checkpoint: SvdCacheRequest['checkpoint'], shape: MatrixShape): Promise<Float32Array> {
  const place = checkpoint.tensors.get(shape.name);
  if (!place) throw new SingularError('bad-input', `${checkpoint.folder} lacks tensor “${shape.name}”.`);
  return readTensorF32(place);
}

/** Two thirds of the cost is n³ work on the short side, the rest products with the long side. */
const workOf = ({ rows, columns, rank }: MatrixShape): number => 20 * rank ** 3 + 4 * rows * columns * rank;
/** work units a second, until the first matrix says better */
const assumedRate = 6e10;

async function findAll(request: SvdCacheRequest, folder: string, hash: string, full = false): Promise<Found[]> {
  const verified = full ? {} : await readVerified(folder);
  const found: Found[] = [];
  const fresh: string[] = [];
  for (const shape of request.checkpoint.matrices) {
    refuseWhenCancelled(request.signal);
    const file = join(folder, cacheFileName(shape));
    try {
      const cached = await openCacheFile(file, shape, hash);
      if (!(await isRemembered(file, verified))) {
        const svd = await readCacheFile(file, cached);
        if (!isSound(residuals(await readWeight(request.checkpoint, shape), shape.rows, shape.columns, svd, checkSeed))) {
          throw new SingularError('bad-input', `${file} does not hold the SVD of “${shape.name}”.`);
        }
        fresh.push(file);
      }
      found.push({ shape, file, state: 'ready', cached });
    } catch (error) {
      if (!(error instanceof SingularError)) throw error;
      found.push(error.code === 'not-found' ? { shape, file, state: 'none' } : { shape, file, state: 'damaged', reason: error.message });
    }
  }
  if (fresh.length > 0) await remember(folder, fresh, verified);
  return found;
}

function summarise(found: readonly Found[], folder: string): SvdState {
  const ready = found.filter((entry) => entry.state === 'ready');
  const damaged = found.find((entry) => entry.state === 'damaged');
  return {
    state: damaged ? 'damaged' : ready.length === found.length ? 'ready' : 'none',
    done: ready.length,
    total: found.length,
    sizeBytes: ready.reduce((sum, { cached }) => sum + cached.sizeBytes, 0),
    folder,
    ...(damaged ? { damage: damaged.reason } : {}),
  };
}

const verifiedFile = (folder: string): string => join(folder, 'verified.json');

async function readVerified(folder: string): Promise<Verified> {
  const parsed = verifiedSchema.safeParse(await readJsonFile(verifiedFile(folder), { optional: true }).catch(() => undefined));
  return parsed.success ? parsed.data : {};
}

async function isRemembered(file: string, verified: Verified): Promise<boolean> {
  const entry = verified[basename(file)];
  if (!entry) return false;
  const { size, mtimeMs } = await stat(file);
  return entry.size === size && entry.mtimeMs === mtimeMs;
}

async function remember(folder: string, files: readonly string[], verified: Verified = {}): Promise<void> {
  const entries: Verified = { ...verified };
  for (const file of files) {
    const { size, mtimeMs } = await stat(file);
    entries[basename(file)] = { size, mtimeMs };
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  await writeAtomically(verifiedFile(folder), (handle) => writeFully(handle, json));
}

/** Half-written files of a build that was killed. Only old ones: a build elsewhere may be writing. */
async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  for (const name of names.filter((candidate) => candidate.endsWith('.part'))) {
    const file = join(folder, name);
    const information = await stat(file).catch(() => undefined);
    if (information && Date.now() - information.mtimeMs > 3_600_000) await rm(file, { force: true });
  }
}

function refuseWhenCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SingularError('cancelled', 'The SVD was stopped; finished matrices are kept.');
}
