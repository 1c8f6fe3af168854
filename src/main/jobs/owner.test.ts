import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { newOwner, ownerIsAlive, retireOwner, silentMs } from './owner.ts';

test('an instance lives until it is retired, is silent for long, or its process is gone', () => {
  const owner = newOwner();
  expect(ownerIsAlive(owner, 0, 0)).toBe(true);
  retireOwner(owner);
  expect(ownerIsAlive(owner, 0, 0)).toBe(false);
  expect(ownerIsAlive(`${process.ppid}:x`, 0, 0)).toBe(true);
  expect(ownerIsAlive(`${process.ppid}:x`, 0, silentMs + 1)).toBe(false);
});

test.runIf(process.platform === 'linux')('one that was killed and that nobody has asked about yet holds nothing back', async () => {
  // the shell gives its place to a program that does not wait for children; before it has, it would wait for one itself
  const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [printed] = await once(parent.stdout, 'data') as [Buffer];
  const pid = Number(printed.toString());
  try {
    await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
    expect(ownerIsAlive(`${pid}:x`, 0, 0)).toBe(true);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => ownerIsAlive(`${pid}:x`, 0, 0)).toBe(false);
    expect(() => process.kill(pid, 0)).not.toThrow();
  } finally {
    process.kill(pid, 'SIGKILL');
    parent.kill();
  }
});
