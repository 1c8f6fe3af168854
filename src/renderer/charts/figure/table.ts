/** The numbers of a picture: what its table shows and its CSV file holds. */
export type Cell = string | number | null;

export interface FigureColumn {
  /** with its unit, as `gain, points` */
  label: string;
  /** how a number is written in the table */
  format?: (value: number) => string;
  /** a number as the file has it, where that is not the number itself; whole in any case */
  inFile?: (value: number) => number;
}
export interface FigureTable { columns: FigureColumn[]; rows: Cell[][] }

/** One field of RFC 4180: quoted where a comma, a quote, a line end or an outer space would be misread. */
function csvField(cell: Cell): string {
  if (cell === null || (typeof cell === 'number' && !Number.isFinite(cell))) return '';
  const text = String(cell);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** RFC 4180, with a heading line; numbers whole and with a decimal point, what is missing as an empty field. */
export function toCsv({ columns, rows }: FigureTable): string {
  const written = (cell: Cell, at: number): Cell => (typeof cell === 'number' ? (columns[at]?.inFile?.(cell) ?? cell) : cell);
  return [columns.map(({ label }) => label), ...rows.map((row) => row.map(written))].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

/** A cell as the table shows it. */
export function shownCell(cell: Cell, column: FigureColumn): string {
  if (cell === null || (typeof cell === 'number' && !Number.isFinite(cell))) return '–';
  return typeof cell === 'number' && column.format ? column.format(cell) : String(cell);
}

/** A file name from a figure's title: letters, figures and dashes of any script, never empty. */
export function fileNameOf(title: string): string {
  return title.normalize('NFC').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 80) || 'figure';
}
