/** Numbers and tables of a report (Markdown): shares in percent, differences in percentage points. */
import type { ComparisonSummaryDto, Interval } from '../../../shared/contract.ts';

export const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value * 100).toFixed(1)}`;
export const plain = (value: number): string => (value * 100).toFixed(1);
export const scoreOf = ({ mean, low, high }: Interval): string => `${plain(mean)} (${plain(low)} … ${plain(high)})`;
export const gainOf = ({ mean, low, high }: Interval): string => `${signed(mean)} (${signed(low)} … ${signed(high)})`;
export const count = (value: number): string => value.toString().replace(/\B(?=(\d{3})+$)/g, ',');
export const duration = (seconds: number): string => (seconds < 120 ? `${Math.round(seconds)} s` : seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(2)} h`);
export const cellText = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export function table(header: readonly string[], rows: readonly (readonly string[])[], leftColumns = 1): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cellText).join(' | ')} |`;
  return [line(header), `|${header.map((_, index) => (index < leftColumns ? ' --- |' : ' ---: |')).join('')}`, ...rows.map(line)].join('\n');
}

export function pairsOf(summary: readonly ComparisonSummaryDto[]): { modelName: string; task: string; rows: ComparisonSummaryDto[] }[] {
  return [...Map.groupBy(summary, ({ modelName, task }) => JSON.stringify([modelName, task])).values()].map((rows) => ({ modelName: rows[0].modelName, task: rows[0].task, rows }));
}

export const fullTable = (rows: readonly ComparisonSummaryDto[]): string => table(
  ['method', 'score (95 %)', 'gain (95 %)', 'normalised', 'trainable parameters', 'seconds', 'peak memory, MiB', 'seeds'],
  rows.map((row) => (row.method === null
    ? ['base', scoreOf(row.score), '', '1.00', '', '', '', String(row.seeds)]
    : [row.method, scoreOf(row.score), row.gain ? gainOf(row.gain) : '', row.normalised.toFixed(2), count(row.trainableParameters), row.seconds.toFixed(0), row.peakMemoryBytes > 0 ? Math.round(row.peakMemoryBytes / 2 ** 20).toString() : '–', String(row.seeds)])),
);

/** Methods as rows, (model, task) as columns, the normalised score in brackets as the paper has it. */
export function scoresBy(summary: readonly ComparisonSummaryDto[], methods: readonly (string | null)[], describe: (method: string | null) => string[], header: readonly string[]): string {
  const pairs = pairsOf(summary);
  return table([...header, ...pairs.map(({ modelName, task }) => `${modelName} ${task}`)], methods.map((method) => [
    ...describe(method),
    ...pairs.map(({ rows }) => {
      const row = rows.find((candidate) => candidate.method === method);
      return row ? `${plain(row.score.mean)} (${row.normalised.toFixed(2)})` : '–';
    }),
  ]), header.length);
}
