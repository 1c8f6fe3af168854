/**
 * Parquet files. A damaged page can make the decoder loop over two thousand million values that are not there, and
 * nothing inside its thread could stop it: so it decodes in a thread of its own, with bounded memory, that is ended
 * when a batch takes too long.
 */
import { Worker } from 'node:worker_threads';
import { fromErrorDto } from '../../../shared/errors.ts';
import type { ParquetReply } from './parquet-worker.ts';
import { openFile, refuse, throwIfAborted, type RawRow } from './source.ts';

/** longest time for one batch of rows, memory of the decoder's heap */
export const parquetLimits = { batchMs: 30_000, heapMb: 1024 };

export async function* readParquet(path: string, signal?: AbortSignal): AsyncGenerator<RawRow[]> {
  await (await openFile(path)).handle.close();
  const worker = new Worker(new URL('./parquet-worker.ts', import.meta.url), {
    workerData: { path }, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: parquetLimits.heapMb },
  });
  worker.unref();
  let row = 0;
  try {
    for (;;) {
      throwIfAborted(signal);
      const reply = await next(worker, () => refuse(path, 'the Parquet file is damaged: a page claims more than it holds', row), signal);
      if ('error' in reply) throw fromErrorDto(reply.error);
      if ('done' in reply) return;
      row += reply.rows.length;
      yield reply.rows;
    }
  } finally {
    await worker.terminate();
  }
}

function next(worker: Worker, damaged: () => Error, signal: AbortSignal | undefined): Promise<ParquetReply> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(() => reject(damaged())), parquetLimits.batchMs);
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError).off('exit', onFailure);
      signal?.removeEventListener('abort', onAbort);
      end();
    };
    const onMessage = (reply: ParquetReply): void => settle(() => resolve(reply));
    const onFailure = (): void => settle(() => reject(damaged()));
    // out of its memory, or a bug of the decoder: either way the file is to blame only if it is memory
    const onError = (error: Error): void => settle(() => reject('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? damaged() : error));
    const onAbort = (): void => settle(() => { try { throwIfAborted(signal); } catch (error) { reject(error); } });
    worker.on('message', onMessage).on('error', onError).on('exit', onFailure);
    signal?.addEventListener('abort', onAbort);
    worker.postMessage('next');
  });
}
