/** From a drawing on the page to a file: SVG as it is seen, or PNG with two dots to a pixel. */
import { readToken } from '../colors.ts';
import { standaloneSvg, type Drawn } from './svg.ts';

const dotsPerPixel = 2;

/** The colour behind an element: of the nearest ancestor that has one. */
function backgroundOf(element: Element): string {
  for (let at: Element | null = element; at; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at);
    if (backgroundColor !== 'transparent' && !/, 0\)$/.test(backgroundColor)) return backgroundColor;
  }
  return getComputedStyle(document.body).backgroundColor;
}

export function svgFileOf(drawing: SVGSVGElement, title: string, caption?: string): string {
  const styles = new Map<Drawn, CSSStyleDeclaration>();
  const styleOf = (node: Drawn, property: string): string => {
    const style = styles.get(node) ?? getComputedStyle(node as unknown as Element);
    styles.set(node, style);
    return style.getPropertyValue(property);
  };
  const { width, height } = drawing.getBoundingClientRect();
  const { fontFamily, color } = getComputedStyle(drawing);
  const quiet = `rgb(${readToken(document.body, '--ink-3').join(', ')})`;
  return standaloneSvg(drawing, { title, caption, width: Math.round(width), height: Math.round(height), background: backgroundOf(drawing), styleOf, font: fontFamily, ink: color, quiet });
}

/** The same picture as dots. Rejects when the browser cannot draw it. */
export async function pngFileOf(svg: string): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
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
