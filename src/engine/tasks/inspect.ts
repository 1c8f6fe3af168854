/** Dataset files for the rest of the application: what a file holds, and its rows. */
import { basename } from 'node:path';
import { stat } from 'node:fs/promises';
import type { ColumnMapping, InspectionDto, UnusableRow } from '../../shared/contract.ts';
import type { TaskRow } from '../host/protocol.ts';
import { describeColumns } from './columns.ts';
import { formatOf, readRows } from './reading/read.ts';
import { hashFile, refuse } from './reading/source.ts';
import { recognise } from './recognise.ts';
import { isTaskRow, toTaskRow } from './rows.ts';

/** The rows that a file is recognised by. */
const firstRows = 100;
/** Unusable rows that are listed one by one; all are counted. */
const listedUnusable = 200;
const batchRows = 500;

export interface InspectOptions { path: string; mapping?: ColumnMapping | undefined; signal?: AbortSignal | undefined }

/**
 * Reads the whole file once (streamed) and says what it is. With `mapping`, rows are judged by that one.
 * Errors: `bad-input` or `not-found`, one sentence that names the file and the row.
 */
export async function inspectDataset({ path, mapping, signal }: InspectOptions): Promise<InspectionDto & { hash: string }> {
  const format = formatOf(path);
  const first: Record<string, unknown>[] = [];
  for await (const batch of readRows(path, signal)) {
    for (const raw of batch) if ('data' in raw && first.length < firstRows) first.push(raw.data);
    if (first.length >= firstRows) break;
  }
  const recognition = recognise(first);
  const columns = describeColumns(first);
  if (mapping === undefined && format === 'csv' && columns.length < 2 && recognition.recognisedAs === 'unknown columns') {
    throw refuse(path, 'is not a CSV file with a known column: its first row should name the columns, “prompt” and “answer” for example');
  }
  const used = mapping ?? recognition.mapping;
  const { rows, unusable, unusableCount, hash } = await readDataset({ path, mapping: used, signal });
  return {
    path, fileName: basename(path), format, rows, sizeBytes: (await stat(path)).size, columns,
    recognisedAs: recognition.recognisedAs, mapping: used, suggestedGrader: recognition.suggestedGrader,
    unusable, unusableCount, hash,
  };
}

export interface ReadOptions {
  path: string;
  mapping: ColumnMapping;
  /** called with the usable rows in order; reading waits for it */
  onRows?: ((rows: TaskRow[]) => void | Promise<void>) | undefined;
  /** refuse the file at its first unusable row instead of listing it */
  strict?: boolean;
  signal?: AbortSignal | undefined;
}
export interface ReadResult {
  /** usable rows */
  rows: number;
  unusable: UnusableRow[];
  unusableCount: number;
  hash: string;
}

/**
 * Streams the usable rows of a file in batches, with memory bounded by a batch.
 * Errors: as `inspectDataset`; with `strict`, also the first unusable row.
 */
export async function readDataset({ path, mapping, onRows, strict = false, signal }: ReadOptions): Promise<ReadResult> {
  const unusable: UnusableRow[] = [];
  let unusableCount = 0;
  let rows = 0;
  let batch: TaskRow[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const full = batch;
    batch = [];
    await onRows?.(full);
  };
  for await (const raws of readRows(path, signal)) {
    for (const raw of raws) {
      const row = toTaskRow(raw, mapping);
      if (isTaskRow(row)) {
        rows++;
        if (onRows && batch.push(row) >= batchRows) await flush();
        continue;
      }
      if (strict) throw refuse(path, row.reason, row.row);
      unusableCount++;
      if (unusable.length < listedUnusable) unusable.push(row);
    }
  }
  await flush();
  return { rows, unusable, unusableCount, hash: await hashFile(path, signal) };
}
