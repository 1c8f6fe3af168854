/** Names in a drawing: cut to the room there is, the whole of them in a title beside. */

/** Width of a text in pixels. */
export type Measure = (text: string) => number;

/**
 * The text where it fits into `room` pixels, else as much of its beginning and its end as fits around an ellipsis: names
 * are often told apart by how they end. At least one letter.
 */
export function fitted(text: string, room: number, measure: Measure): string {
  if (measure(text) <= room) return text;
  const letters = [...text];
  const around = (kept: number): string => `${letters.slice(0, Math.ceil(kept / 2)).join('').trimEnd()}…${letters.slice(letters.length - Math.floor(kept / 2)).join('').trimStart()}`;
  let [fits, tooLong] = [1, letters.length];
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (measure(around(middle)) <= room) fits = middle;
    else tooLong = middle;
  }
  return around(fits);
}

/** The same by letters, where a letter is taken to be as wide as any other. */
export const shortened = (text: string, letters: number): string => fitted(text, letters, (one) => [...one].length);

/** Pixels between two names beside each other. */
const apart = 10;

/**
 * Names of marks that stand `step` pixels apart: those between the ends centred on their marks, the first one from
 * `margins.first` pixels before its mark, the last one to `margins.last` behind it; none runs into the next.
 */
export function fittedRow(names: readonly string[], step: number, margins: { first: number; last: number }, measure: Measure): string[] {
  const middle = names.map((name) => fitted(name, step - apart, measure));
  const half = (at: number): number => (at <= 0 || at >= names.length - 1 ? 0 : measure(middle[at]) / 2);
  return names.map((name, at) => {
    if (at === 0) return fitted(name, step + margins.first - half(1) - apart, measure);
    return at === names.length - 1 ? fitted(name, step + margins.last - half(at - 1) - apart, measure) : middle[at];
  });
}

let context: CanvasRenderingContext2D | null | undefined;

/** Measures in the window's own font: `textWidth('600 12px')`. */
export function textWidth(style: string): Measure {
  context ??= document.createElement('canvas').getContext('2d');
  const font = `${style} ${getComputedStyle(document.documentElement).getPropertyValue('--font')}`;
  return (text) => {
    if (!context) return 0;
    context.font = font;
    return context.measureText(text).width;
  };
}
