/** Names in a drawing: cut to the room there is, the whole of them in a title beside. */

/** Width of a text in pixels. */
export type Measure = (text: string) => number;

/** The text where it fits into `room` pixels, else as much of its beginning as fits with an ellipsis; at least one letter. */
export function fitted(text: string, room: number, measure: Measure): string {
  if (measure(text) <= room) return text;
  const letters = [...text];
  let [fits, tooLong] = [1, letters.length];
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (measure(`${letters.slice(0, middle).join('').trimEnd()}…`) <= room) fits = middle;
    else tooLong = middle;
  }
  return `${letters.slice(0, fits).join('').trimEnd()}…`;
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
