/** The thread that decodes Parquet: for each message, the next batch of rows, or why there is none. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorDto, type ErrorDto } from '../../../shared/errors.ts';
import { parquetRows } from './parquet-rows.ts';
import type { RawRow } from './source.ts';

export type ParquetReply = { rows: RawRow[] } | { done: true } | { error: ErrorDto };

const batches = parquetRows((workerData as { path: string }).path);
const reply = (message: ParquetReply): void => parentPort?.postMessage(message);

parentPort?.on('message', () => {
  batches.next().then(
    ({ value, done }) => reply(done ? { done: true } : { rows: value }),
    (error: unknown) => reply({ error: toErrorDto(error) }),
  );
});
