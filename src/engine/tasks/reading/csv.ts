/** Comma, semicolon or tab separated text with a header row, through csv-parse. Every value is text. */
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { parse as parseSync } from 'csv-parse/sync';
import { SingularError } from '../../../shared/errors.ts';
import { maxRowBytes, readChunks, readHead, refuse, refuseBinary, type RawRow } from './source.ts';

const headBytes = 64 * 1024;
const batchRows = 1000;
/** rows that are looked at before a file is refused as no CSV */
const probeRows = 50;
const delimiters = [',', ';', '\t'] as const;
// quotes inside unquoted fields and ragged rows are common in real files; the latter are reported row by row
const tolerant = { bom: true, relax_quotes: true, relax_column_count: true, skip_empty_lines: true } as const;

export async function* readCsv(path: string, signal?: AbortSignal): AsyncGenerator<RawRow[]> {
  const head = await readHead(path, headBytes);
  refuseBinary(path, head, 'a CSV file');
  const delimiter = sniffDelimiter(head.toString('utf8'), path.toLowerCase().endsWith('.tsv'));
  const source = Readable.from(decode(path, signal));
  const parser = parse({ ...tolerant, delimiter, max_record_size: maxRowBytes });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let header: string[] | undefined;
  let row = 0;
  let ragged = 0;
  let firstRagged = '';
  let batch: RawRow[] = [];
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      if (header === undefined) {
        header = readHeader(path, record);
        continue;
      }
      const raw = toRow(row++, header, record);
      if ('reason' in raw && record.length !== header.length && ragged++ === 0) firstRagged = `row ${row} has ${record.length}`;
      if (row === probeRows) refuseRagged(path, header, row, ragged, firstRagged);
      batch.push(raw);
      if (batch.length === batchRows) {
        yield batch;
        batch = [];
      }
    }
  } catch (error) {
    throw explain(path, error, row);
  } finally {
    source.destroy();
    parser.destroy();
  }
  if (header !== undefined && row < probeRows) refuseRagged(path, header, row, ragged, firstRagged);
  if (batch.length > 0) yield batch;
}

/** A byte that is not UTF-8 becomes U+FFFD here, and makes its row unusable below. */
async function* decode(path: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  for await (const chunk of readChunks(path, signal)) {
    const text = decoder.decode(chunk, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}

function readHeader(path: string, record: readonly string[]): string[] {
  const names = record.map((name, index) => (name.trim() === '' ? `column ${index + 1}` : name.trim()));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refuse(path, `the header names the column “${twice.slice(0, 60)}” twice`);
  return names;
}

function toRow(row: number, header: readonly string[], record: readonly string[]): RawRow {
  if (record.length !== header.length) return { row, reason: `has ${record.length} ${record.length === 1 ? 'field' : 'fields'}, but the header has ${header.length}` };
  if (record.some((field) => field.includes('\uFFFD'))) return { row, reason: 'is not UTF-8 text' };
  if (record.every((field) => field.trim() === '')) return { row, reason: 'is empty' };
  return { row, data: Object.fromEntries(header.map((name, index) => [name, record[index]])) };
}

function refuseRagged(path: string, header: readonly string[], rows: number, ragged: number, first: string): void {
  if (ragged * 2 > rows) throw refuse(path, `is not a CSV file: ${ragged} of the first ${rows} rows do not have the ${header.length} fields of the header (${first})`);
}

function explain(path: string, error: unknown, row: number): unknown {
  if (error instanceof SingularError || !(error instanceof CsvError)) return error;
  if (error.code === 'CSV_MAX_RECORD_SIZE') return refuse(path, 'it is longer than 16 MiB', row);
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') return refuse(path, 'a quote is opened and never closed', row);
  return refuse(path, `cannot be read as CSV (${error.code.toLowerCase().replace(/^csv_/, '').replaceAll('_', ' ')})`, row);
}

/** The delimiter with which most rows of the head have as many fields as the first row. */
function sniffDelimiter(head: string, isTsv: boolean): string {
  const whole = head.length < headBytes / 2 ? head : head.slice(0, head.lastIndexOf('\n') + 1);
  let best: { delimiter: string; score: number } = { delimiter: isTsv ? '\t' : ',', score: 0 };
  for (const delimiter of isTsv ? (['\t', ',', ';'] as const) : delimiters) {
    let records: string[][];
    try {
      records = parseSync(whole, { ...tolerant, delimiter, to: probeRows });
    } catch {
      continue; // a quoted field that ends behind the head
    }
    const fields = records[0]?.length ?? 0;
    if (fields < 2) continue;
    const score = records.filter((record) => record.length === fields).length / records.length;
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}
