import { describe, expect, it } from 'vitest';
import { panelsOf } from './panels.ts';

const settings = { count: 7, gap: 20, pitch: 100, wanted: 170, narrowest: 60 };

describe('small multiples', () => {
  it('fill the width in equal panels, with a gap between them and none at the end', () => {
    const { rows, panelWidth, place } = panelsOf({ ...settings, width: 700 });
    expect(rows).toBe(2);
    expect(4 * panelWidth + 3 * 20).toBe(700);
    expect([0, 3, 4, 6].map(place)).toEqual(['translate(0 0)', 'translate(540 0)', 'translate(0 100)', 'translate(360 100)']);
  });
  it('stand below each other in a narrow drawing, and never get narrower than they may', () => {
    const { rows, panelWidth, place } = panelsOf({ ...settings, width: 0 });
    expect([rows, panelWidth, place(1)]).toEqual([7, 60, 'translate(0 100)']);
  });
  it('share the width among those that there are, and stop at the most in a row', () => {
    expect(panelsOf({ ...settings, count: 2, width: 700 }).panelWidth).toBe(340);
    expect(panelsOf({ ...settings, most: 3, width: 700 }).rows).toBe(3);
  });
  it('take no row where there is nothing', () => {
    expect(panelsOf({ ...settings, count: 0, width: 700 }).rows).toBe(0);
  });
});
