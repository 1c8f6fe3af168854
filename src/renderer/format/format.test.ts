import { describe, expect, it } from 'vitest';
import { formatAgo, formatBytes, formatCount, formatDuration, formatNumber, formatPercent, formatPoints, formatPointsInterval, formatSmall, formatTimeLeft, parseNumber } from './index.ts';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('figures', () => {
  it('have a true minus, never a hyphen, and no minus zero', () => {
    expect(formatNumber(-0.4, { digits: 2 })).toBe('−0.40');
    expect(formatNumber(-0.0001, { digits: 2, sign: true })).toBe('0.00');
    expect(formatNumber(1180)).toBe('1,180');
  });
  it('have a dash where nothing is known', () => {
    for (const value of [undefined, null, Number.NaN, Infinity]) expect(formatNumber(value)).toBe('–');
    expect(formatPercent(undefined)).toBe('–');
  });
  it('are shares, gains and intervals with one digit', () => {
    expect(plain(formatPercent(0.646))).toBe('64.6 %');
    expect(formatPoints(0.118)).toBe('+11.8');
    expect(formatPoints(-0.031)).toBe('−3.1');
    expect(formatPointsInterval({ low: -0.002, high: 0.176 })).toBe('−0.2 … 17.6');
  });
  it('are counted and weighed in units that fit', () => {
    expect([4_600_000, 134_515_008, 9_400, 10_752, 7.24e9].map((n) => plain(formatCount(n)))).toEqual(['4.6 M', '135 M', '9,400', '10.8 k', '7.2 B']);
    expect([512, 18_400_000, 1_240, 999_700, 14.5e9].map((n) => plain(formatBytes(n)))).toEqual(['512 B', '18 MB', '1.2 kB', '1.0 MB', '15 GB']);
  });
  it('are small settings without noise', () => {
    expect([0.002, 0.02, 2e-5, 1, 0].map(formatSmall)).toEqual(['0.002', '0.02', '2·10⁻⁵', '1', '0']);
  });
});

describe('a typed number', () => {
  it.each([['−0,4', -0.4], ['1,180', 1180], ['0.35', 0.35], [' 2 ', 2], ['1e-3', 1e-3]])('%s is %d', (text, value) => expect(parseNumber(text)).toBe(value));
  it.each(['', 'x', '1.2.3'])('"%s" is none', (text) => expect(parseNumber(text)).toBeNaN());
  it('reads back what was written', () => {
    for (const value of [-0.4, 1180, 0.35, 12_345.5]) expect(parseNumber(formatNumber(value, { digits: 2 }))).toBe(value);
  });
});

describe('time', () => {
  it('is told in its two largest units', () => {
    expect([0.25, 42, 70, 3600, 7500, 90_000].map((s) => plain(formatDuration(s)))).toEqual(['250 ms', '42 s', '1 min 10 s', '1 h', '2 h 5 min', '1 d 1 h']);
  });
  it('left does not flicker', () => {
    expect([2, 31, 33, 71, 5000].map((s) => plain(formatTimeLeft(s)))).toEqual(['a few seconds left', 'about 35 s left', 'about 35 s left', 'about 1 min left', 'about 1 h 25 min left']);
    expect(formatTimeLeft(undefined)).toBe('');
  });
  it('passed is relative at first', () => {
    const now = 1e12;
    expect([10, 300, 7200, 100_000].map((s) => plain(formatAgo(now - s * 1000, now)))).toEqual(['just now', '5 min ago', '2 h ago', 'yesterday']);
  });
});
