/**
 * A drawing of the window as a file of its own: colours and fonts are what the theme made of them at that moment,
 * written into each element, so that nothing of the window's style sheets is needed to show it again.
 * Texts keep the width that they had on the page, whatever font stands in where the file is opened.
 */
import { placedKey, wrapped, type KeyItem } from './caption.ts';
import type { FigureSource } from './source.ts';

/** What of an element is read; the browser's elements have it, and so have a test's. */
export interface Drawn {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly textContent: string | null;
  readonly attributes?: ArrayLike<{ readonly name: string; readonly value: string }>;
  readonly childNodes: ArrayLike<Drawn>;
}
/** The value of a CSS property in force at an element. */
export type StyleOf = (element: Drawn, property: string) => string;

/** Width of a text as the page draws it, in pixels. */
export type LengthOf = (text: Drawn) => number;

export interface SvgOptions {
  title: string;
  /** what it is of, below the title, and as the file's metadata with the command that repeats it, which stands at the foot */
  source?: FigureSource | null;
  /** what axes and marks mean; none where it is empty */
  caption?: string;
  /** marks in their colours, above the drawing */
  key?: readonly KeyItem[];
  width: number; height: number; background: string; styleOf: StyleOf; lengthOf: LengthOf;
  /** of what is written around the drawing; `measure`: of a line, in pixels */
  font: string; ink: string; quiet: string; measure: (text: string, size: number, weight: number) => number;
}

/** What a style sheet may decide about a mark, with the value that needs no writing. */
const properties: Record<string, string> = {
  fill: '', stroke: 'none', 'stroke-width': '1px', 'stroke-dasharray': 'none', 'stroke-linecap': 'butt', 'stroke-linejoin': 'miter',
  'fill-opacity': '1', 'stroke-opacity': '1', opacity: '1', 'image-rendering': 'auto', 'paint-order': 'normal',
};
const textProperties: Record<string, string> = { 'font-family': '', 'font-size': '', 'font-weight': '400', 'font-variant': 'normal', 'text-anchor': 'start' };
const elementNode = 1;
const textNode = 3;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const quoted = (text: string): string => `"${escaped(text).replaceAll('"', '&quot;')}"`;
const rounded = (pixels: number): string => String(Math.round(pixels * 10) / 10);
/** Classes, inline style and what only the live page needs are left behind. */
const kept = (name: string): boolean => !/^(class|style|id|tabindex|role|aria-.*|data-.*|on.*|xmlns.*)$/.test(name);

/** SVG of an element and all within it, with what its style sheets decide written into each mark. */
export function markup(node: Drawn, styleOf: StyleOf, lengthOf: LengthOf): string {
  if (node.nodeType === textNode) return escaped(node.textContent ?? '');
  if (node.nodeType !== elementNode || styleOf(node, 'display') === 'none' || styleOf(node, 'visibility') === 'hidden') return '';
  const name = node.nodeName;
  const attributes = new Map<string, string>();
  for (const attribute of Array.from(node.attributes ?? [])) if (kept(attribute.name)) attributes.set(attribute.name, attribute.value);
  if (name !== 'title' && name !== 'g') {
    for (const [property, usual] of Object.entries(name === 'text' || name === 'tspan' ? { ...properties, ...textProperties } : properties)) {
      const value = styleOf(node, property);
      if (value !== '' && value !== usual) attributes.set(property, value);
      else attributes.delete(property);
    }
  } else {
    // a group passes on nothing but its opacity: its marks carry the rest themselves
    const opacity = styleOf(node, 'opacity');
    if (opacity !== '' && opacity !== '1') attributes.set('opacity', opacity);
  }
  const inner = Array.from(node.childNodes, (child) => markup(child, styleOf, lengthOf)).join('');
  if (name === 'text' && lengthOf(node) > 0) attributes.set('textLength', rounded(lengthOf(node))).set('lengthAdjust', 'spacingAndGlyphs');
  const written = [...attributes].map(([key, value]) => ` ${key}=${quoted(value)}`).join('');
  return inner === '' ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>`;
}

/** around the drawing */
const margin = 12;
const heading = { size: 13, weight: 600, height: 18 } as const;
const plain = { size: 11, weight: 400, height: 15 } as const;

/** The whole file, on the background that it is shown on, with its words above and its command below it. `width` and `height` are the drawing's, in CSS pixels. */
export function standaloneSvg(drawing: Drawn, { title, source, caption = '', key = [], width, height, background, styleOf, lengthOf, font, ink, quiet, measure }: SvgOptions): string {
  const parts: string[] = [];
  let y = 6;
  const line = (text: string, x: number, fill: string, { size, weight }: typeof heading | typeof plain): string =>
    `<text x="${rounded(margin + x)}" y="${rounded(y)}" fill=${quoted(fill)} font-family=${quoted(font)} font-size="${size}px" font-weight="${weight}" textLength="${rounded(measure(text, size, weight))}" lengthAdjust="spacingAndGlyphs">${escaped(text)}</text>`;
  const write = (text: string, fill: string, style: typeof heading | typeof plain): void => {
    for (const words of wrapped(text, width, (one) => measure(one, style.size, style.weight))) {
      y += style.height;
      parts.push(line(words, 0, fill, style));
    }
  };
  write(title, ink, heading);
  write(source?.of ?? '', quiet, plain);
  write(caption, quiet, plain);
  const items = placedKey(key, width, (text) => measure(text, plain.size, plain.weight));
  if (items.length > 0) y += 3;
  for (const [at, { item: { text, mark }, x, textX, line: row }] of items.entries()) {
    if (at === 0 || row > items[at - 1].line) y += plain.height + 2;
    if (mark) parts.push(`<g transform="translate(${rounded(margin + x)} ${rounded(y - 4 - mark.height / 2)})">${mark.markup}</g>`);
    parts.push(line(text, textX, quiet, plain));
  }
  const top = y + margin;
  parts.push(`<g transform="translate(${margin} ${rounded(top)})">${Array.from(drawing.childNodes, (child) => markup(child, styleOf, lengthOf)).join('')}</g>`);
  y = top + height;
  if (source?.command) {
    y += 4;
    write(source.command, quiet, plain);
  }
  const [fullWidth, fullHeight] = [width + 2 * margin, Math.ceil(y + margin)];
  const metadata = source ? `<metadata>${escaped(JSON.stringify({ title, ...source, program: 'Singular' }))}</metadata>` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="${fullWidth}" height="${fullHeight}" viewBox="0 0 ${fullWidth} ${fullHeight}"><title>${escaped(title)}</title>${metadata}<rect width="${fullWidth}" height="${fullHeight}" fill=${quoted(background)}/>${parts.join('')}</svg>\n`;
}
