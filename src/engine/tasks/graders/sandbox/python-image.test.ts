import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { zstdDecompressSync } from 'node:zlib';
import { keptImage } from './python-image.ts';

const folder = join(mkdtempSync(join(tmpdir(), 'singular-image-')), 'kept');
afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }));
const only = (): string => {
  const files = readdirSync(folder);
  expect(files).toHaveLength(1);
  return join(folder, files[0]);
};

test('an image is made once, is Python’s memory, and is read from then on', async () => {
  const made = await keptImage(folder);
  expect(zstdDecompressSync(made).length).toBeGreaterThan(16 * 1024 * 1024);
  const { ino, mtimeMs } = statSync(only());
  expect((await keptImage(folder)).equals(made)).toBe(true);
  expect(statSync(only())).toMatchObject({ ino, mtimeMs });
});

test('one that is not whole, or not as it was written, is made again', async () => {
  const whole = readFileSync(only()).length;
  truncateSync(only(), 1000);
  await keptImage(folder);
  expect(Math.abs(statSync(only()).size - whole)).toBeLessThan(whole / 10);
  const bytes = readFileSync(only());
  bytes[5000] ^= 1;
  writeFileSync(only(), bytes);
  await keptImage(folder);
  expect(readFileSync(only()).equals(bytes)).toBe(false);
});

test('where nothing can be written it is made all the same', async () => {
  expect((await keptImage(join(only(), 'below a file'))).length).toBeGreaterThan(1_000_000);
});
