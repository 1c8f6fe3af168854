/** Models that other programs have already put into this machine's Hugging Face cache. */
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SingularError } from '../../shared/errors.ts';
import { errorCode } from './files.ts';
import { openCheckpoint, type Checkpoint } from './open.ts';
import { readTokenizerFiles } from './tokenizer-files.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CachedModel {
  /** owner/name, or name alone for the oldest models of the hub */
  hubId: string;
  /** names of branches or tags that point here, else the commit */
  revision: string;
  commit: string;
  folder: string;
  checkpoint?: Checkpoint;
  /** one sentence, where the model cannot be used here */
  unusable?: string;
}

/** Where huggingface_hub keeps downloads, by its own order of environment variables. */
export function hubCacheFolder(env: Environment, home = homedir()): string {
  const explicit = env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'];
  if (explicit) return expandHome(explicit, home);
  if (env['HF_HOME']) return join(expandHome(env['HF_HOME'], home), 'hub');
  return join(env['XDG_CACHE_HOME'] ? expandHome(env['XDG_CACHE_HOME'], home) : join(home, '.cache'), 'huggingface', 'hub');
}

const expandHome = (path: string, home: string): string => (path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path);

/**
 * Every snapshot of every model in the cache, opened or with the reason why it cannot be used. A cache that is not
 * there is an empty one. Weights are not read.
 */
export async function scanLocalCache(env: Environment, home = homedir()): Promise<CachedModel[]> {
  const root = hubCacheFolder(env, home);
  const models: CachedModel[] = [];
  for (const folder of await entries(root)) {
    if (!folder.startsWith('models--')) continue;
    const hubId = folder.slice('models--'.length).replace('--', '/');
    const names = await referenceNames(join(root, folder, 'refs'));
    const commits = await entries(join(root, folder, 'snapshots'));
    if (commits.length === 0) {
      models.push({ hubId, revision: 'main', commit: '', folder: join(root, folder), unusable: `${join(root, folder)} has no downloaded revision.` });
    }
    for (const commit of commits) {
      const snapshot = join(root, folder, 'snapshots', commit);
      const revision = (names.get(commit) ?? []).join(', ') || commit;
      models.push({ hubId, revision, commit, folder: snapshot, ...(await openOrReason(snapshot)) });
    }
  }
  return models;
}

async function openOrReason(folder: string): Promise<Pick<CachedModel, 'checkpoint' | 'unusable'>> {
  try {
    const checkpoint = await openCheckpoint(folder);
    await readTokenizerFiles(folder);
    return { checkpoint };
  } catch (error) {
    if (error instanceof SingularError) return { unusable: error.message };
    throw error;
  }
}

/** Branch and tag names by commit. */
async function referenceNames(folder: string): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const commit = (await readFile(file, 'utf8')).trim();
    names.set(commit, [...(names.get(commit) ?? []), file.slice(folder.length + 1).replaceAll('\\', '/')]);
  }
  return names;
}

async function entries(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error) ?? '')) return [];
    throw error;
  }
}
