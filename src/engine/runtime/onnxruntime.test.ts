import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';

let home: string;
beforeEach(() => { home = mkdtempSync(join(tmpdir(), 'singular-home-')); });
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** In a process of its own, in which nothing says that tests or a CI run, since ONNX Runtime then keeps still by itself. */
const inFreshProcess = (script: string) => execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
  cwd: import.meta.dirname,
  encoding: 'utf8',
  env: { PATH: process.env['PATH'], HOME: home, USERPROFILE: home, TMPDIR: home, SystemRoot: process.env['SystemRoot'] },
});

test('computing leaves no identifier and no events of ONNX Runtime on the machine, let alone anywhere else', () => {
  const product = inFreshProcess(`
    import { openProducts } from './products.ts';
    const backend = openProducts({ threads: 1 });
    const { data } = await backend.product({ data: Float64Array.of(2, 3), rows: 1, columns: 2 }, { data: Float64Array.of(5, 7), rows: 2, columns: 1 });
    await backend.release();
    console.log(data.join());
  `);
  expect(product.trim()).toBe('31');
  expect(readdirSync(home, { recursive: true })).toEqual([]);
});
