/**
 * A thread beside code that may never come back: it kills its process when a row has had its time, when the parent is
 * gone, or when the process takes more memory than it may: WebAssembly's limit and V8's do not count the buffers that
 * JavaScript holds beside them. A row's time is processor time, so that a busy machine fails no answer; by the clock
 * it has so much that only one who waits for ever runs out of it.
 */
import { writeSync } from 'node:fs';
import hostProcess from 'node:process';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

/**
 * `parent` is a process id; `rowMs` is processor time, `waitMs` time by the clock, both in milliseconds and of one row;
 * `overTime` is what the process says last, on its standard error, where a row ended it by its time
 */
export interface Watch { parent: number; rowMs: number; waitMs: number; rssBytes: number; overTime: string }
/** `began`: nanoseconds by the clock, 0 between rows; and microseconds of processor time */
interface Post extends Watch { pid: number; began: BigInt64Array }

const everyMs = 100;
/** In place of a row's begin: the watchdog ends the process for it. */
const taken = -1n;

/** Starts the thread of this file; resolves when it watches. `began` and `ended` are called around every row. */
export async function startWatchdog(watch: Watch): Promise<{ began(): void; ended(): void }> {
  const began = new BigInt64Array(new SharedArrayBuffer(16));
  const worker = new Worker(new URL(import.meta.url), { workerData: { ...watch, pid: hostProcess.pid, began } satisfies Post, stdout: false, stderr: false });
  await new Promise((resolve, reject) => worker.once('online', resolve).once('error', reject));
  worker.unref();
  return {
    began: () => {
      Atomics.store(began, 1, usedMicroseconds());
      Atomics.store(began, 0, hostProcess.hrtime.bigint());
    },
    ended: () => {
      // the watchdog has taken this row: nothing more may begin before its end comes
      if (Atomics.exchange(began, 0, 0n) === taken) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    },
  };
}

/** Processor time of the whole process. */
function usedMicroseconds(): bigint {
  const { user, system } = hostProcess.cpuUsage();
  return BigInt(user + system);
}

function alive(pid: number): boolean {
  try {
    hostProcess.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

if (!isMainThread) {
  const { parent, rowMs, waitMs, rssBytes, overTime, pid, began } = workerData as Post;
  const isOverTime = (): boolean => {
    const since = Atomics.load(began, 0);
    const used = usedMicroseconds() - Atomics.load(began, 1);
    if (since === 0n || (used <= BigInt(rowMs) * 1000n && hostProcess.hrtime.bigint() - since <= BigInt(waitMs) * 1_000_000n)) return false;
    return Atomics.compareExchange(began, 0, since, taken) === since; // or it has ended meanwhile
  };
  const end = (): void => void hostProcess.kill(pid, 'SIGKILL');
  setInterval(() => {
    if (hostProcess.ppid !== parent || !alive(parent) || hostProcess.memoryUsage.rss() > rssBytes) end();
    else if (isOverTime()) {
      try {
        writeSync(2, `${overTime}\n`);
      } finally {
        end();
      }
    }
  }, everyMs);
}
