/**
 * A JSON file: a list of rows, or an object that holds one (`{"data": [...]}`). The file is cut into its elements as it
 * streams, and each element is parsed by itself: memory is bounded by one row, an error names its row, and
 * `JSON.parse` does the parsing (a token-by-token library builds a 2 GB string before anyone can refuse it).
 */
import { parseJsonRow } from './json-row.ts';
import { readJsonl } from './jsonl.ts';
import { maxRowBytes, readChunks, readHead, refuse, refuseBinary, type RawRow } from './source.ts';

const headBytes = 1024 * 1024;
const listNames = ['data', 'rows', 'examples', 'train', 'items', 'records', 'instances', 'questions', 'samples', 'dataset'];
/** lists of objects that belong to one row, never to a file */
const rowNames = ['messages', 'conversations', 'choices', 'options', 'turns'];

/** Rows in batches of one file chunk each. A `.json` file that holds JSON lines is read as such. */
export async function* readJson(path: string, signal?: AbortSignal): AsyncGenerator<RawRow[]> {
  const head = await readHead(path, headBytes);
  refuseBinary(path, head.subarray(0, 4096), 'JSON');
  const text = head.toString('utf8').replace(/^\uFEFF/, '').trimStart();
  if (text === '' && head.length < headBytes) throw refuse(path, 'the file is empty');
  if (text.startsWith('{') && holdsJsonLines(text)) {
    yield* readJsonl(path, signal);
    return;
  }
  if (!text.startsWith('[') && !text.startsWith('{')) throw refuse(path, 'is not JSON: it starts with neither a list nor an object');
  const named = listNames.filter((name) => new RegExp(`"${name}"\\s*:\\s*\\[`).test(text));
  const splitter = new ElementSplitter((key) => (named.length > 0 ? named.includes(key) : !rowNames.includes(key)));
  const small: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of readChunks(path, signal)) {
    bytes += chunk.length;
    if (splitter.phase === 'object' || bytes === chunk.length) {
      if (bytes <= maxRowBytes) small.push(chunk);
      else small.length = 0;
    }
    const rows = splitter.push(chunk);
    if (splitter.pendingBytes > maxRowBytes) throw refuse(path, 'it is longer than 16 MiB', splitter.row);
    if (rows.length > 0) yield rows;
    if (splitter.trailing) throw refuse(path, 'the file goes on after its list of rows has ended');
  }
  if (splitter.phase === 'list') throw refuse(path, 'the file ends inside its list of rows; it was cut short', splitter.row);
  if (splitter.phase === 'after') return;
  if (bytes > maxRowBytes) throw refuse(path, 'is one JSON object without a list of rows in it');
  yield [parseJsonRow(0, Buffer.concat(small))];
}

/** Whether the first line is an object of its own and something follows it. */
function holdsJsonLines(text: string): boolean {
  const end = text.indexOf('\n');
  if (end === -1 || text.slice(end).trim() === '') return false;
  try {
    JSON.parse(text.slice(0, end));
    return true;
  } catch {
    return false;
  }
}

/** Cuts the bytes of a list into its elements. Counts brackets outside strings; it is `JSON.parse` that validates. */
class ElementSplitter {
  phase: 'before' | 'object' | 'list' | 'after' = 'before';
  row = 0;
  pendingBytes = 0;
  /** something other than white space follows the outermost list */
  trailing = false;
  private readonly accepts: (key: string) => boolean;
  private pending: Buffer[] = [];
  private depth = 0;
  private listDepth = 0;
  private inString = false;
  private escaped = false;
  private key = '';
  private keyBytes: number[] = [];
  /** in the outer object: before a key, after one, or inside a list that may be the list of rows */
  private expects: 'key' | 'value' | 'first-element' | 'end' = 'key';

  constructor(accepts: (key: string) => boolean) {
    this.accepts = accepts;
  }

  push(chunk: Buffer): RawRow[] {
    const rows: RawRow[] = [];
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (this.inString) {
        this.stringByte(byte);
        continue;
      }
      const blank = byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
      if (blank) continue;
      if (this.phase === 'before') {
        if (byte === 0x5b) {
          this.phase = 'list';
          this.depth = this.listDepth = 1;
          start = i + 1;
        } else if (byte === 0x7b) {
          this.phase = 'object';
          this.depth = 1;
        }
      } else if (this.phase === 'object') {
        if (this.objectByte(byte)) {
          this.phase = 'list';
          this.listDepth = 2;
          start = i;
          i--; // the first element's own bracket is counted by the list
        }
      } else if (this.phase === 'list') {
        const ends = this.listByte(byte);
        if (ends === 'no') continue;
        this.take(chunk.subarray(start, i), ends === 'list', rows);
        start = i + 1;
        if (ends === 'list') this.phase = 'after';
      } else if (this.listDepth === 1) this.trailing = true;
    }
    if (this.phase === 'list' && start < chunk.length) {
      this.pending.push(chunk.subarray(start));
      this.pendingBytes += chunk.length - start;
    }
    return rows;
  }

  private stringByte(byte: number): void {
    if (this.escaped) this.escaped = false;
    else if (byte === 0x5c) this.escaped = true;
    else if (byte === 0x22) {
      this.inString = false;
      return;
    }
    if (this.phase === 'object' && this.depth === 1 && this.expects === 'key' && this.keyBytes.length < 256) this.keyBytes.push(byte);
  }

  /** Follows the outer object; true when `byte` opens the first row of its list of rows. */
  private objectByte(byte: number): boolean {
    if (this.depth === 2 && this.expects === 'first-element') {
      if (byte === 0x7b) return true;
      this.expects = 'end';
    }
    if (byte === 0x22) {
      this.inString = true;
      if (this.depth === 1 && this.expects === 'key') this.keyBytes = [];
    } else if (byte === 0x5b || byte === 0x7b) {
      const opensCandidate = byte === 0x5b && this.depth === 1 && this.expects === 'value' && this.accepts(this.key);
      this.depth++;
      this.expects = opensCandidate ? 'first-element' : 'end';
    } else if (byte === 0x5d || byte === 0x7d) this.depth--;
    else if (byte === 0x3a && this.depth === 1) {
      this.key = Buffer.from(this.keyBytes).toString('utf8');
      this.expects = 'value';
    } else if (byte === 0x2c && this.depth === 1) this.expects = 'key';
    return false;
  }

  private listByte(byte: number): 'no' | 'element' | 'list' {
    if (byte === 0x22) this.inString = true;
    else if (byte === 0x5b || byte === 0x7b) this.depth++;
    else if (byte === 0x5d || byte === 0x7d) {
      if (--this.depth < this.listDepth) return 'list';
    } else if (byte === 0x2c && this.depth === this.listDepth) return 'element';
    return 'no';
  }

  private take(piece: Buffer, last: boolean, rows: RawRow[]): void {
    const element = Buffer.concat([...this.pending, piece]);
    this.pending = [];
    this.pendingBytes = 0;
    if (element.toString('latin1').trim() === '') {
      // `[]`, and the comma that some writers leave behind the last row
      if (!last) rows.push({ row: this.row++, reason: 'is empty' });
      return;
    }
    rows.push(parseJsonRow(this.row++, element));
  }
}
