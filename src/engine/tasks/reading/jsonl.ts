/** JSON Lines: one object per line. A bad line is one bad row; a line above 16 MiB ends the reading. */
import { parseJsonRow } from './json-row.ts';
import { maxRowBytes, readChunks, refuse, refuseBinary, type RawRow } from './source.ts';

const newline = 0x0a;

/** Rows in batches of one file chunk each. Blank lines are no rows. */
export async function* readJsonl(path: string, signal?: AbortSignal): AsyncGenerator<RawRow[]> {
  let row = 0;
  let first = true;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const take = (piece: Buffer): Buffer => {
    const line = pending.length === 0 ? piece : Buffer.concat([...pending, piece]);
    pending = [];
    pendingBytes = 0;
    return line;
  };
  for await (const read of readChunks(path, signal)) {
    let chunk = read;
    if (first) {
      refuseBinary(path, chunk.subarray(0, 4096), 'JSON lines');
      if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) chunk = chunk.subarray(3);
      first = false;
    }
    const rows: RawRow[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = take(chunk.subarray(start, end));
      start = end + 1;
      if (!isBlank(line)) rows.push(parseJsonRow(row++, line));
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
    }
    if (pendingBytes > maxRowBytes) throw refuse(path, 'the line is longer than 16 MiB', row);
    if (rows.length > 0) yield rows;
  }
  const last = take(Buffer.alloc(0));
  if (!isBlank(last)) yield [parseJsonRow(row, last)];
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return false;
  return true;
}
