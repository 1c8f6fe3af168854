/** Parquet through hyparquet, one row group (or a part of a large one) at a time. Runs in `parquet-worker.ts`. */
import type { FileHandle } from 'node:fs/promises';
import { parquetMetadataAsync, parquetReadObjects, parquetSchema, type AsyncBuffer, type Compressors, type FileMetaData, type SchemaTree } from 'hyparquet';
import { compressors as allCompressors } from 'hyparquet-compressors';
import { SingularError } from '../../../shared/errors.ts';
import { nestsTooDeep, maxNesting, openFile, refuse, type RawRow } from './source.ts';

/** Rows of a group are read in parts so that about this many uncompressed bytes are in memory at once. */
const partBytes = 64 * 1024 * 1024;
const largestColumnBytes = 1024 ** 3;
const largestPageBytes = 256 * 1024 * 1024;
const batchRows = 1000;

export async function* parquetRows(path: string): AsyncGenerator<RawRow[]> {
  const { handle, sizeBytes } = await openFile(path);
  try {
    const file = asyncBuffer(handle, sizeBytes);
    const metadata = await readMetadata(path, file, sizeBytes);
    let groupStart = 0;
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows);
      const parts = Math.max(1, Math.min(rows, Math.ceil(Number(group.total_byte_size) / partBytes)));
      const step = Math.ceil(rows / parts);
      for (let start = 0; start < rows; start += step) {
        const rowStart = groupStart + start;
        const rowEnd = groupStart + Math.min(rows, start + step);
        const records = await readPart(path, file, metadata, rowStart, rowEnd);
        for (let i = 0; i < records.length; i += batchRows) {
          yield records.slice(i, i + batchRows).map((record, offset) => toRow(rowStart + i + offset, record));
        }
      }
      groupStart += rows;
    }
  } finally {
    await handle.close();
  }
}

function asyncBuffer(handle: FileHandle, sizeBytes: number): AsyncBuffer {
  return {
    byteLength: sizeBytes,
    async slice(start: number, end = sizeBytes): Promise<ArrayBuffer> {
      if (!(start >= 0 && start <= end && end <= sizeBytes)) throw new Error('a range lies outside the file');
      const bytes = new Uint8Array(end - start);
      let done = 0;
      while (done < bytes.length) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
        if (bytesRead === 0) throw new Error('the file became shorter while it was read');
        done += bytesRead;
      }
      return bytes.buffer;
    },
  };
}

async function readMetadata(path: string, file: AsyncBuffer, sizeBytes: number): Promise<FileMetaData> {
  const ends = [await file.slice(0, Math.min(4, sizeBytes)), await file.slice(Math.max(0, sizeBytes - 4), sizeBytes)].map((bytes) => Buffer.from(bytes).toString('latin1'));
  if (ends[0] !== 'PAR1') throw refuse(path, 'is not a Parquet file');
  if (ends[1] !== 'PAR1' || sizeBytes < 12) throw refuse(path, 'the Parquet file is cut short: its end is missing');
  let metadata: FileMetaData;
  let columns: string[];
  try {
    metadata = await parquetMetadataAsync(file);
    columns = leafPaths(parquetSchema(metadata));
  } catch (error) {
    throw refuse(path, `the Parquet file is damaged: its description cannot be read (${cause(error)})`);
  }
  let groupStart = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    const damaged = refuse(path, `the Parquet file is damaged: row group ${index + 1} does not fit the file`, groupStart);
    const rows = Number(group.num_rows);
    if (!Number.isSafeInteger(rows) || rows < 0) throw damaged;
    // a column that is not in the schema makes hyparquet throw while it has columns in flight, whose errors nobody would catch
    const named = group.columns.map((column) => column.meta_data?.path_in_schema.join('\0'));
    if (named.length !== columns.length || !columns.every((column) => named.includes(column))) throw damaged;
    for (const { meta_data: column, file_path: elsewhere } of group.columns) {
      if (!column || elsewhere) throw damaged;
      const start = Math.min(Number(column.data_page_offset), Number(column.dictionary_page_offset ?? column.data_page_offset));
      const size = Number(column.total_compressed_size);
      if (!(start >= 4 && size >= 0 && start + size <= sizeBytes) || Number(column.num_values) < 0) throw damaged;
      if (Number(column.total_uncompressed_size) > largestColumnBytes) throw refuse(path, `row group ${index + 1} has a column of more than 1 GiB; write the file with smaller row groups`, groupStart);
    }
    groupStart += rows;
  }
  if (groupStart !== Number(metadata.num_rows)) throw refuse(path, 'the Parquet file is damaged: its row groups do not add up to its rows');
  if (groupStart === 0) throw refuse(path, 'the file has no rows');
  return metadata;
}

function leafPaths({ children, path }: SchemaTree): string[] {
  return children.length === 0 ? [path.join('\0')] : children.flatMap(leafPaths);
}

async function readPart(path: string, file: AsyncBuffer, metadata: FileMetaData, rowStart: number, rowEnd: number): Promise<Record<string, unknown>[]> {
  try {
    const records = (await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors: boundedCompressors, geoparquet: false })) as Record<string, unknown>[];
    if (records.length !== rowEnd - rowStart) throw new Error('rows are missing');
    return records;
  } catch (error) {
    throw refuse(path, `the Parquet file is damaged or uses what cannot be read here (${cause(error)})`, rowStart);
  }
}

/** A page header may lie about its size; nothing is allocated on its word above 256 MiB. */
const boundedCompressors: Compressors = Object.fromEntries(
  Object.entries(allCompressors).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, outputLength: number): Uint8Array => {
      if (!(outputLength >= 0 && outputLength <= largestPageBytes)) throw new Error('a page claims more than 256 MiB');
      return decompress(input, outputLength);
    },
  ]),
);

function toRow(row: number, record: Record<string, unknown>): RawRow {
  if (nestsTooDeep(record)) return { row, reason: `nests deeper than ${maxNesting} levels` };
  const data = Object.fromEntries(Object.entries(record).map(([name, value]) => [name, plain(value)]));
  if (Object.values(data).every((value) => value === null || value === undefined)) return { row, reason: 'is empty' };
  return { row, data };
}

/** Parquet's own kinds of value → what JSON can hold. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (typeof value !== 'object' || value === null) return value === undefined ? null : value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, plain);
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, plain(child)]));
}

function cause(error: unknown): string {
  if (error instanceof SingularError) return error.message;
  return (error instanceof Error ? error.message : String(error)).replace(/^parquet /, '').replace(/\s+/g, ' ').slice(0, 120);
}
