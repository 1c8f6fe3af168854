import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packageFolders } from './packages.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'packages-')));
afterAll(() => rmSync(root, { recursive: true }));
const install = (folder: string, dependencies: Record<string, string> = {}): string => {
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, 'package.json'), JSON.stringify({ dependencies }));
  return join(root, folder);
};
const link = (target: string, path: string): string => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  symlinkSync(join(root, target), join(root, path), 'junction');
  return join(root, path);
};

test('packages that lie side by side, their dependencies with them, each once', () => {
  const [a, b] = [install('flat/node_modules/a', { '@s/b': '1', absent: '1' }), install('flat/node_modules/@s/b', { a: '1' })];
  install('flat/node_modules/c');
  expect(packageFolders('a', join(root, 'flat/src/deep')).toSorted()).toEqual([b, a].toSorted());
});

test('packages behind links: by the way that they are found and by their real folders', () => {
  const a = install('store/a@1/node_modules/a', { b: '1' });
  const b = install('store/b@1/node_modules/b');
  const links = [link('store/a@1/node_modules/a', 'linked/node_modules/a'), link('store/b@1/node_modules/b', 'store/a@1/node_modules/b')];
  expect(packageFolders('a', join(root, 'linked/src')).toSorted()).toEqual([a, b, ...links].toSorted());
});

test('a package that is not there is named', () => {
  expect(() => packageFolders('none-such', root)).toThrow('the package none-such is not installed');
});
