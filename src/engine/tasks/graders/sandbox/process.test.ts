import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { SandboxProcess, type SandboxOptions } from './process.ts';

const script = fileURLToPath(new URL('../../testing/sandbox-child.ts', import.meta.url));
const made: SandboxProcess[] = [];
const sandbox = (options: Partial<SandboxOptions> = {}): SandboxProcess => {
  const one = new SandboxProcess({ name: 'The sandbox', script, readable: [], setup: {}, rowMs: 60_000, startMs: 120_000, heapMb: 64, rssMb: 256, ...options });
  made.push(one);
  return one;
};
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sandbox-')));
afterAll(async () => {
  await Promise.all(made.map((one) => one.dispose()));
  rmSync(folder, { recursive: true });
});

test('outcomes come in order; a process that ends behind one is replaced', async () => {
  expect(await sandbox().run(['a', 'last', 'throw', 'b'])).toEqual([{ value: 'a' }, { value: 'last' }, { value: 'Error: throw' }, { value: 'b' }]);
});

test('a process that ends behind the last row of a batch is sent no more', async () => {
  const one = sandbox();
  for (let round = 0; round < 3; round++) {
    expect(await one.run(['last'])).toEqual([{ value: 'last' }]);
    expect(await one.run([`${round}`])).toEqual([{ value: `${round}` }]);
  }
});

test('a row over its processor time costs itself', async () => {
  expect(await sandbox({ rowMs: 2000 }).run(['a', 'loop', 'b'])).toEqual([{ value: 'a' }, { failed: 'time' }, { value: 'b' }]);
});

test('a row that only waits has longer than its processor time, and ends', async () => {
  expect(await sandbox({ rowMs: 500 }).run(['wait 1000', 'wait 60000', 'b'])).toEqual([{ value: 'wait 1000' }, { failed: 'time' }, { value: 'b' }]);
});

test('a process that ended between two batches costs no row', async () => {
  const one = sandbox();
  const [{ value: pid }] = await one.run(['pid']) as [{ value: number }];
  process.kill(pid, 'SIGKILL');
  // at once: this process has not heard of it
  expect(await one.run(['b', 'c'])).toEqual([{ value: 'b' }, { value: 'c' }]);
});

test('memory outside the heap ends the process at its limit, and costs one row', async () => {
  expect(await sandbox().run(['a', 'memory', 'b'])).toEqual([{ value: 'a' }, { failed: 'died' }, { value: 'b' }]);
});

test('a process that may not read what it needs says what', async () => {
  const reads = fileURLToPath(new URL('../../../../../package-lock.json', import.meta.url));
  await expect(sandbox({ setup: { reads } }).run(['a'])).rejects.toThrow(new RegExp(`does not start here: its process ended with 1 \\(.*it was denied ${reads.replace(/[^\w/-]/g, '.')}`));
});

test('files are read through links', async () => {
  mkdirSync(join(folder, 'real'));
  copyFileSync(script, join(folder, 'real', 'read.txt'));
  symlinkSync(join(folder, 'real'), join(folder, 'link'), 'junction');
  const reads = join(folder, 'link', 'read.txt');
  expect(await sandbox({ setup: { reads }, readable: [reads] }).run(['a'])).toEqual([{ value: 'a' }]);
});

test('what a process is given is there in each that starts; where it cannot be had, the next batch asks again', async () => {
  const gift = 'long '.repeat(100_000);
  let asked = 0;
  const one = sandbox({ setup: { waits: true }, given: async () => (asked++ === 0 ? Promise.reject(new Error('not yet')) : Promise.resolve(gift)) });
  await expect(one.run(['given'])).rejects.toThrow('not yet');
  expect(await one.run(['given', 'last', 'given'])).toEqual([{ value: gift }, { value: 'last' }, { value: gift }]);
});

test('what hindered a start may be gone at the next batch', async () => {
  const reads = join(folder, 'later.txt');
  const one = sandbox({ setup: { reads }, readable: [reads] });
  await expect(one.run(['a'])).rejects.toThrow('ENOENT');
  writeFileSync(reads, '');
  expect(await one.run(['a'])).toEqual([{ value: 'a' }]);
});

test('a process that does not start with what it was given is given another at once; where that is no better, the batch says so', async () => {
  const bad: (string | undefined)[] = [];
  const given = (better: string) => (one?: string): Promise<string> => {
    bad.push(one);
    return Promise.resolve(one === undefined ? 'bad' : better);
  };
  expect(await sandbox({ setup: { waits: true, refuses: 'bad' }, given: given('better') }).run(['given'])).toEqual([{ value: 'better' }]);
  expect(bad).toEqual([undefined, 'bad']);
  await expect(sandbox({ setup: { waits: true, refuses: 'bad' }, given: given('bad') }).run(['given'])).rejects.toMatchObject({ code: 'unavailable' });
});

test('one that is closed while it waits for what it is given starts no process', async () => {
  const [asked, gift] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
  const one = sandbox({ setup: { waits: true }, given: () => { asked.resolve(); return gift.promise; } });
  const waiting = one.run(['given']);
  await asked.promise;
  const closing = one.dispose();
  gift.resolve('too late');
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  await closing;
});
