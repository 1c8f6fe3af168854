import type { ZMapDto } from '../../shared/contract.ts';

/** What a command says: for people, or one JSON object a line. Results go to standard output, progress of the plain form to standard error. */
export class Output {
  private readonly json: boolean;

  constructor(json: boolean) {
    this.json = json;
  }

  /** A step of a long command. */
  progress(record: { event: string } & Record<string, unknown>, text: string): void {
    if (this.json) process.stdout.write(`${JSON.stringify(record)}\n`);
    else process.stderr.write(`${text}\n`);
  }

  /** A piece of an answer as it streams; the JSON form has it in the result. */
  stream(text: string): void {
    if (!this.json) process.stdout.write(text);
  }

  /** A record of a command whose output is records in either form. */
  line(record: object): void {
    process.stdout.write(`${JSON.stringify(record)}\n`);
  }

  /** The one result, last. */
  result(record: object, text: string): void {
    process.stdout.write(this.json ? `${JSON.stringify(record)}\n` : `${text}\n`);
  }
}

/** Columns as wide as their widest cell. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i].length)));
  return [header, ...rows].map((row) => row.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd()).join('\n');
}

export const percent = (share: number | undefined): string => (share === undefined ? '' : `${(share * 100).toFixed(1)} %`);
export const signedPercent = (share: number): string => `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)}`;

/** A row for each matrix, a column for each bin of ranks. */
export const zTable = ({ bins, matrices }: Pick<ZMapDto, 'bins' | 'matrices'>): string => table(['layer', 'projection', ...Array.from({ length: bins }, (_, bin) => String(bin + 1))],
  matrices.map(({ layer, projection, cells }) => [String(layer), projection, ...cells.map((cell) => cell.toFixed(4))]));
