import { describe, expect, it } from 'vitest';
import { fitted, fittedRow, shortened } from './fit-text.ts';

const measure = (text: string): number => 10 * [...text].length;

describe('a name in a drawing', () => {
  it('is cut in its middle, so that what tells it apart stays, and never to nothing', () => {
    expect([fitted('math', 40, measure), fitted('arithmetic', 5, measure)]).toEqual(['math', 'a…']);
    const cut = ['school sums seed 3', 'school sums seed 4'].map((name) => fitted(name, 120, measure));
    expect(cut).toEqual(['school…eed 3', 'school…eed 4']);
    expect([shortened('adaptation seed 3', 9), shortened('math', 9)]).toEqual(['adap…ed 3', 'math']);
  });
  it('never runs into the one beside it, however near their marks stand', () => {
    const margins = { first: 20, last: 34 };
    for (const step of [70, 90, 120, 300]) {
      const names = fittedRow(['Generation', 'arithmetic', 'logic', 'a very long name of an expert', 'Score'], step, margins, measure);
      const spans = names.map((name, at) => {
        const width = measure(name);
        if (at === 0) return [-margins.first, width - margins.first];
        const mark = at * step;
        return at === names.length - 1 ? [mark + margins.last - width, mark + margins.last] : [mark - width / 2, mark + width / 2];
      });
      for (let at = 1; at < spans.length; at++) expect(spans[at][0]).toBeGreaterThanOrEqual(spans[at - 1][1] + 9);
    }
    expect(fittedRow(['Generation', 'math', 'Score'], 300, margins, measure)).toEqual(['Generation', 'math', 'Score']);
  });
});
