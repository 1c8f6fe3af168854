/** What stands around a saved drawing: lines broken to its width, and the key as marks beside their words. */

/** Width of a line in pixels, in the font that it will be written in. */
export type Measure = (text: string) => number;

/** Broken between words so that no line is wider than `width`; a word that is wider alone is broken within. No line for nothing. */
export function wrapped(text: string, width: number, measure: Measure): string[] {
  const lines: string[] = [];
  let line = '';
  const words = text.split(/[ \n]+/).filter((word) => word !== '');
  for (let word of words) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (measure(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    while (measure(word) > width && word.length > 1) {
      let fits = word.length - 1;
      while (fits > 1 && measure(word.slice(0, fits)) > width) fits--;
      lines.push(word.slice(0, fits));
      word = word.slice(fits);
    }
    line = word;
  }
  return line === '' ? lines : [...lines, line];
}

/** `markup` is SVG with its origin at the mark's upper left corner. */
export interface KeyMark { width: number; height: number; markup: string }
export interface KeyItem { text: string; mark?: KeyMark }
export interface PlacedItem { item: KeyItem; x: number; /** counted from 0 */ line: number; textX: number }

const gapBefore = 16;
const gapWithin = 5;

function shortened(text: string, width: number, measure: Measure): string {
  if (measure(text) <= width) return text;
  let letters = text.length - 1;
  while (letters > 1 && measure(`${text.slice(0, letters)}…`) > width) letters--;
  return `${text.slice(0, letters)}…`;
}

/** Items beside each other, in as many lines as they need; one that is wider than a line is cut. */
export function placedKey(items: readonly KeyItem[], width: number, measure: Measure): PlacedItem[] {
  let [x, line] = [0, 0];
  return items.map((item) => {
    const markWidth = item.mark ? item.mark.width + gapWithin : 0;
    const text = shortened(item.text, width - markWidth, measure);
    const whole = markWidth + measure(text);
    if (x > 0 && x + whole > width) [x, line] = [0, line + 1];
    const placed = { item: { ...item, text }, x, line, textX: x + markWidth };
    x += whole + gapBefore;
    return placed;
  });
}

/** As the page draws an empty element: a field, a ring, or a line where it has no height but a border above. Lengths in pixels, colours and line styles as CSS has them. */
export interface BoxStyle { width: number; height: number; background: string; border: { width: number; style: string; color: string }; radius: number }

const isSeen = (color: string): boolean => color !== 'transparent' && !/, 0\)$/.test(color);

export function boxMark({ width, height, background, border, radius }: BoxStyle): KeyMark {
  const stroke = border.width > 0 && border.style !== 'none' ? ` stroke="${border.color}" stroke-width="${border.width}"` : '';
  const dashes = border.style === 'dashed' ? ` stroke-dasharray="${2 * border.width} ${2 * border.width}"` : '';
  if (stroke !== '' && height <= border.width) return { width, height: border.width, markup: `<line x1="0" x2="${width}" y1="${border.width / 2}" y2="${border.width / 2}"${stroke}${dashes}/>` };
  const inset = stroke === '' ? 0 : border.width / 2;
  return { width, height, markup: `<rect x="${inset}" y="${inset}" width="${width - 2 * inset}" height="${height - 2 * inset}" rx="${Math.min(radius, width / 2, height / 2)}" fill="${isSeen(background) ? background : 'none'}"${stroke}${dashes}/>` };
}
