import { describe, expect, it } from 'vitest';
import { alphaAfterKey, alphaInWords, clampToFader, formatAlpha, parseAlpha, positionOf, valueAt, withDetents } from './alpha.ts';

describe('the keys of a fader', () => {
  it('moves by 0.05, by 0.25 with shift, by 0.5 with page keys, and to the ends', () => {
    expect(alphaAfterKey(0, 'ArrowUp', false)).toBe(0.05);
    expect(alphaAfterKey(0, 'ArrowDown', false)).toBe(-0.05);
    expect(alphaAfterKey(0.1, 'ArrowUp', true)).toBe(0.35);
    expect(alphaAfterKey(0.1, 'PageDown', false)).toBe(-0.4);
    expect(alphaAfterKey(0.1, 'Home', false)).toBe(-1);
    expect(alphaAfterKey(0.1, 'End', false)).toBe(2);
    expect(alphaAfterKey(0.35, '0', false)).toBe(0);
  });

  it('stops at the ends and never drifts from the hundredths', () => {
    let value = -1;
    for (let i = 0; i < 100; i++) value = alphaAfterKey(value, 'ArrowUp', false) ?? Number.NaN;
    expect(value).toBe(2);
    for (let i = 0; i < 40; i++) value = alphaAfterKey(value, 'ArrowDown', false) ?? Number.NaN;
    expect(Object.is(value, 0)).toBe(true);
  });

  it('lets a typed value beyond the scale come back but not go on', () => {
    expect(alphaAfterKey(4, 'ArrowUp', false)).toBe(4);
    expect(alphaAfterKey(4, 'ArrowDown', false)).toBe(2);
  });

  it('leaves other keys alone', () => {
    expect(alphaAfterKey(1, 'Tab', false)).toBeNull();
    expect(alphaAfterKey(1, 'a', false)).toBeNull();
  });
});

describe('a typed α', () => {
  it('reads what people type', () => {
    expect(parseAlpha(' 0,35 ')).toBe(0.35);
    expect(parseAlpha('−0.4')).toBe(-0.4);
    expect(parseAlpha('.5')).toBe(0.5);
    expect(parseAlpha('35 %')).toBe(0.35);
    expect(parseAlpha('4')).toBe(4);
  });

  it('refuses what is not a number within ±10', () => {
    for (const text of ['', 'one', '1e3', '11', '1.2.3', '--1', 'Infinity']) expect(parseAlpha(text)).toBeNull();
  });

  it('reads back what it wrote', () => {
    for (let hundredths = -300; hundredths <= 300; hundredths += 7) {
      expect(parseAlpha(formatAlpha(hundredths / 100))).toBe(hundredths / 100);
    }
    expect(formatAlpha(-0.001)).toBe('0.00');
    expect(alphaInWords(-0.4)).toBe('minus 0.40, turned away from the expert');
  });
});

describe('the scale', () => {
  it('maps value to height and back', () => {
    for (const value of [-1, -0.4, 0, 0.35, 1, 2]) expect(valueAt(positionOf(value, 212, 10), 212, 10)).toBe(value);
    expect(positionOf(4, 212, 10)).toBe(10);
    expect(clampToFader(-7)).toBe(-1);
    expect(withDetents(0.98)).toBe(1);
    expect(withDetents(0.9)).toBe(0.9);
  });
});
