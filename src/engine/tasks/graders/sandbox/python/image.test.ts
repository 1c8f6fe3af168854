import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { zstdDecompressSync } from 'node:zlib';
import { keptImage } from './image.ts';

let folder: string;
beforeEach(() => { folder = join(mkdtempSync(join(tmpdir(), 'singular-image-')), 'kept'); });
afterEach(() => rmSync(dirname(folder), { recursive: true, force: true }));
const only = (): string => {
  const files = readdirSync(folder);
  expect(files).toHaveLength(1);
  return join(folder, files[0]);
};

test('an image is made once, is Python’s memory, and is read from then on; two that make it at once leave one', async () => {
  const [made] = await Promise.all([keptImage(folder), keptImage(folder)]);
  expect(zstdDecompressSync(made).length).toBeGreaterThan(16 * 1024 * 1024);
  const { ino, mtimeMs } = statSync(only());
  await keptImage(folder);
  expect(statSync(only())).toMatchObject({ ino, mtimeMs });
});

test('one that is not as it was written, or is no good, is made again', async () => {
  const whole = await keptImage(folder);
  const bytes = readFileSync(only());
  bytes[5000] ^= 1;
  writeFileSync(only(), bytes);
  expect((await keptImage(folder)).length).toBeGreaterThan(whole.length / 2);
  expect(readFileSync(only()).equals(bytes)).toBe(false);
  const { ino } = statSync(only());
  await keptImage(folder, 'another');
  expect(statSync(only()).ino).toBe(ino);
  await keptImage(folder, (await keptImage(folder)).toString('base64'));
  expect(statSync(only()).ino).not.toBe(ino);
});

test('former images go when they are old, and where nothing can be written it is made all the same', async () => {
  mkdirSync(folder);
  for (const [name, days] of [['python-old.image', 2], ['python-recent.image', 0.5]] as const) {
    writeFileSync(join(folder, name), '');
    const at = Date.now() / 1000 - days * 86_400;
    utimesSync(join(folder, name), at, at);
  }
  await keptImage(folder);
  expect(readdirSync(folder).filter((name) => !/^python-[0-9a-f]{16}\.image$/.test(name))).toEqual(['python-recent.image']);
  expect((await keptImage(join(folder, 'python-recent.image', 'below a file'))).length).toBeGreaterThan(1_000_000);
});
