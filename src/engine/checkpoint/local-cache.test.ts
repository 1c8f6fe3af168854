import { mkdir, symlink, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hubCacheFolder, scanLocalCache } from './local-cache.ts';
import { openCheckpoint } from './open.ts';
import { withFolder, writeCheckpoint } from './testing.ts';

test('the cache lies where huggingface_hub looks for it', () => {
  expect(hubCacheFolder({}, '/home/a')).toBe(join('/home/a', '.cache', 'huggingface', 'hub'));
  expect(hubCacheFolder({ XDG_CACHE_HOME: '/x' }, '/home/a')).toBe(join('/x', 'huggingface', 'hub'));
  expect(hubCacheFolder({ HF_HOME: '~/hf', XDG_CACHE_HOME: '/x' }, '/home/a')).toBe(join('/home/a', 'hf', 'hub'));
  expect(hubCacheFolder({ HF_HUB_CACHE: '/h', HF_HOME: '/f' }, '/home/a')).toBe('/h');
});

test('snapshots are found, usable or with the reason', async () => {
  await withFolder(async (root) => {
    const env = { HF_HUB_CACHE: root };
    expect(await scanLocalCache({ HF_HUB_CACHE: join(root, 'nowhere') })).toEqual([]);
    const snapshot = async (repository: string, commit: string): Promise<string> => {
      const folder = join(root, repository, 'snapshots', commit);
      await mkdir(folder, { recursive: true });
      return folder;
    };
    const good = await snapshot('models--someone--tiny-model', 'c1');
    await writeCheckpoint(good);
    await writeFile(join(good, 'tokenizer.json'), JSON.stringify({ model: { type: 'BPE', vocab: {}, merges: [] } }));
    // As the hub's own client leaves it: blobs elsewhere, links in the snapshot.
    await mkdir(join(root, 'models--someone--tiny-model', 'blobs'));
    await rename(join(good, 'model.safetensors'), join(root, 'models--someone--tiny-model', 'blobs', 'abc'));
    await symlink('../../blobs/abc', join(good, 'model.safetensors'));
    await mkdir(join(root, 'models--someone--tiny-model', 'refs', 'pr'), { recursive: true });
    await writeFile(join(root, 'models--someone--tiny-model', 'refs', 'main'), 'c1\n');
    await writeFile(join(root, 'models--someone--tiny-model', 'refs', 'pr', '3'), 'c1');
    await writeCheckpoint(await snapshot('models--old', 'c2'));
    await writeFile(join(await snapshot('models--a--bert', 'c3'), 'config.json'), '{"model_type":"bert"}');
    await mkdir(join(root, 'models--a--started'), { recursive: true });
    await snapshot('datasets--a--b', 'c4');

    const found = await scanLocalCache(env);
    expect(found.map(({ hubId, revision, unusable }) => ({ hubId, revision, unusable }))).toEqual([
      { hubId: 'a/bert', revision: 'c3', unusable: expect.stringContaining('“bert”') as string },
      { hubId: 'a/started', revision: 'main', unusable: expect.stringContaining('no downloaded revision') as string },
      { hubId: 'old', revision: 'c2', unusable: expect.stringContaining('no tokenizer.json') as string },
      { hubId: 'someone/tiny-model', revision: 'main, pr/3', unusable: undefined },
    ]);
    // Graphs refer to weights by the folder they really lie in.
    expect((await openCheckpoint(good)).tensors.get('model.norm.weight')?.file).toBe(join(root, 'models--someone--tiny-model', 'blobs', 'abc'));
  });
});
