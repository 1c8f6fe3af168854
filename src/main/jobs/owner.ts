/**
 * Several instances of the application may share one database: a window, and a command line beside it. Each job
 * names the instance that queued or runs it, so that one instance never takes over what another is doing.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A running instance says so this often; one that was silent for `silentMs` is taken for dead. */
export const heartbeatMs = 5_000;
export const silentMs = 60_000;

/** instances inside this process (tests open several; a process that ends takes them with it) */
const living = new Set<string>();

export function newOwner(): string {
  const owner = `${process.pid}:${randomUUID()}`;
  living.add(owner);
  return owner;
}

export function retireOwner(owner: string): void {
  living.delete(owner);
}

export function ownerIsAlive(owner: string, heartbeatAt: number, now: number): boolean {
  const pid = Number(owner.split(':')[0]);
  if (pid === process.pid) return living.has(owner);
  if (now - heartbeatAt > silentMs) return false; // also covers a process number that was given out again
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Killed, but its parent has not asked how it ended: it still has a number and does nothing any more. Linux alone tells. */
function isZombie(pid: number): boolean {
  try {
    // the name before the state may hold anything, also a bracket
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.startsWith('Z') ?? false;
  } catch {
    return false;
  }
}
