/** From a drawing on the page to a file: SVG as it is seen, or PNG with two dots to a pixel. */
import { plainColor, readToken } from '../colors.ts';
import { boxMark, type KeyItem } from './caption.ts';
import { withFonts } from './fonts.ts';
import type { FigureSource } from './source.ts';
import { markup, standaloneSvg, type Drawn, type LengthOf, type StyleOf } from './svg.ts';

const dotsPerPixel = 2;

/** The colour behind an element: of the nearest ancestor that has one. */
function backgroundOf(element: Element): string {
  for (let at: Element | null = element; at; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at);
    if (backgroundColor !== 'transparent' && !/, 0\)$/.test(backgroundColor)) return backgroundColor;
  }
  return getComputedStyle(document.body).backgroundColor;
}

const lengthOf: LengthOf = (text) => (text as unknown as SVGTextContentElement).getComputedTextLength();

/** Styles in force, each element's asked for once; mixed colours as red, green and blue, which every viewer of SVG knows. */
function styles(): StyleOf {
  const known = new Map<Drawn, CSSStyleDeclaration>();
  return (node, property) => {
    const style = known.get(node) ?? getComputedStyle(node as unknown as Element);
    known.set(node, style);
    const value = style.getPropertyValue(property);
    return /^(oklab|oklch|color|lab|lch)\(/.test(value) ? plainColor(value) : value;
  };
}

/** The key of a figure as the page shows it: a `span` for each item, which may open with its mark, a small `<svg>` or an empty `<i>`. */
function keyOf(element: Element, styleOf: StyleOf): KeyItem[] {
  return Array.from(element.querySelectorAll(':scope > span'), (span): KeyItem => {
    const text = (span.textContent ?? '').trim();
    const mark = span.querySelector(':scope > svg, :scope > i');
    if (!mark) return { text };
    const { width, height } = mark.getBoundingClientRect();
    if (mark instanceof SVGSVGElement) {
      const inner = Array.from(mark.childNodes, (child) => markup(child as unknown as Drawn, styleOf, lengthOf)).join('');
      return { text, mark: { width, height, markup: `<svg width="${width}" height="${height}" viewBox="${mark.getAttribute('viewBox') ?? `0 0 ${width} ${height}`}">${inner}</svg>` } };
    }
    const style = getComputedStyle(mark);
    const radius = style.borderTopLeftRadius;
    return { text, mark: boxMark({
      width, height, background: styleOf(mark, 'background-color'), border: { width: Number.parseFloat(style.borderTopWidth), style: style.borderTopStyle, color: styleOf(mark, 'border-top-color') },
      radius: (Number.parseFloat(radius) || 0) * (radius.endsWith('%') ? width / 100 : 1),
    }) };
  });
}

export interface PictureWords { title: string; source: FigureSource | null; caption: string; key: Element | null }

export function svgFileOf(drawing: SVGSVGElement, { title, source, caption, key }: PictureWords): string {
  const styleOf = styles();
  const { width, height } = drawing.getBoundingClientRect();
  const { fontFamily, color } = getComputedStyle(drawing);
  const quiet = `rgb(${readToken(document.body, '--ink-3').join(', ')})`;
  const context = document.createElement('canvas').getContext('2d');
  if (!context) throw new Error('This browser cannot measure text.');
  const measure = (text: string, size: number, weight: number): number => {
    context.font = `${weight} ${size}px ${fontFamily}`;
    return context.measureText(text).width;
  };
  return standaloneSvg(drawing, {
    title, source, caption, key: key ? keyOf(key, styleOf) : [], width: Math.round(width), height: Math.round(height), background: backgroundOf(drawing), styleOf, lengthOf, font: fontFamily, ink: color, quiet, measure,
  });
}

/** The same picture as dots, in the window's fonts. Rejects when the browser cannot draw it. */
export async function pngFileOf(svg: string): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([await withFonts(svg)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth * dotsPerPixel;
    canvas.height = image.naturalHeight * dotsPerPixel;
    const context = canvas.getContext('2d');
    if (!context) throw new Error('This browser gives no canvas to draw the picture on.');
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be written as PNG.'))), 'image/png'));
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Hands a file to the person, as a browser does: into the downloads. */
export function saveFile(name: string, content: Blob | string, type = 'text/plain'): void {
  const address = URL.createObjectURL(typeof content === 'string' ? new Blob([content], { type }) : content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
