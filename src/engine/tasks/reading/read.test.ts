import { createWriteStream, truncateSync, writeFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { SingularError } from '../../../shared/errors.ts';
import { temporaryFiles } from '../testing/files.ts';
import { readRows } from './read.ts';
import type { RawRow } from './source.ts';

const file = temporaryFiles();

async function all(path: string): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  for await (const batch of readRows(path)) rows.push(...batch);
  return rows;
}
const data = async (path: string): Promise<unknown[]> => (await all(path)).map((row) => ('data' in row ? row.data : row.reason));
/** The sentence that a file is refused with. */
async function refusal(path: string): Promise<string> {
  const error: unknown = await all(path).then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(SingularError);
  return (error as SingularError).message;
}

describe('JSON lines', () => {
  test('rows, blank lines, a BOM, CRLF and no line break at the end', async () => {
    expect(await data(file('a.jsonl', '\uFEFF{"a":1}\r\n\r\n{"a":"ü\u2028"}\n  \n{"a":null}'))).toEqual([{ a: 1 }, { a: 'ü\u2028' }, { a: null }]);
  });

  test('a bad row keeps its place and names its reason', async () => {
    const rows = await all(file('b.jsonl', '{"a":1}\n{"a":\n[1]\n7\n{}\n{"a":2}\n'));
    expect(rows).toEqual([
      { row: 0, data: { a: 1 } },
      { row: 1, reason: 'is not valid JSON (it ends too early)' },
      { row: 2, reason: 'is a list, not an object with columns' },
      { row: 3, reason: 'is a number, not an object with columns' },
      { row: 4, reason: 'has no columns' },
      { row: 5, data: { a: 2 } },
    ]);
  });

  test('a whole number too long for a number is its digits', async () => {
    const path = file('long.jsonl', '{"a":12345678901234567891,"b":[-9007199254740993],"c":9007199254740991,"d":1e20,"e":0.5}');
    expect(await data(path)).toEqual([{ a: '12345678901234567891', b: ['-9007199254740993'], c: 9007199254740991, d: 1e20, e: 0.5 }]);
  });

  test('bytes that are not UTF-8 make their row unusable', async () => {
    const path = file('c.jsonl', Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}\n')]));
    expect(await data(path)).toEqual([{ a: 1 }, 'is not UTF-8 text']);
  });

  test('nesting is bounded, in short and in long rows', async () => {
    const deep = (levels: number): string => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const rows = await all(file('d.jsonl', [deep(60), deep(70), deep(500_000), '{"a":"' + '['.repeat(100_000) + '"}'].join('\n')));
    expect(rows.map((row) => 'data' in row)).toEqual([true, false, false, true]);
  });

  test('a row may span many chunks', async () => {
    const long = 'x'.repeat(3_500_000);
    expect(await data(file('e.jsonl', `{"a":"${long}"}\n{"a":1}\n`))).toEqual([{ a: long }, { a: 1 }]);
  });

  test('a file in which nothing can be read names its first row', async () => {
    expect(await refusal(file('f.jsonl', 'once upon a time\nthere was no JSON\n'))).toBe('f.jsonl, row 1: is not valid JSON, and no other row can be read.');
  });

  test('a line of 2 GB is refused without being loaded', async () => {
    const path = file('huge.jsonl', '{"a":1}\n{"a":"');
    truncateSync(path, 2 * 1024 ** 3); // sparse: the rest of the line is 2 GB of zero bytes
    const before = process.memoryUsage().rss;
    expect(await refusal(path)).toBe('huge.jsonl: is not JSON lines: row 1 holds binary data.');
    const text = await bigLine();
    expect(await refusal(text)).toBe('line.jsonl, row 2: the line is longer than 16 MiB.');
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 ** 2);
  });
});

/** One good row and a line of 64 MiB: what is refused is refused at its 17th MiB. */
async function bigLine(): Promise<string> {
  const path = file('line.jsonl', '{"a":1}\n{"a":"');
  const stream = createWriteStream(path, { flags: 'a' });
  const piece = Buffer.alloc(1024 * 1024, 0x78);
  for (let i = 0; i < 64; i++) if (!stream.write(piece)) await new Promise<void>((resolve) => void stream.once('drain', resolve));
  await new Promise<void>((resolve) => void stream.end(resolve));
  return path;
}

describe('JSON', () => {
  test('a list of rows', async () => {
    expect(await data(file('a.json', '\uFEFF [ {"a":"],[{\\"}"} ,\n{"a":[1,{"b":2}]}, 3 ]\n'))).toEqual([{ a: '],[{"}' }, { a: [1, { b: 2 }] }, 'is a number, not an object with columns']);
    expect(await data(file('comma.json', '[{"a":1},]'))).toEqual([{ a: 1 }]);
    expect(await refusal(file('none.json', '[]'))).toBe('none.json: the file has no rows.');
  });

  test('an object that holds the list, under a known name or the first that fits', async () => {
    expect(await data(file('b.json', '{"version":"1","meta":[{"x":1}],"data":[{"a":1},{"a":2}],"more":{"data":[1]}}'))).toEqual([{ a: 1 }, { a: 2 }]);
    expect(await data(file('c.json', '{"note":"data: [","tags":["x"],"stories": [ {"a":1} ] }'))).toEqual([{ a: 1 }]);
  });

  test('JSON lines under the name .json, and a single row', async () => {
    expect(await data(file('d.json', '{"a":1}\n{"a":2}\n'))).toEqual([{ a: 1 }, { a: 2 }]);
    expect(await data(file('e.json', '{"messages":[{"role":"user","content":"hi"}]}'))).toEqual([{ messages: [{ role: 'user', content: 'hi' }] }]);
  });

  test('a list over many chunks equals what JSON.parse gives', async () => {
    const rows = Array.from({ length: 30_000 }, (_, index) => ({ index, text: `row "${index}" \\ é [{`, list: [index, { nested: `${index}` }] }));
    expect(await data(file('f.json', JSON.stringify(rows, null, 1)))).toEqual(rows);
    expect(await data(file('g.json', JSON.stringify({ rows })))).toEqual(rows);
  });

  test('a file cut short names the row', async () => {
    expect(await refusal(file('h.json', '[{"a":1},{"a":2},{"a'))).toBe('h.json, row 3: the file ends inside its list of rows; it was cut short.');
    expect(await refusal(file('i.json', '[{"a":1}] tail'))).toBe('i.json: the file goes on after its list of rows has ended.');
    expect(await refusal(file('j.json', 'hello'))).toBe('j.json: is not JSON: it starts with neither a list nor an object.');
  });

  test('a row of more than 16 MiB is refused', async () => {
    expect(await refusal(file('k.json', `[{"a":1},{"a":"${'x'.repeat(18 * 1024 ** 2)}"}]`))).toBe('k.json, row 2: it is longer than 16 MiB.');
  });
});

describe('CSV', () => {
  test.each([',', ';', '\t'])('delimiter %j, quotes, line breaks inside them, a BOM', async (delimiter) => {
    const text = ['prompt', 'answer'].join(delimiter) + '\r\n' + [`"a${delimiter} ""b""\nc"`, '1'].join(delimiter) + '\r\n\r\n' + ['say "hi"', '2'].join(delimiter) + '\r\n';
    expect(await data(file(`a${delimiter.charCodeAt(0)}.csv`, `\uFEFF${text}`))).toEqual([{ prompt: `a${delimiter} "b"\nc`, answer: '1' }, { prompt: 'say "hi"', answer: '2' }]);
  });

  test('ragged, empty and non-UTF-8 rows are named', async () => {
    const path = file('b.csv', Buffer.concat([Buffer.from('a,b\n1,2\n1,2,3\n,\nx\n3,'), Buffer.from([0xe9]), Buffer.from('\n4,5\n6,7\n8,9\n')]));
    expect(await data(path)).toEqual([{ a: '1', b: '2' }, 'has 3 fields, but the header has 2', 'is empty', 'has 1 field, but the header has 2', 'is not UTF-8 text', { a: '4', b: '5' }, { a: '6', b: '7' }, { a: '8', b: '9' }]);
  });

  test('what is no CSV is refused', async () => {
    expect(await refusal(file('c.csv', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR')))).toBe('c.csv: is not a CSV file: row 1 holds binary data.');
    expect(await refusal(file('d.csv', 'One, two, three\nIt was, as they say, a story, long.\nThe end\nOnce\nAnd, so, on, and on'))).toBe('d.csv: is not a CSV file: 4 of the first 4 rows do not have the 3 fields of the header (row 1 has 4).');
    expect(await refusal(file('e.csv', 'a,b\n1,"open\n2,3\n'))).toBe('e.csv, row 1: a quote is opened and never closed.');
    expect(await refusal(file('f.csv', 'a,a\n1,2\n'))).toBe('f.csv: the header names the column “a” twice.');
    expect(await refusal(file('g.csv', 'a,b\n'))).toBe('g.csv: the file has no rows.');
    expect(await refusal(file('h.csv', Buffer.from('\uFEFFa,b\n1,2\n', 'utf16le')))).toBe('h.csv: is UTF-16 text; save it as UTF-8.');
    expect(await refusal(file('i.csv', `a,b\n1,2\n3,${'x'.repeat(17 * 1024 ** 2)}\n`))).toBe('i.csv, row 2: it is longer than 16 MiB.');
  });
});

describe('Parquet', () => {
  const columns = [
    { name: 'question', data: Array.from({ length: 2500 }, (_, index) => `What is ${index}? é`), type: 'STRING' as const },
    { name: 'count', data: Array.from({ length: 2500 }, (_, index) => BigInt(index)), type: 'INT64' as const },
  ];
  const written = (options: object = {}): Uint8Array => new Uint8Array(parquetWriteBuffer({ columnData: columns, rowGroupSize: 1000, ...options }));
  const expected = columns[0].data.map((question, index) => ({ question, count: index }));

  test.each([
    ['uncompressed', { codec: 'UNCOMPRESSED' }],
    ['snappy', { codec: 'SNAPPY' }],
    ['gzip', { codec: 'GZIP', compressors: { GZIP: (bytes: Uint8Array) => gzipSync(bytes) } }],
    ['zstd', { codec: 'ZSTD', compressors: { ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes) } }],
  ])('%s, several row groups', async (name, options) => {
    expect(await data(file(`${name}.parquet`, written(options)))).toEqual(expected);
  });

  test('nested columns, as the hub writes them', async () => {
    const bytes = parquetWriteBuffer({
      columnData: [{ name: 'choices', data: [{ text: ['a', 'b'], label: ['A', 'B'] }, { text: [], label: [] }] }, { name: 'answer', data: ['A', null] }] as never,
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'choices', num_children: 2, repetition_type: 'OPTIONAL' },
        ...['text', 'label'].flatMap((name) => [
          { name, num_children: 1, repetition_type: 'OPTIONAL', converted_type: 'LIST' },
          { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
          { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
        ]),
        { name: 'answer', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      ] as never,
    });
    expect(await data(file('nested.parquet', new Uint8Array(bytes)))).toEqual([{ choices: { text: ['a', 'b'], label: ['A', 'B'] }, answer: 'A' }, { choices: { text: [], label: [] }, answer: null }]);
  });

  test('a file cut short, of another kind, or with a damaged page says so', async () => {
    const whole = written();
    expect(await refusal(file('cut.parquet', whole.subarray(0, whole.length - 100)))).toBe('cut.parquet: the Parquet file is cut short: its end is missing.');
    expect(await refusal(file('text.parquet', 'question,answer\n'))).toBe('text.parquet: is not a Parquet file.');
    const damaged = whole.slice();
    damaged.fill(0xff, 4, 60);
    expect(await refusal(file('page.parquet', damaged))).toMatch(/^page\.parquet, row 1: the Parquet file is damaged or uses what cannot be read here \(.+\)\.$/);
    expect(await refusal(file('renamed.jsonl', whole))).toBe('renamed.jsonl: is a Parquet file, not JSON lines; rename it to .parquet.');
  });
});

describe('any file', () => {
  test('missing, empty, a folder, of another kind', async () => {
    const empty = file('empty.jsonl', '');
    expect(await refusal(empty)).toBe('empty.jsonl: the file is empty.');
    expect(await refusal(`${empty}.gone.csv`)).toMatch(/does not exist\.$/);
    expect(await refusal(file('notes.txt', 'x'))).toBe('notes.txt: is not a dataset file; .jsonl, .json, .csv and .parquet files are read.');
    expect(await refusal(file('blank.jsonl', '\n\n'))).toBe('blank.jsonl: the file has no rows.');
  });

  test('reading stops when it is told to', async () => {
    const path = file('long.jsonl', '{"a":1}\n'.repeat(600_000));
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of readRows(path, controller.signal)) controller.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    writeFileSync(path, '');
  });
});
