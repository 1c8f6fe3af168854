import { readFile, writeFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SingularError } from '../../shared/errors.ts';
import { openSafetensors, readTensorBytes, readTensorF32, streamTensorBytes } from './safetensors.ts';
import { writeSafetensors } from './safetensors-write.ts';
import { seeded } from '../testing/seeded.ts';
import { rawSafetensors, withFolder } from './testing.ts';

const eight = new Uint8Array(8);
const entry = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype = 'F32'): object => ({ dtype, shape, data_offsets: [begin, end] });

/** What opening these bytes says. */
async function refusal(bytes: Uint8Array): Promise<string> {
  return withFolder(async (folder) => {
    const file = join(folder, 'bad.safetensors');
    await writeFile(file, bytes);
    const error: unknown = await openSafetensors(file).then(() => expect.fail('was accepted'), (reason: unknown) => reason);
    expect(error).toBeInstanceOf(SingularError);
    const { code, message } = error as SingularError;
    expect(code).toBe('bad-input');
    expect(message).toContain('bad.safetensors');
    expect(message.split('\n')).toHaveLength(1);
    return message;
  });
}

test.each([
  ['an empty file', new Uint8Array(0), 'too short'],
  ['a file of seven bytes', new Uint8Array(7), 'too short'],
  ['a header longer than the file', rawSafetensors({}, eight, 5000n), 'claims a header of 5000 bytes'],
  ['a header length beyond any file', rawSafetensors({}, eight, 2n ** 63n), 'claims a header of'],
  ['a header length that cuts the JSON', rawSafetensors({ a: entry(0, 8) }, eight, 9n), 'not JSON'],
  ['a header that is not JSON', rawSafetensors('{"a": nonsense}', eight), 'not JSON'],
  ['a header that is not UTF-8', rawSafetensors('{}', eight).map((byte, i) => (i === 8 ? 0xff : byte)), 'not JSON'],
  ['a header that is a list', rawSafetensors([], new Uint8Array(0)), 'not a JSON object'],
  ['an unknown type', rawSafetensors({ a: entry(0, 8, [2], 'F31') }, eight), '“a”'],
  ['a negative length', rawSafetensors({ a: entry(0, 8, [-2]) }, eight), '“a”'],
  ['a shape that is no list', rawSafetensors({ a: entry(0, 8, 2) }, eight), '“a”'],
  ['a missing key', rawSafetensors({ a: { dtype: 'F32', shape: [2] } }, eight), '“a”'],
  ['offsets that run backwards', rawSafetensors({ a: entry(8, 0, [2]) }, eight), 'run backwards'],
  ['offsets past the end', rawSafetensors({ a: entry(0, 16) }, eight), 'cut short: tensor “a”'],
  ['a size that the shape does not give', rawSafetensors({ a: entry(0, 8, [3]) }, eight), 'takes 12'],
  ['a shape whose product is beyond integers', rawSafetensors({ a: entry(0, 8, [2 ** 40, 2 ** 40]) }, eight), '“a”'],
  ['overlapping tensors', rawSafetensors({ a: entry(0, 8), b: entry(4, 8) }, eight), '“a” and “b”'],
  ['two tensors at one place', rawSafetensors({ a: entry(0, 8), b: entry(0, 8) }, eight), 'overlap'],
  ['a hole', rawSafetensors({ a: entry(4, 8) }, eight), '4 bytes before tensor “a”'],
  ['bytes after the last tensor', rawSafetensors({ a: entry(0, 4) }, eight), '4 bytes at its end'],
  ['a name given twice', rawSafetensors('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', eight), '“a” twice'],
  ['a name given twice in another spelling', rawSafetensors('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', eight), '“a” twice'],
  ['metadata that are not strings', rawSafetensors({ __metadata__: { step: 3 }, a: entry(0, 8) }, eight), 'metadata'],
])('refuses %s', async (_, bytes, words) => {
  expect(await refusal(bytes)).toContain(words);
});

test('a missing file and a folder are named', async () => {
  await withFolder(async (folder) => {
    await expect(openSafetensors(join(folder, 'none.safetensors'))).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('none.safetensors') as string });
    await expect(openSafetensors(folder)).rejects.toMatchObject({ code: 'bad-input' });
  });
});

test('what is written is read back, aligned and in place', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'deep', 'a.safetensors');
    const random = seeded(5);
    const weights = Float32Array.from({ length: 15 }, () => random());
    await writeSafetensors(
      file,
      [
        { name: 'bytes', dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) },
        { name: 'half', dtype: 'F16', shape: [3], data: () => new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x0001).buffer) },
        { name: 'weights', dtype: 'F32', shape: [3, 5], data: weights },
        { name: 'empty', dtype: 'F32', shape: [0, 4], data: new Float32Array(0) },
        { name: 'constructor', dtype: 'F32', shape: [], data: Promise.resolve(Float32Array.of(7)).then.bind(Promise.resolve(Float32Array.of(7)), (value: Float32Array) => value) as () => Promise<Float32Array> },
      ],
      { note: 'two words', α: '0.5' },
    );
    const { tensors, metadata, sizeBytes } = await openSafetensors(file);
    expect(metadata).toEqual({ note: 'two words', α: '0.5' });
    expect(sizeBytes).toBe((await readFile(file)).length);
    for (const place of tensors.values()) expect(place.offset % (place.dtype === 'F32' ? 4 : place.dtype === 'F16' ? 2 : 1)).toBe(0);
    expect(Math.min(...[...tensors.values()].map((place) => place.offset)) % 64).toBe(0);
    expect(await readTensorF32(tensors.get('weights')!)).toEqual(weights);
    expect([...(await readTensorF32(tensors.get('half')!))]).toEqual([1, -2, 2 ** -24]);
    expect([...(await readTensorF32(tensors.get('constructor')!))]).toEqual([7]);
    expect(await readTensorF32(tensors.get('empty')!)).toHaveLength(0);
    await expect(readTensorF32(tensors.get('bytes')!)).rejects.toThrow('U8');
    const pieces: number[] = [];
    for await (const piece of streamTensorBytes(tensors.get('weights')!, 8)) pieces.push(...piece);
    expect(pieces).toEqual([...(await readTensorBytes(tensors.get('weights')!))]);
  });
});

test('a writer that fails leaves the old file and nothing beside it', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'a.safetensors');
    const tensor = (data: () => Float32Array) => [{ name: 'a', dtype: 'F32' as const, shape: [2], data }];
    await writeSafetensors(file, tensor(() => Float32Array.of(1, 2)));
    const before = await readFile(file);
    await expect(writeSafetensors(file, tensor(() => { throw new Error('pulled'); }))).rejects.toThrow('pulled');
    await expect(writeSafetensors(file, tensor(() => Float32Array.of(1)))).rejects.toThrow('4 bytes were given');
    expect(await readFile(file)).toEqual(before);
    expect(await readdir(folder)).toEqual(['a.safetensors']);
  });
});

test('a file that shrinks after it was opened is refused when read', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'a.safetensors');
    await writeSafetensors(file, [{ name: 'a', dtype: 'F32', shape: [64], data: new Float32Array(64) }]);
    const { tensors } = await openSafetensors(file);
    await writeFile(file, (await readFile(file)).subarray(0, 200));
    await expect(readTensorF32(tensors.get('a')!)).rejects.toMatchObject({ code: 'bad-input' });
  });
});

test('mutated files are refused in one sentence or describe tensors inside themselves', async () => {
  await withFolder(async (folder) => {
    const good = join(folder, 'good.safetensors');
    await writeSafetensors(good, ['a', 'b', 'c'].map((name, i) => ({ name, dtype: 'F32' as const, shape: [i + 1, 2], data: new Float32Array(2 * (i + 1)) })), { format: 'pt' });
    const original = new Uint8Array(await readFile(good));
    const headerEnd = 8 + Number(new DataView(original.buffer).getBigUint64(0, true));
    const file = join(folder, 'bad.safetensors');
    let refused = 0;
    for (let seed = 0; seed < 200; seed++) {
      const random = seeded(seed);
      const pick = (n: number): number => Math.floor(random() * n);
      let bytes = original.slice();
      for (let change = 0; change <= pick(3); change++) {
        switch (pick(5)) {
          case 0: bytes[pick(headerEnd)] = pick(256); break;
          case 1: bytes[8 + pick(headerEnd - 8)] = 0x30 + pick(10); break;
          case 2: bytes = bytes.slice(0, pick(bytes.length)); break;
          case 3: bytes.copyWithin(8 + pick(headerEnd - 8), 8 + pick(headerEnd - 8), headerEnd); break;
          default: bytes[pick(8)] = pick(256);
        }
      }
      await writeFile(file, bytes);
      try {
        const opened = await openSafetensors(file);
        for (const place of opened.tensors.values()) {
          expect(place.offset + place.byteLength).toBeLessThanOrEqual(bytes.length);
          expect(place.offset).toBeGreaterThanOrEqual(8);
          await readTensorF32(place).catch((error: unknown) => { if (!(error instanceof SingularError)) throw error; });
        }
      } catch (error) {
        if (!(error instanceof SingularError)) throw new Error(`seed ${seed}`, { cause: error });
        expect(error.message).toContain('bad.safetensors');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
