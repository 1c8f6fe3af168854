import { expect, test } from 'vitest';
import { firstNonFinite, fromFloat32, singleToHalf, toFloat32 } from './dtypes.ts';
import { seeded } from '../testing/seeded.ts';

const bytesOf = (words: Uint16Array): Uint8Array => new Uint8Array(words.buffer);

test('every half and every bfloat goes to single and back unchanged', () => {
  const words = Uint16Array.from({ length: 65536 }, (_, i) => i);
  for (const dtype of ['F16', 'BF16'] as const) {
    const singles = toFloat32(bytesOf(words), dtype);
    const back = new Uint16Array(fromFloat32(singles, dtype).buffer);
    for (let i = 0; i < 65536; i++) {
      if (Number.isNaN(singles[i])) continue; // NaNs keep being NaN, not their payload
      if (back[i] !== i) expect.fail(`${dtype} ${i} → ${singles[i]} → ${back[i]}`);
    }
  }
});

test('rounding is to the nearest, ties to even', () => {
  // 2049 and 2051 lie half-way between halves; 65519 rounds down to the largest half, 65520 up to infinity.
  expect(singleToHalf(2049)).toBe(singleToHalf(2048));
  expect(singleToHalf(2051)).toBe(singleToHalf(2052));
  expect(singleToHalf(65519)).toBe(0x7bff);
  expect(singleToHalf(65520)).toBe(0x7c00);
  expect(singleToHalf(2 ** -25)).toBe(0);
  expect(singleToHalf(1.5 * 2 ** -24)).toBe(2);
  expect(singleToHalf(-Infinity)).toBe(0xfc00);
  // 1 + 2^-8 lies half-way between two bfloats, 1 + 3·2^-8 too.
  expect([...toFloat32(fromFloat32(Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8), 'BF16'), 'BF16')]).toEqual([1, 1 + 2 ** -6]);
});

test('a half is the nearest one to any single', () => {
  const random = seeded(3);
  const halves = toFloat32(bytesOf(Uint16Array.from({ length: 0x7c00 }, (_, i) => i)), 'F16');
  for (let i = 0; i < 2000; i++) {
    const value = Math.fround(2 ** (random() * 40 - 26));
    const code = singleToHalf(value);
    if (code >= 0x7c00) continue;
    const distance = Math.abs(halves[code] - value);
    for (const neighbour of [code - 1, code + 1]) {
      if (neighbour >= 0 && neighbour < 0x7c00) expect(Math.abs(halves[neighbour] - value)).toBeGreaterThanOrEqual(distance);
    }
  }
});

test('NaN and infinity are found in each format, at unaligned bytes too', () => {
  for (const dtype of ['F32', 'F16', 'BF16'] as const) {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const bytes = fromFloat32(Float32Array.of(1, -2, bad, 3), dtype);
      const shifted = new Uint8Array(bytes.length + 1);
      shifted.set(bytes, 1);
      expect(firstNonFinite(shifted.subarray(1), dtype)).toBe(2);
    }
    expect(firstNonFinite(fromFloat32(Float32Array.of(0, 1e-30, 65504), dtype), dtype)).toBe(-1);
  }
});
