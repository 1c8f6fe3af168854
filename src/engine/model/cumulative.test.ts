/** Cumulative sums by products: the sums themselves, for widths with and without divisors, and tokens drawn by them. */
import { describe, expect, it } from 'vitest';
import { input } from '../graph/builders.ts';
import { graph } from '../graph/graph.ts';
import { Random } from '../runtime/random.ts';
import { floatData, floats, longData, Session } from '../runtime/session.ts';
import { cumulative } from './cumulative.ts';
import { chooseToken } from './sampling.ts';

const open = (make: Parameters<typeof graph>[1]): Promise<Session> => Session.open(graph('test', make), { device: 'cpu', threads: 1 });

describe('cumulative', () => {
  it.each([1, 7, 64, 97, 512, 1024, 32000, 32001, 49152])('adds up %i numbers, and never falls', async (width) => {
    const random = new Random(width);
    const rows = 3;
    const x = Float32Array.from({ length: rows * width }, () => random.uniform() ** 8);
    const session = await open({ y: cumulative(input('x', 'float32', ['rows', width])) });
    const y = floatData((await session.run({ x: floats(x, [rows, width]) })).y);
    for (let row = 0; row < rows; row++) {
      let total = 0;
      let furthest = 0;
      let fell = 0;
      for (let i = row * width; i < (row + 1) * width; i++) {
        total += x[i];
        furthest = Math.max(furthest, Math.abs(y[i] - total) / total);
        if (i > row * width && y[i] < y[i - 1]) fell += y[i - 1] - y[i];
      }
      expect(furthest).toBeLessThan(3e-5);
      expect(fell).toBe(0);
    }
    await session.release();
  });

  it('draws each token as often as the softmax says, and none whose probability is zero', async () => {
    const vocabulary = 1024;
    const draws = 4096;
    const random = new Random(5);
    const logits = new Float32Array(vocabulary).fill(-Infinity);
    const likely = [0, 31, 32, 500, 1023];
    likely.forEach((token, i) => { logits[token] = Math.log(i + 1); });
    const session = await open(chooseToken(input('logits', 'float32', ['rows', vocabulary]), { kind: 'sample' }));
    const rows = new Float32Array(draws * vocabulary);
    for (let row = 0; row < draws; row++) rows.set(logits, row * vocabulary);
    const uniform = Float32Array.from({ length: draws }, (_, row) => (row === 0 ? 0 : row === 1 ? 1 - 2 ** -22 : random.uniform()));
    const tokens = longData((await session.run({ logits: floats(rows, [draws, vocabulary]), temperature: floats(Float32Array.of(1), []), uniform: floats(uniform, [draws, 1]) })).token);
    const counts = new Map<number, number>();
    for (const token of tokens) counts.set(Number(token), (counts.get(Number(token)) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual(likely);
    likely.forEach((token, i) => {
      const expected = (draws * (i + 1)) / 15;
      expect(Math.abs((counts.get(token) ?? 0) - expected)).toBeLessThan(4 * Math.sqrt(expected));
    });
    expect([Number(tokens[0]), Number(tokens[1])]).toEqual([0, 1023]);
    await session.release();
  });
});
