/** Opens a dataset file by its format and streams its rows. */
import { extname } from 'node:path';
import { readCsv } from './csv.ts';
import { readJson } from './json.ts';
import { readJsonl } from './jsonl.ts';
import { readParquet } from './parquet.ts';
import { refuse, type DatasetFormat, type RawRow } from './source.ts';

const formats: Record<string, DatasetFormat> = {
  '.jsonl': 'jsonl', '.ndjson': 'jsonl', '.json': 'json', '.csv': 'csv', '.tsv': 'csv', '.parquet': 'parquet',
};
const readers: Record<DatasetFormat, (path: string, signal?: AbortSignal) => AsyncGenerator<RawRow[]>> = {
  jsonl: readJsonl, json: readJson, csv: readCsv, parquet: readParquet,
};
/** A file whose first rows all fail is not what its name says. */
const hopelessRows = 100;

export function formatOf(path: string): DatasetFormat {
  const format = formats[extname(path).toLowerCase()];
  if (format === undefined) throw refuse(path, 'is not a dataset file; .jsonl, .json, .csv and .parquet files are read');
  return format;
}

/**
 * Rows of the file in order, in batches, with bounded memory. Rows that cannot be read carry their reason.
 * Errors: `bad-input` for a file that is not what its name says, is cut short, or holds no readable row.
 */
export async function* readRows(path: string, signal?: AbortSignal): AsyncGenerator<RawRow[]> {
  let readable = 0;
  let firstBad: { row: number; reason: string } | undefined;
  let rows = 0;
  for await (const batch of readers[formatOf(path)](path, signal)) {
    rows += batch.length;
    for (const row of batch) {
      if ('data' in row) readable++;
      else firstBad ??= row;
    }
    if (firstBad && readable === 0 && rows >= hopelessRows) break;
    yield batch;
  }
  if (readable > 0) return;
  throw firstBad ? refuse(path, `${firstBad.reason}, and no other row can be read`, firstBad.row) : refuse(path, 'the file has no rows');
}
