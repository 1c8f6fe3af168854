/**
 * How figures are written everywhere: a true minus (U+2212), a no-break space before a unit, no figure
 * without its unit. Decimal point and thousands comma, as in the exact text that models and files use.
 */
const minus = '\u2212';
const space = '\u00a0';
const missing = '–';

export interface NumberFormat {
  digits?: number;
  /** write `+` in front of positive figures; differences and gains do */
  sign?: boolean;
}

/** Making a formatter costs fifty times as much as using it; tables and pictures write hundreds of figures a frame. */
const formatters = new Map<number, Intl.NumberFormat>();
function formatterOf(digits: number): Intl.NumberFormat {
  const known = formatters.get(digits) ?? new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  formatters.set(digits, known);
  return known;
}

/** A plain figure: `−0.40`, `1,180`. */
export function formatNumber(value: number | undefined | null, { digits = 0, sign = false }: NumberFormat = {}): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return missing;
  const rounded = Number(value.toFixed(digits));
  const text = formatterOf(digits).format(Math.abs(rounded));
  if (rounded < 0) return minus + text;
  return sign && rounded > 0 ? `+${text}` : text;
}

/** `1 generation`, `1,200 generations`. */
export const counted = (count: number, one: string): string => `${formatNumber(count)} ${one}${count === 1 ? '' : 's'}`;

/** A share as percent: 0.646 → `64.6 %`. */
export function formatPercent(share: number | undefined | null, digits = 1): string {
  return share === undefined || share === null || !Number.isFinite(share) ? missing : `${formatNumber(share * 100, { digits })}${space}%`;
}

/** A difference of two shares in percentage points, signed: 0.118 → `+11.8`. The unit stands in the heading. */
export function formatPoints(difference: number | undefined | null, digits = 1): string {
  return difference === undefined || difference === null ? missing : formatNumber(difference * 100, { digits, sign: true });
}

/** The ends of an interval of shares, in percentage points: `8.9 … 17.6`. */
export function formatPointsInterval(interval: { low: number; high: number }, digits = 1): string {
  return `${formatNumber(interval.low * 100, { digits })} … ${formatNumber(interval.high * 100, { digits })}`;
}

/** Large counts: 4,600,000 → `4.6 M`, 9,400 → `9.4 k`. */
export function formatCount(value: number | undefined | null): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return missing;
  const size = Math.abs(value);
  for (const [limit, unit] of [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e4, 'k']] as const) {
    if (size >= limit) {
      const scaled = value / (limit === 1e4 ? 1e3 : limit);
      return `${formatNumber(scaled, { digits: Math.abs(scaled) < 100 ? 1 : 0 })}${space}${unit}`;
    }
  }
  return formatNumber(value);
}

/** Bytes in decimal units, as disks and hubs count them: `18 MB`. */
export function formatBytes(bytes: number | undefined | null): string {
  if (bytes === undefined || bytes === null || !Number.isFinite(bytes)) return missing;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let scaled = bytes;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${formatNumber(scaled, { digits: unit > 0 && scaled < 9.95 ? 1 : 0 })}${space}${units[unit]}`;
}

/** Small or wide-ranging settings such as learning rates: `0.002`, `2·10⁻⁵`. */
export function formatSmall(value: number): string {
  if (value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5)) return formatNumber(value, { digits: 6 }).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  const [mantissa, exponent] = value.toExponential(1).split('e');
  const superscript = [...String(Number(exponent))].map((c) => (c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)])).join('');
  return `${mantissa.replace('-', minus).replace(/\.0$/, '')}·10${superscript}`;
}

/** What a person typed into a number field; accepts the true minus and a comma; NaN when it is no number. */
export function parseNumber(text: string): number {
  const plain = text.trim().replaceAll(minus, '-').replaceAll('\u00a0', '').replaceAll(' ', '');
  if (plain === '') return Number.NaN;
  return Number(/^-?\d+,\d+$/.test(plain) && !/^-?\d{1,3},\d{3}$/.test(plain) ? plain.replace(',', '.') : plain.replaceAll(',', ''));
}
