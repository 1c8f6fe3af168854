import { describe, expect, it } from 'vitest';
import { fileNameOf, shownCell, toCsv } from './table.ts';
import { standaloneSvg, type Drawn } from './svg.ts';

describe('the CSV file of a figure', () => {
  it('quotes what would be misread and keeps numbers whole', () => {
    const table = { columns: [{ label: 'name' }, { label: 'gain, points' }], rows: [['plain', 0.1 + 0.2], ['a "quoted", name', -1e-7], ['two\nlines', null], [' outer ', Number.NaN]] };
    expect(toCsv(table)).toBe('name,"gain, points"\r\nplain,0.30000000000000004\r\n"a ""quoted"", name",-1e-7\r\n"two\nlines",\r\n" outer ",\r\n');
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
  const file = standaloneSvg(drawing, { title: 'Gain & <b>', caption: 'bars 95 %', width: 40, height: 20, background: 'rgb(27, 29, 32)', styleOf, font: 'Inter', ink: 'rgb(0, 0, 0)', quiet: 'rgb(9, 9, 9)' });

  it('writes the colours in force into each mark, and no class, style, handler or variable', () => {
    expect(file).toContain('<line x1="0" x2="4" fill="none" stroke="rgb(1, 2, 3)" stroke-width="2px"/>');
    expect(file).not.toMatch(/class=|style=|onclick|data-|var\(/);
  });
  it('names its fonts and escapes its words', () => expect(file).toContain('<g transform="translate(1 2)"><text x="3" fill="rgb(9, 9, 9)" font-family="&quot;Inter Variable&quot;, sans-serif" font-size="11px" text-anchor="end">a &lt; b &amp; “c”</text></g>'));
  it('has its size, its title and the background it was seen on', () => {
    expect(file).toContain('width="64" height="80" viewBox="0 0 64 80"><title>Gain &amp; &lt;b&gt;</title><rect width="64" height="80" fill="rgb(27, 29, 32)"/>');
    expect(file).toContain('>Gain &amp; &lt;b&gt;</text>');
    expect(file).toContain('fill="rgb(9, 9, 9)" font-family="Inter" font-size="11px">bars 95 %</text><g transform="translate(12 48)">');
  });
  it('leaves out what is not seen', () => expect(file).not.toMatch(/rect\/|svelte/));
});
