import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { SingularError } from '../../../shared/errors.ts';
import { inspectDataset } from '../inspect.ts';
import { seeded } from '../../testing/seeded.ts';
import { temporaryFiles } from '../testing/files.ts';
import { parquetLimits } from './parquet.ts';

/**
 * Damaged files never hang, never crash and never give anything but rows or one sentence. A seed that failed once is
 * added to `seeds`.
 */
const seeds = [1, 2];
const damages = { text: 20, parquet: 6 };
// a page that sends the decoder into a loop is given up on sooner than in the product
parquetLimits.batchMs = 4000;
parquetLimits.heapMb = 256;

const file = temporaryFiles();
const rows = Array.from({ length: 60 }, (_, index) => ({ question: `What is ${index} “plus” one?\nSay it.`, answer: `#### ${index + 1}` }));
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const parquet = (options: object): Buffer =>
  Buffer.from(parquetWriteBuffer({ columnData: (['question', 'answer'] as const).map((name) => ({ name, data: rows.map((row) => row[name]), type: 'STRING' as const })), rowGroupSize: 25, ...options }));

const whole: Record<string, Buffer> = {
  'a.jsonl': Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n')),
  'b.json': Buffer.from(JSON.stringify(rows)),
  'c.json': Buffer.from(JSON.stringify({ version: 1, data: rows }, null, 2)),
  'd.csv': Buffer.from(['question,answer', ...rows.map((row) => `${quoted(row.question)},${row.answer}`)].join('\r\n')),
  'e.parquet': parquet({ codec: 'SNAPPY' }),
  'f.parquet': parquet({ codec: 'GZIP', compressors: { GZIP: (bytes: Uint8Array) => gzipSync(bytes) } }),
  'g.parquet': parquet({ codec: 'ZSTD', compressors: { ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes) } }),
  'h.parquet': parquet({ codec: 'UNCOMPRESSED' }),
};

function damage(bytes: Buffer, random: () => number): Buffer {
  const at = (): number => Math.floor(random() * bytes.length);
  const kind = Math.floor(random() * 5);
  if (kind === 0) return bytes.subarray(0, at());
  const copy = Buffer.from(bytes);
  if (kind === 1) for (let i = 0; i < 1 + random() * 8; i++) copy[at()] = Math.floor(random() * 256);
  else if (kind === 2) for (let i = 0; i < 1 + random() * 4; i++) copy[at()] ^= 1 << Math.floor(random() * 8);
  else if (kind === 3) copy.fill(random() < 0.5 ? 0xff : 0x00, at(), at());
  else {
    const from = at();
    return Buffer.concat([copy.subarray(0, from), copy.subarray(at())]);
  }
  return copy;
}

test.each(Object.keys(whole))('%s, damaged', async (name) => {
  expect((await inspectDataset({ path: file(name, whole[name]) })).rows).toBe(rows.length);
  for (const seed of seeds) {
    const random = seeded(seed);
    for (let round = 0; round < (name.endsWith('.parquet') ? damages.parquet : damages.text); round++) {
      const path = file(`${seed}-${name}`, damage(whole[name], random));
      const started = performance.now();
      const outcome: unknown = await inspectDataset({ path }).catch((error: unknown) => error);
      const label = `${name}, seed ${seed}, round ${round}`;
      if (outcome instanceof Error) {
        expect(outcome, `${label}: ${outcome.stack ?? ''}`).toBeInstanceOf(SingularError);
        expect(outcome.message, label).toMatch(new RegExp(`^${seed}-${name.replace('.', '\\.')}[:,] .+\\.$`));
        expect(outcome.message.length, label).toBeLessThan(300);
      } else expect((outcome as { rows: number }).rows, label).toBeLessThanOrEqual(2 * rows.length);
      expect(performance.now() - started, label).toBeLessThan(20_000);
    }
  }
});
