/** α of one strip: the fader's scale, its keys, and how a person reads and types it. */

/** The fader's scale. A typed α may leave it, up to the contract's ±10. */
export const faderMin = -1;
export const faderMax = 2;
export const typedLimit = 10;

const steps = { arrow: 0.05, shift: 0.25, page: 0.5 } as const;

/** Two decimals: finer than a pixel of the fader, and what the readout shows. */
export function roundAlpha(value: number): number {
  const rounded = Math.round(value * 100) / 100;
  return rounded === 0 ? 0 : rounded; // no −0
}

export function clampToFader(value: number): number {
  return roundAlpha(Math.min(faderMax, Math.max(faderMin, value)));
}

/** The α that a key asks for, or null when the key is not the fader's. A step from beyond the scale may only come back. */
export function alphaAfterKey(value: number, key: string, shift: boolean): number | null {
  const step = shift ? steps.shift : steps.arrow;
  switch (key) {
    case 'ArrowUp':
    case 'ArrowRight':
      return value > faderMax ? value : clampToFader(value + step);
    case 'ArrowDown':
    case 'ArrowLeft':
      return value < faderMin ? value : clampToFader(value - step);
    case 'PageUp':
      return value > faderMax ? value : clampToFader(value + steps.page);
    case 'PageDown':
      return value < faderMin ? value : clampToFader(value - steps.page);
    case 'Home':
      return faderMin;
    case 'End':
      return faderMax;
    case '0':
    case 'Delete':
    case 'Backspace':
      return 0;
    default:
      return null;
  }
}

/** While dragging, the two values that mean something (base, expert) hold the thumb a little. */
export function withDetents(value: number): number {
  for (const detent of [0, 1]) if (Math.abs(value - detent) < 0.03) return detent;
  return value;
}

/** `1.00`, `−0.40`: a true minus, two decimals. */
export function formatAlpha(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return value < 0 && text !== '0.00' ? `−${text}` : text;
}

/** Reads what a person typed: comma or point, hyphen or minus, a percent sign. Null when it is not a number in ±10. */
export function parseAlpha(text: string): number | null {
  const cleaned = text.trim().replace(/[−–]/g, '-').replace(',', '.');
  const percent = cleaned.endsWith('%');
  const body = percent ? cleaned.slice(0, -1).trim() : cleaned;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(body)) return null;
  const value = Number(body) / (percent ? 100 : 1);
  return Math.abs(value) <= typedLimit ? roundAlpha(value) : null;
}

/** What a screen reader says of a fader: the number and what it does. */
export function alphaInWords(value: number): string {
  const number = formatAlpha(value).replace('−', 'minus ');
  if (value === 0) return `${number}, the base`;
  if (value === 1) return `${number}, the whole expert`;
  if (value < 0) return `${number}, turned away from the expert`;
  return value > 1 ? `${number}, more than the expert` : `${number}, part of the expert`;
}

/** Height of a value on a fader of the given height, in pixels from the top; beyond the scale it stays at the end. */
export function positionOf(value: number, height: number, inset: number): number {
  const share = (faderMax - Math.min(faderMax, Math.max(faderMin, value))) / (faderMax - faderMin);
  return inset + share * (height - 2 * inset);
}

export function valueAt(position: number, height: number, inset: number): number {
  const share = (position - inset) / (height - 2 * inset);
  return clampToFader(faderMax - share * (faderMax - faderMin));
}
