/** The tokens keep the promise of WCAG 2.2: 4.5 : 1 for text (1.4.3), 3 : 1 for the edges of controls and marks (1.4.11). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

function token(name: string, theme: 'light' | 'dark'): string {
  const match = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css);
  if (!match) throw new Error(`tokens.css has no --${name}`);
  return theme === 'light' ? match[1] : match[2];
}
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const grounds = ['bg', 'surface', 'sunken', 'raised', 'hover'];
const texts = ['ink', 'ink-2', 'ink-3', 'accent', 'good', 'bad'];
const pairs: [string, string, number][] = [
  ...texts.flatMap((text) => grounds.map((ground): [string, string, number] => [text, ground, 4.5])),
  ['on-accent', 'accent', 4.5], ['ink', 'accent-soft', 4.5], ['ink-2', 'accent-soft', 4.5], ['bg', 'ink', 4.5], ['bad', 'bad-soft', 4.5],
  ...['control', 'above', 'below'].flatMap((mark) => ['bg', 'surface'].map((ground): [string, string, number] => [mark, ground, 3])),
];

describe.each(['light', 'dark'] as const)('contrast in the %s theme', (theme) => {
  it.each(pairs)('%s on %s is at least %s : 1', (text, ground, least) => {
    expect(contrast(token(text, theme), token(ground, theme))).toBeGreaterThanOrEqual(least);
  });
});
