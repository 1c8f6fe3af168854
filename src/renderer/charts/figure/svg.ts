/**
 * A drawing of the window as a file of its own: colours and fonts are what the theme made of them at that moment,
 * written into each element, so that nothing of the window's style sheets is needed to show it again.
 */

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

export interface SvgOptions {
  title: string;
  /** below the title: what axes and marks mean; none where it is empty */
  caption?: string;
  width: number; height: number; background: string; styleOf: StyleOf;
  /** of title and caption */
  font: string; ink: string; quiet: string;
}

/** What a style sheet may decide about a mark, with the value that needs no writing. */
const properties: Record<string, string> = {
  fill: '', stroke: 'none', 'stroke-width': '1px', 'stroke-dasharray': 'none', 'stroke-linecap': 'butt', 'stroke-linejoin': 'miter',
  'fill-opacity': '1', 'stroke-opacity': '1', opacity: '1', 'image-rendering': 'auto', 'paint-order': 'normal',
};
const textProperties: Record<string, string> = { 'font-family': '', 'font-size': '', 'font-weight': '400', 'text-anchor': 'start' };
const elementNode = 1;
const textNode = 3;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const quoted = (text: string): string => `"${escaped(text).replaceAll('"', '&quot;')}"`;
/** Classes, inline style and what only the live page needs are left behind. */
const kept = (name: string): boolean => !/^(class|style|id|tabindex|role|aria-.*|data-.*|on.*|xmlns.*)$/.test(name);

function markup(node: Drawn, styleOf: StyleOf): string {
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
  const inner = Array.from(node.childNodes, (child) => markup(child, styleOf)).join('');
  const written = [...attributes].map(([key, value]) => ` ${key}=${quoted(value)}`).join('');
  return inner === '' ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>`;
}

const titleHeight = 30;
const captionHeight = 18;
/** around the drawing, and below it */
const margin = 12;

/** The whole file, on the background that it is shown on, with its title above it. `width` and `height` are the drawing's, in CSS pixels. */
export function standaloneSvg(drawing: Drawn, { title, caption = '', width, height, background, styleOf, font, ink, quiet }: SvgOptions): string {
  const inner = Array.from(drawing.childNodes, (child) => markup(child, styleOf)).join('');
  const head = titleHeight + (caption === '' ? 0 : captionHeight);
  const line = (text: string, y: number, fill: string, style: string): string => `<text x="${margin}" y="${y}" fill=${quoted(fill)} font-family=${quoted(font)} ${style}>${escaped(text)}</text>`;
  const heading = line(title, 19, ink, 'font-size="13px" font-weight="600"') + (caption === '' ? '' : line(caption, titleHeight + 7, quiet, 'font-size="11px"'));
  const [fullWidth, fullHeight] = [width + 2 * margin, height + head + margin];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="${fullWidth}" height="${fullHeight}" viewBox="0 0 ${fullWidth} ${fullHeight}"><title>${escaped(title)}</title><rect width="${fullWidth}" height="${fullHeight}" fill=${quoted(background)}/>${heading}<g transform="translate(${margin} ${head})">${inner}</g></svg>\n`;
}
