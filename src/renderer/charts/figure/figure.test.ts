import { describe, expect, it } from 'vitest';
import { fileNameOf, shownCell, toCsv } from './table.ts';
import { boxMark, placedKey, wrapped } from './caption.ts';
import { gainColumns, percentColumn } from './columns.ts';
import { standaloneSvg, type Drawn, type SvgOptions } from './svg.ts';

describe('the CSV file of a figure', () => {
  it('quotes what would be misread and keeps numbers whole', () => {
    const table = { columns: [{ label: 'name' }, { label: 'gain, points' }], rows: [['plain', 0.1 + 0.2], ['a "quoted", name', -1e-7], ['two\nlines', null], [' outer ', Number.NaN]] };
    expect(toCsv(table)).toBe('name,"gain, points"\r\nplain,0.30000000000000004\r\n"a ""quoted"", name",-1e-7\r\n"two\nlines",\r\n" outer ",\r\n');
  });
  it('has points and percent as its headings say, as its table has them', () => {
    const table = { columns: [{ label: 'name' }, percentColumn('Score'), ...gainColumns()], rows: [['plain', 0.267, 0.07, -0.0312345, null]] };
    expect(toCsv(table)).toBe('name,"Score, %","Gain, points","Gain, low, points","Gain, high, points"\r\nplain,26.7,7,-3.12345,\r\n');
    expect(table.columns.map((column, at) => shownCell(table.rows[0][at], column))).toEqual(['plain', '26.7', '+7.0', '−3.1', '–']);
  });
  it('is headings alone where there is nothing', () => expect(toCsv({ columns: [{ label: 'a' }, { label: 'b' }], rows: [] })).toBe('a,b\r\n'));
});

describe('the table of a figure', () => {
  it('writes numbers as the column says, and a dash for what is missing', () => {
    expect(shownCell(0.5, { label: 'x', format: (value) => `${value * 100} %` })).toBe('50 %');
    expect(shownCell(null, { label: 'x' })).toBe('–');
    expect(shownCell('text', { label: 'x', format: () => 'never' })).toBe('text');
  });
  it('gives files a name', () => {
    expect(fileNameOf('Größe, by “layer” / rank')).toBe('größe-by-layer-rank');
    expect(fileNameOf('…')).toBe('figure');
  });
});

describe('the words around a saved drawing', () => {
  const measure = (words: string): number => 10 * words.length;
  it('are broken between words, and within a word that is wider than the picture', () => {
    expect(wrapped('a bc  def', 40, measure)).toEqual(['a bc', 'def']);
    expect(wrapped('x abcdefghij y', 40, measure)).toEqual(['x', 'abcd', 'efgh', 'ij y']);
    expect(wrapped('', 40, measure)).toEqual([]);
  });
  it('are a key whose items stand beside each other while they fit, and are cut where one alone does not', () => {
    const items = [{ text: 'abc', mark: { width: 10, height: 10, markup: '' } }, { text: 'de' }, { text: 'fghijklmn' }];
    expect(placedKey(items, 100, measure).map(({ x, textX, line }) => [x, textX, line])).toEqual([[0, 15, 0], [61, 61, 0], [0, 0, 1]]);
    expect(placedKey([{ text: 'abcdefgh' }], 40, measure)[0].item.text).toBe('abc…');
  });
});

const text = (content: string): Drawn => ({ nodeType: 3, nodeName: '#text', textContent: content, childNodes: [] });
const element = (nodeName: string, attributes: Record<string, string>, ...childNodes: Drawn[]): Drawn => ({ nodeType: 1, nodeName, textContent: null, attributes: Object.entries(attributes).map(([name, value]) => ({ name, value })), childNodes });
const styles: Record<string, Record<string, string>> = {
  line: { stroke: 'rgb(1, 2, 3)', 'stroke-width': '2px', fill: 'none', opacity: '1' },
  text: { fill: 'rgb(9, 9, 9)', 'font-family': '"Inter Variable", sans-serif', 'font-size': '11px', 'text-anchor': 'end' },
  hidden: { display: 'none' },
};
const styleOf = (node: Drawn, property: string): string => {
  const name = Array.from(node.attributes ?? []).find((attribute) => attribute.name === 'class')?.value ?? node.nodeName;
  return styles[name]?.[property] ?? '';
};

describe('the SVG file of a figure', () => {
  const drawing = element('svg', { class: 'chart', width: '10' },
    element('line', { class: 'line', x1: '0', x2: '4', style: 'stroke: var(--accent)', 'data-svelte-h': 'q', onclick: 'x()' }),
    element('g', { transform: 'translate(1 2)' }, element('text', { class: 'text', x: '3' }, text('a < b & “c”'))),
    element('rect', { class: 'hidden' }),
    { nodeType: 8, nodeName: '#comment', textContent: 'svelte', childNodes: [] });
  const options: SvgOptions = {
    title: 'Gain & <b>', caption: 'bars 95 %', width: 140, height: 20, background: 'rgb(27, 29, 32)', styleOf, lengthOf: () => 31.26, font: 'Inter', ink: 'rgb(0, 0, 0)', quiet: 'rgb(9, 9, 9)', measure: (words) => 6 * words.length,
  };
  const file = standaloneSvg(drawing, options);

  it('writes the colours in force into each mark, and no class, style, handler or variable', () => {
    expect(file).toContain('<line x1="0" x2="4" fill="none" stroke="rgb(1, 2, 3)" stroke-width="2px"/>');
    expect(file).not.toMatch(/class=|style=|onclick|data-|var\(/);
  });
  it('names its fonts, keeps the widths of its words in any other font, and escapes them', () => expect(file).toContain('<g transform="translate(1 2)"><text x="3" fill="rgb(9, 9, 9)" font-family="&quot;Inter Variable&quot;, sans-serif" font-size="11px" text-anchor="end" textLength="31.3" lengthAdjust="spacingAndGlyphs">a &lt; b &amp; “c”</text></g>'));
  it('has its size, its title and the background it was seen on', () => {
    expect(file).toContain('width="164" height="83" viewBox="0 0 164 83"><title>Gain &amp; &lt;b&gt;</title><rect width="164" height="83" fill="rgb(27, 29, 32)"/>');
    expect(file).toContain('>Gain &amp; &lt;b&gt;</text>');
    expect(file).toContain('textLength="54" lengthAdjust="spacingAndGlyphs">bars 95 %</text><g transform="translate(12 51)">');
  });
  it('breaks long words around the drawing to its width, and grows by their lines', () => {
    const long = standaloneSvg(drawing, { ...options, caption: 'gain over the base on test rows, points; bars 95 %' });
    expect([...long.matchAll(/font-size="11px" font-weight="400"[^>]*>([^<]*)</g)].map(([, words]) => words)).toEqual(['gain over the base on', 'test rows, points; bars', '95 %']);
    expect(long).toContain('height="113"');
  });
  it('says what it is of and how to repeat it, in the picture and in its metadata', () => {
    const told = standaloneSvg(drawing, { ...options, source: { of: 'adaptation · tiny', command: 'compare "a&b".json' } });
    expect(told).toContain('<metadata>{"title":"Gain &amp; &lt;b&gt;","of":"adaptation · tiny","command":"compare \\"a&amp;b\\".json","program":"Singular"}</metadata>');
    expect(told).toContain('>adaptation · tiny</text>');
    expect(told).toMatch(/<\/g><text x="12" y="\d+"[^>]*>compare "a&amp;b".json<\/text><\/svg>/);
  });
  it('draws its key as marks in their colours, in as many lines as it needs', () => {
    const mark = boxMark({ width: 10, height: 10, background: 'rgb(1, 1, 1)', border: { width: 0, style: 'none', color: '' }, radius: 2 });
    const keyed = standaloneSvg(drawing, { ...options, key: [{ text: 'first pass', mark }, { text: 'answer', mark: boxMark({ width: 14, height: 2, background: 'rgba(0, 0, 0, 0)', border: { width: 2, style: 'dashed', color: 'rgb(5, 5, 5)' }, radius: 0 }) }] });
    expect(keyed).toContain('<g transform="translate(12 50)"><rect x="0" y="0" width="10" height="10" rx="2" fill="rgb(1, 1, 1)"/></g>');
    expect(keyed).toContain('<g transform="translate(12 71)"><line x1="0" x2="14" y1="1" y2="1" stroke="rgb(5, 5, 5)" stroke-width="2" stroke-dasharray="4 4"/></g>');
  });
  it('leaves out what is not seen', () => expect(file).not.toMatch(/rect\/|svelte/));
});
