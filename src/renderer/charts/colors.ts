/** Colours for canvases: the theme's tokens, resolved to red, green, blue from 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Reads a token such as `--above` as it is in force at an element. */
export function readToken(element: Element, token: string): Rgb {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  probe.hidden = true;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  const parts = color.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0];
  return [parts[0], parts[1], parts[2]];
}

/** Any colour that this browser knows, as `rgb(…)` or `rgba(…)`. */
export function plainColor(color: string): string {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d');
  if (!context) return color;
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue, opacity] = context.getImageData(0, 0, 1, 1).data;
  return opacity === 255 ? `rgb(${red}, ${green}, ${blue})` : `rgba(${red}, ${green}, ${blue}, ${(opacity / 255).toFixed(3)})`;
}

export function blend(from: Rgb, to: Rgb, share: number): Rgb {
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share, from[2] + (to[2] - from[2]) * share];
}

/** Below the base towards `below`, above it towards `above`; `amount` from −1 to 1, the base is the ground itself. */
export function divergingColor(ground: Rgb, below: Rgb, above: Rgb, amount: number): Rgb {
  return blend(ground, amount < 0 ? below : above, Math.min(1, Math.abs(amount)));
}
