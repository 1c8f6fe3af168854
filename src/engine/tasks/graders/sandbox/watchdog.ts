/**
 * A thread beside code that may never come back: it kills its process when the parent is gone, when a row has long
 * been over its time (the parent, which ends such rows, may be busy), or when the process takes more memory than it
 * may: WebAssembly's limit and V8's do not count the buffers that JavaScript holds beside them.
 */
import hostProcess from 'node:process';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

/** `parent` is a process id; times in milliseconds by the clock */
export interface Watch { parent: number; rowMs: number; rssBytes: number }
interface Post extends Watch { pid: number; beganAt: BigInt64Array }

/** between two looks, and how long the parent may be late with its own end of a row */
const everyMs = 100;
const patienceMs = 10_000;

/** Starts the thread of this file; resolves when it watches. `began` and `ended` are called around every row. */
export async function startWatchdog(watch: Watch): Promise<{ began(): void; ended(): void }> {
  const beganAt = new BigInt64Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL(import.meta.url), { workerData: { ...watch, pid: hostProcess.pid, beganAt } satisfies Post, stdout: false, stderr: false });
  await new Promise((resolve, reject) => worker.once('online', resolve).once('error', reject));
  worker.unref();
  return {
    began: () => void Atomics.store(beganAt, 0, hostProcess.hrtime.bigint()),
    ended: () => void Atomics.store(beganAt, 0, 0n),
  };
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
  const { parent, rowMs, rssBytes, pid, beganAt } = workerData as Post;
  setInterval(() => {
    const began = Atomics.load(beganAt, 0);
    const late = began !== 0n && hostProcess.hrtime.bigint() - began > BigInt(rowMs + patienceMs) * 1_000_000n;
    if (hostProcess.ppid !== parent || !alive(parent) || late || hostProcess.memoryUsage.rss() > rssBytes) hostProcess.kill(pid, 'SIGKILL');
  }, everyMs);
}
