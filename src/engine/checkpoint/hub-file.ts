/** One file from the hub: resumed from the bytes already here, retried when the line is cut, checked at the end. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { downloadFile, HubApiError, type ListFileEntry } from '@huggingface/hub';
import { SingularError } from '../../shared/errors.ts';
import { errorCode, writeFully } from './files.ts';

export interface HubFile {
  hubId: string;
  commit: string;
  endpoint: string;
  token?: string;
  entry: ListFileEntry;
  /** the whole file's place; bytes gather in `<target>.part` */
  target: string;
  fetch: typeof fetch;
  signal?: AbortSignal;
  /** bytes of this file that are here, those of earlier attempts included */
  onProgress: (doneBytes: number) => void;
}

/** Attempts in a row that may end without a single new byte. */
const fruitlessAttempts = 3;
const retryAfterMs = 250;

export async function downloadHubFile(file: HubFile): Promise<void> {
  const { entry, target } = file;
  if (await stat(target).then((found) => found.size === entry.size, () => false)) {
    file.onProgress(entry.size);
    return;
  }
  const part = `${target}.part`;
  let fruitless = 0;
  for (;;) {
    const before = await sizeOf(part);
    if (before > entry.size) await rm(part, { force: true });
    else if (before === entry.size && (before > 0 || fruitless > 0)) break;
    try {
      await appendRest(file, part, Math.min(before, entry.size));
      if ((await sizeOf(part)) === entry.size) break;
    } catch (error) {
      if (!isCut(error) || file.signal?.aborted) throw error;
    }
    const after = await sizeOf(part);
    fruitless = after > before ? 0 : fruitless + 1;
    if (fruitless >= fruitlessAttempts) {
      throw new SingularError('unavailable', `The connection to ${file.endpoint} broke at byte ${after} of ${entry.path}; the download can go on from there.`);
    }
    // A hub under load is not helped by asking again at once.
    if (fruitless > 0) await delay(retryAfterMs * fruitless, undefined, file.signal ? { signal: file.signal } : {});
  }
  await checkDigest(file, part);
  await rename(part, target);
  file.onProgress(entry.size);
}

/** Fetches the bytes from `start` on and appends them as they come. */
async function appendRest(file: HubFile, part: string, start: number): Promise<void> {
  const { entry } = file;
  const watched = watchedFetch(file);
  try {
    const blob = await downloadFile({
      repo: file.hubId, path: entry.path, revision: file.commit, hubUrl: file.endpoint, xet: false, fetch: watched.fetch,
      ...(file.token ? { accessToken: file.token } : {}),
    });
    if (!blob) throw new SingularError('not-found', `${file.endpoint} lists ${entry.path} for ${file.hubId} but does not have it.`);
    if (blob.size !== entry.size) throw new SingularError('unavailable', `${file.endpoint} gives two sizes for ${entry.path} of ${file.hubId}: ${entry.size} and ${blob.size} bytes.`);
    const handle = await open(part, 'a');
    try {
      if (entry.size === 0) return;
      let done = start;
      for await (const piece of blob.slice(start, entry.size).stream() as unknown as AsyncIterable<Uint8Array>) {
        file.signal?.throwIfAborted();
        await writeFully(handle, piece);
        done += piece.byteLength;
        file.onProgress(done);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    // The library's streams pass on only the message of what ended them.
    throw watched.refusal() ?? error;
  }
}

/** The given fetch, remembering why an answer could not be used. */
function watchedFetch(file: HubFile): { fetch: typeof fetch; refusal: () => SingularError | undefined } {
  let refusal: SingularError | undefined;
  const watched: typeof fetch = async (input, init) => {
    const response = await file.fetch(input, init);
    const range = /^bytes=(\d+)-/.exec(new Headers(init?.headers).get('Range') ?? '');
    if (range && Number(range[1]) > 0 && response.status === 200) {
      // The file's beginning would be appended to its middle.
      await response.body?.cancel();
      refusal = new SingularError('unavailable', `${file.endpoint} cannot send part of a file, so the download of ${file.entry.path} cannot go on there.`);
      throw refusal;
    }
    if (response.status >= 400 && response.status < 500) {
      refusal = new SingularError('unavailable', `${file.endpoint} answered with status ${response.status} for ${file.entry.path} of ${file.hubId}.`);
    }
    return response;
  };
  return { fetch: watched, refusal: () => refusal };
}

/** A broken line, in the forms that fetch, the library's streams and a server under load give it. */
function isCut(error: unknown): boolean {
  if (error instanceof SingularError) return false;
  if (error instanceof HubApiError) return error.statusCode >= 500;
  const code = errorCode(error);
  if (code) return ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNREFUSED', 'UND_ERR_SOCKET', 'UND_ERR_BODY_TIMEOUT'].includes(code);
  return error instanceof TypeError || typeof error === 'string';
}

/** Large files carry their SHA-256 in the listing, small ones git's SHA-1 of "blob <size>\0" and the content. */
async function checkDigest({ entry, hubId }: HubFile, part: string): Promise<void> {
  const expected = entry.lfs?.oid ?? entry.oid;
  if (!expected) return;
  let hash: Hash;
  if (entry.lfs) hash = createHash('sha256');
  else hash = createHash(expected.length === 64 ? 'sha256' : 'sha1').update(`blob ${entry.size}\0`);
  for await (const piece of createReadStream(part) as AsyncIterable<Buffer>) hash.update(piece);
  if (hash.digest('hex') === expected) return;
  await rm(part, { force: true });
  throw new SingularError('unavailable', `${basename(part, '.part')} of ${hubId} arrived damaged (its digest is not the hub's); it will be fetched again.`);
}

const sizeOf = (path: string): Promise<number> => stat(path).then((found) => found.size, () => 0);
