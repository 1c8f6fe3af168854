/**
 * Downloads of models by hub id, through @huggingface/hub. Only files that are used here are fetched, pinned to the
 * commit that the revision names when the download starts. Bytes already here are kept: a cut connection, a
 * cancelled job or a restart goes on where it stopped, and every file is checked against the hub's digest.
 */
import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HubApiError, listFiles, modelInfo, type ListFileEntry } from '@huggingface/hub';
import { SingularError } from '../../shared/errors.ts';
import { readConfig } from './config.ts';
import { errorCode, fileError } from './files.ts';
import { downloadHubFile } from './hub-file.ts';
import { openCheckpoint } from './open.ts';
import { loadTokenizer } from './tokenizer.ts';

export interface HubDownload {
  /** owner/name */
  hubId: string;
  /** branch, tag or commit */
  revision: string;
  /** HF_ENDPOINT, or https://huggingface.co */
  endpoint: string;
  /** HF_TOKEN; without it only open models can be had */
  token?: string;
  /** the model comes to `targetRoot/<owner>--<name>/<commit>` */
  targetRoot: string;
  onProgress?: (progress: { doneBytes: number; totalBytes: number; file: string }) => void;
  signal?: AbortSignal;
  /** bytes that may still be written below a folder; the file system's answer by default */
  freeBytes?: (folder: string) => Promise<number>;
}

const smallFiles = new Set([
  'config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'tokenizer.model',
  'special_tokens_map.json', 'added_tokens.json', 'chat_template.jinja', 'chat_template.json',
]);
const singleWeights = 'model.safetensors';
const weightsIndex = 'model.safetensors.index.json';
const shard = /^model-\d+-of-\d+\.safetensors$/;

/** Which of a repository's files are fetched, configuration first, so that a model for elsewhere costs no gigabytes. */
export function neededFiles<F extends { path: string }>(files: readonly F[]): F[] {
  const single = files.some((file) => file.path === singleWeights);
  const isWeights = (path: string): boolean => (single ? path === singleWeights : path === weightsIndex || shard.test(path));
  return [...files.filter((file) => smallFiles.has(file.path)), ...files.filter((file) => isWeights(file.path))];
}

/**
 * @returns the folder of the downloaded and checked model
 * @throws SingularError `unavailable` (offline, token needed, cut off), `not-found`, `disk-full`, `cancelled`,
 *   or `bad-input` where the model cannot be used here
 */
export async function downloadModel(download: HubDownload): Promise<{ folder: string; commit: string }> {
  const [owner, name, ...more] = download.hubId.split('/');
  // A name goes into a path, so one made of dots alone must not lead upwards.
  const isName = (part: string | undefined): part is string => part !== undefined && /^[\w.-]+$/.test(part) && !/^\.+$/.test(part);
  if (!isName(owner) || !isName(name) || more.length > 0) throw new SingularError('bad-input', `“${download.hubId}” is not a hub id; one looks like owner/name.`);
  const endpoint = checkedEndpoint(download.endpoint);
  try {
    const request = { hubUrl: endpoint, ...(download.token ? { accessToken: download.token } : {}), fetch: withSignal(download.signal) };
    const commit = (await modelInfo({ name: download.hubId, revision: download.revision, additionalFields: ['sha'], ...request })).sha;
    if (!/^[0-9a-f]{7,64}$/.test(commit ?? '')) throw new SingularError('unavailable', `${endpoint} did not name a commit for ${download.hubId}, so it does not speak the hub's interface.`);
    const folder = join(download.targetRoot, `${owner}--${name}`, commit);
    if (await isFolder(folder)) return { folder, commit };

    const all: ListFileEntry[] = [];
    for await (const file of listFiles({ repo: download.hubId, revision: commit, ...request })) if (file.type === 'file') all.push(file);
    const files = neededFiles(all);
    if (!files.some((file) => file.path.endsWith('.safetensors'))) throw new SingularError('bad-input', `${download.hubId} has no safetensors weights, the only kind that is read here.`);
    if (!files.some((file) => file.path === 'config.json')) throw new SingularError('bad-input', `${download.hubId} has no config.json.`);

    const partial = `${folder}.partial`;
    await fetchAll({ ...download, endpoint, files, partial, commit });
    // Nothing takes the model's place before it has been opened whole.
    await openCheckpoint(partial);
    await loadTokenizer(partial);
    await rename(partial, folder);
    return { folder, commit };
  } catch (error) {
    throw hubError(error, { ...download, endpoint });
  }
}

/** Removes what an unfinished download of this model left behind. */
export async function discardPartialDownloads(targetRoot: string, hubId: string): Promise<void> {
  const folder = join(targetRoot, hubId.replace('/', '--'));
  for (const entry of await readdir(folder).catch(() => [])) {
    if (entry.endsWith('.partial')) await rm(join(folder, entry), { recursive: true, force: true });
  }
}

interface FetchAll extends HubDownload { files: readonly ListFileEntry[]; partial: string; commit: string }

async function fetchAll({ files, partial, commit, ...download }: FetchAll): Promise<void> {
  await mkdir(partial, { recursive: true });
  const totalBytes = files.reduce((sum, file) => sum + file.size, 0);
  const present = await Promise.all(files.map((file) => presentBytes(join(partial, file.path))));
  const missing = totalBytes - present.reduce((sum, bytes) => sum + bytes, 0);
  const free = await (download.freeBytes ?? freeBytesOf)(partial);
  if (free < missing) throw new SingularError('disk-full', `${download.hubId} needs ${megabytes(missing)} more on the disk of ${dirname(partial)}, which has ${megabytes(free)} free.`);

  let doneBefore = 0;
  for (const file of files) {
    await downloadHubFile({
      hubId: download.hubId, commit, endpoint: download.endpoint, entry: file, target: join(partial, file.path),
      fetch: withSignal(download.signal),
      ...(download.token ? { token: download.token } : {}),
      ...(download.signal ? { signal: download.signal } : {}),
      onProgress: (bytes) => download.onProgress?.({ doneBytes: doneBefore + bytes, totalBytes, file: file.path }),
    });
    doneBefore += file.size;
    // Refused before the weights are fetched: an architecture that is not known here.
    if (file.path === 'config.json') await readConfig(partial);
  }
}

async function presentBytes(target: string): Promise<number> {
  for (const path of [target, `${target}.part`]) {
    const found = await stat(path).catch(() => undefined);
    if (found) return found.size;
  }
  return 0;
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

const megabytes = (bytes: number): string => (bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);

const isFolder = (path: string): Promise<boolean> => stat(path).then((found) => found.isDirectory(), () => false);

function checkedEndpoint(endpoint: string): string {
  const url = URL.parse(endpoint || 'https://huggingface.co');
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw new SingularError('bad-input', `“${endpoint}” is not the address of a hub; HF_ENDPOINT should begin with https://.`);
  return url.href.replace(/\/+$/, '');
}

const withSignal = (signal: AbortSignal | undefined): typeof fetch => (input, init) => fetch(input, signal ? { ...init, signal } : init);

/** One sentence for what went wrong between here and the hub. */
function hubError(error: unknown, { hubId, revision, endpoint, signal }: HubDownload): unknown {
  if (signal?.aborted) return new SingularError('cancelled', `The download of ${hubId} was stopped; it can go on from where it is.`, { cause: error });
  if (error instanceof SingularError) return error;
  if (error instanceof HubApiError) {
    switch (error.statusCode) {
      case 401:
        return new SingularError('unavailable', `${endpoint} gives ${hubId} to nobody without a token: it does not exist, is private or is gated; a token is read from HF_TOKEN.`, { cause: error });
      case 403:
        return new SingularError('unavailable', `${hubId} is gated: accept its terms on ${endpoint}/${hubId} with the account whose token is in HF_TOKEN.`, { cause: error });
      case 404:
        return new SingularError('not-found', `${endpoint} has no model ${hubId} with revision “${revision}”.`, { cause: error });
      case 429:
        return new SingularError('unavailable', `${endpoint} asks to wait before more is downloaded; try again in a few minutes.`, { cause: error });
      default:
        return new SingularError('unavailable', `${endpoint} answered with status ${error.statusCode} for ${hubId}.`, { cause: error });
    }
  }
  if (errorCode(error)) return fileError(error, hubId);
  // fetch reports every network failure as a TypeError.
  if (error instanceof TypeError) return new SingularError('unavailable', `The hub at ${endpoint} cannot be reached from this machine.`, { cause: error });
  return error;
}
