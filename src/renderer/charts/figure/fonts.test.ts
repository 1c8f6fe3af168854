import { expect, test } from 'vitest';
import { covers, facesFor, type Face } from './fonts.ts';

const latin = 'U+0000-00FF, U+0131, U+2??';
const face = (family: string, range: string): Face => ({ family, weight: '100 900', style: 'normal', range, file: `${family}-${range}.woff2` });

test('a face covers what has a character in its ranges: single ones, from to, and with wildcards', () => {
  expect(covers(latin, 'z')).toBe(true);
  expect(covers(latin, 'ı')).toBe(true);
  expect(covers(latin, '\u{2AB}')).toBe(true);
  expect(covers(latin, 'Ω')).toBe(false);
  expect(covers(latin, 'Ωz')).toBe(true);
  expect(covers('U+1F600-1F64F', '😀')).toBe(true);
  expect(covers('', 'Ω')).toBe(true);
});

test('a picture takes along the families that it names, and of them what its characters need', () => {
  const declared = [face('Inter Variable', latin), face('Inter Variable', 'U+0370-03FF'), face('JetBrains Mono Variable', latin)];
  expect(facesFor(`<svg font-family="'Inter Variable', sans-serif">z = 1</svg>`, declared)).toEqual([declared[0]]);
  expect(facesFor(`<svg font-family="'Inter Variable', sans-serif">α = 1</svg>`, declared)).toEqual([declared[0], declared[1]]);
  expect(facesFor('<svg>z</svg>', declared)).toEqual([]);
});
