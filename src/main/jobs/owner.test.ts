import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
  // the shell gives its place to a program that does not wait for children
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [printed] = await once(parent.stdout, 'data') as [Buffer];
    const pid = Number(printed.toString());
    await expect.poll(() => ownerIsAlive(`${pid}:x`, 0, 0), { timeout: 10_000 }).toBe(false);
    expect(() => process.kill(pid, 0)).not.toThrow();
  } finally {
    parent.kill();
  }
});
